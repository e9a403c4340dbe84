"""`moment eval`: is the coach right, kind, safe and varied?

Runs offline in under a minute and compares with the figures that were accepted last. Where a Gemini key is set, a model
scores the same lessons by a rubric as well.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.command import exits
from local.command.rubric import NoRubricOption, RubricModelOption, judged, show_figures
from local.command.terminal import new_table, open_console

if TYPE_CHECKING:
    from knowledge_base.evaluation import Recall
    from tests.evals.metrics import EvalReport, Finding
    from tests.evals.rubric import RubricReport

MOST_FINDINGS_SHOWN = 12
"""Per section, unless all are asked for."""

AcceptOption = Annotated[bool, typer.Option("--accept", help="Keep these figures as those later runs must reach.")]
AllOption = Annotated[bool, typer.Option("--all", help="Show every case that went wrong.")]


def evaluate(
    accept: AcceptOption = False,
    show_all: AllOption = False,
    no_rubric: NoRubricOption = False,
    rubric_model: RubricModelOption = None,
) -> None:
    """Evaluate the gates, the lessons, the answers, the search, and how well all of it withstands misuse.

    Needs the repository: the golden sets are in `tests/evals`. Exit code 0: nothing dropped; 1: a figure is below its
    bound or below what was accepted.
    """
    console = open_console()
    try:
        from tests.evals import rubric, run
    except ModuleNotFoundError as error:
        console.print(f"the golden sets are expected in tests/evals, next to the code. Found: {error}", style="red")
        raise typer.Exit(exits.FAILED) from None
    with console.status("asking the search"):
        retrieval = _search_results()
    with console.status("writing and judging lessons"):
        report = run.run_evals(retrieval)
    accepted = run.read_accepted()
    console.print(_table(console, report, accepted))
    _show_findings(console, report.findings, show_all=show_all)
    drops = report.drops(accepted)
    scored = judged(console, report.texts, model=rubric_model, wanted=not no_rubric)
    if scored is not None:
        accepted_rubric = rubric.read_accepted()
        show_figures(console, scored.figures, accepted_rubric)
        _show_findings(console, [*scored.unscored, *scored.poor], show_all=show_all)
        drops += scored.figures.drops(accepted_rubric)
    if accept:
        _accept(console, report, scored)
    for drop in drops:
        console.print(drop, style="yellow" if accept else "red", highlight=False, markup=False)
    if drops and not accept:
        raise typer.Exit(exits.FAILED)
    if not drops:
        console.print("nothing dropped", style="green")


def _accept(console: Console, report: "EvalReport", scored: "RubricReport | None") -> None:
    from tests.evals import rubric, run

    run.accept(report)
    console.print("accepted", style="green")
    if scored is None:
        return
    try:
        rubric.accept(scored.figures)
        console.print("rubric: accepted", style="green")
    except rubric.IncompleteRubric as error:
        console.print(f"rubric: not accepted. {error}", style="yellow", highlight=False)


def _search_results() -> "list[Recall]":
    """The labelled queries against the whole corpus, in a database of their own that is gone afterwards."""
    from knowledge_base.evaluation import evaluate_retrieval, read_queries
    from knowledge_base.ingest import ingest
    from local.migrations import migrate
    from local.postgres import EmbeddedPostgres
    from shared.database import Database
    from shared.embeddings import HASHED_NGRAMS, embedder_named
    from tests import evals

    queries = read_queries(Path(evals.__file__).with_name("retrieval_queries.yaml"))
    embedder = embedder_named(HASHED_NGRAMS)
    with (
        TemporaryDirectory(prefix="moment-eval-") as directory,
        EmbeddedPostgres(Path(directory) / "postgres", durable=False) as postgres,
    ):
        migrate(postgres.url)
        database = Database(postgres.url, connections=1)
        try:
            with database.transaction() as connection:
                ingest(connection, embedder)
                return evaluate_retrieval(connection, embedder, queries)
        finally:
            database.close()


def _table(console: Console, report: "EvalReport", accepted: dict[str, float]) -> Table:
    title = f"Evaluation, {report.seconds:.0f} s without the search"
    table = new_table(console, "what", "figure", "now", "accepted", "bound", title=title)
    section = ""
    for metric in report.metrics:
        if metric.section != section:
            table.add_section()
        before = accepted.get(metric.key)
        worse = metric.out_of_bounds or metric.dropped_from(before)
        bound = "" if metric.bound is None else f"{'≥' if metric.better == 'higher' else '≤'} {metric.bound:g}"
        table.add_row(
            metric.section if metric.section != section else "",
            metric.name,
            f"{metric.value:.3f}".rstrip("0").rstrip("."),
            "" if before is None else f"{before:.3f}".rstrip("0").rstrip("."),
            bound,
            style="red" if worse else None,
        )
        section = metric.section
    return table


def _show_findings(console: Console, findings: "list[Finding]", *, show_all: bool) -> None:
    sections = dict.fromkeys(finding.section for finding in findings)
    for section in sections:
        of_section = [finding for finding in findings if finding.section == section]
        shown = of_section if show_all else of_section[:MOST_FINDINGS_SHOWN]
        for finding in shown:
            console.print(f"{section}: {finding.case}: {finding.problem}", highlight=False, markup=False)
        if len(shown) < len(of_section):
            console.print(f"{section}: {len(of_section) - len(shown)} more, with --all", style="dim")
