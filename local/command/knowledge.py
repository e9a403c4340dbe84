"""`moment knowledge`: checking what the coach knows, bringing it into the database, and searching it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from local.command import exits
from local.command.home_database import home_database
from local.command.terminal import new_table, open_console
from local.home import DEFAULT_HOME

app = typer.Typer(help="What the coach knows: principles, mistakes, dishes.", no_args_is_help=True)

HomeOption = Annotated[Path, typer.Option("--home", metavar="DIR", help="Where this machine keeps its state.")]


@app.command()
def check() -> None:
    """Check the whole knowledge base: every reference, every text, nothing measured, nothing twice.

    Exit code 0: all is well; 1: there are problems, one line each.
    """
    from knowledge_base.catalogue import CatalogueError, load_catalogue
    from knowledge_base.check import problems_of

    console = open_console()
    try:
        catalogue = load_catalogue()
        problems = problems_of(catalogue)
    except CatalogueError as error:
        problems = [str(error)]
        catalogue = None
    for problem in problems:
        console.print(problem, style="red", highlight=False, markup=False)
    if problems or catalogue is None:
        raise typer.Exit(exits.FAILED)
    console.print(
        f"{len(catalogue.principles)} principles, {len(catalogue.mistakes)} mistakes, {len(catalogue.dishes)} dishes, "
        f"{len(catalogue.lexicon)} readings, {len(catalogue.questions)} questions: all is well.",
        style="green",
    )


@app.command()
def ingest(
    home: HomeOption = DEFAULT_HOME,
    reembed: Annotated[bool, typer.Option("--reembed", help="Replace vectors of another embedding model.")] = False,
) -> None:
    """Bring the database up to the files: embeds what changed, deletes what is gone, in one transaction."""
    from knowledge_base.ingest import IngestRefused
    from knowledge_base.ingest import ingest as bring_up
    from shared.embeddings import HASHED_NGRAMS, embedder_named

    console = open_console()
    with home_database(home) as database, _progress(console) as progress:
        task = progress.add_task("embedding", total=None)
        try:
            with database.transaction() as connection:
                report = bring_up(
                    connection,
                    embedder_named(HASHED_NGRAMS),
                    lambda done, total: progress.update(task, completed=done, total=total),
                    reembed=reembed,
                )
        except IngestRefused as error:
            console.print(str(error), style="red", highlight=False, markup=False)
            raise typer.Exit(exits.FAILED) from None
    console.print(
        f"principles: {report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
        f"{report.deleted} deleted; dishes written: {report.dishes_written}; model: {report.model}"
    )


@app.command()
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A problem in your own words, in Japanese.")],
    dish: Annotated[str | None, typer.Option("--dish", metavar="SLUG", help="The dish it happened with.")] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=20, help="How many to show.")] = 3,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show the principles that fit a problem best, as the coach would find them."""
    from knowledge_base.catalogue import load_catalogue
    from knowledge_base.ingest import ingest as bring_up
    from knowledge_base.search import Query
    from knowledge_base.search import search as find
    from shared.embeddings import HASHED_NGRAMS, embedder_named

    console = open_console()
    dishes = load_catalogue().dishes
    if dish is not None and dish not in dishes:
        console.print(f"Expected one of: {', '.join(dishes)}. Found: {dish}", style="red", highlight=False)
        raise typer.Exit(exits.USAGE)
    embedder = embedder_named(HASHED_NGRAMS)
    taught = dishes[dish].principles if dish is not None else []
    with home_database(home) as database:
        with console.status("bringing the database up to the files …"), database.transaction() as connection:
            bring_up(connection, embedder)
        with database.transaction() as connection:
            found = find(connection, embedder, Query(problem=text, dish=dish, taught=taught), top_k=count, floor=-1)
    table = new_table(console, "similarity", "slug", "title", "category")
    for principle in found:
        table.add_row(f"{principle.similarity:.3f}", principle.slug, principle.title, principle.category)
    console.print(table)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    )
