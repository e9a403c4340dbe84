"""`moment workflow graph`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.command import exits
from local.command.workflow.arguments import FileArgument, print_problems, read_source


def graph(
    file: FileArgument,
    as_mermaid: Annotated[
        bool, typer.Option("--mermaid", help="A Mermaid flowchart instead of a tree for the terminal.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of printing.", dir_okay=False)
    ] = None,
) -> None:
    """Show a workflow: as a tree for the terminal, or as a Mermaid diagram for documents and browsers."""
    from local.workflows.language.parser import parse
    from local.workflows.tools.mermaid import mermaid
    from local.workflows.tools.outline import outline

    parsed = parse(read_source(file))
    if parsed.definition is None:
        print_problems(file, parsed.problems)
        raise typer.Exit(exits.FAILED)
    if as_mermaid:
        text = mermaid(parsed.definition)
        if out is None:
            typer.echo(text, nl=False)
        else:
            out.write_text(text, "utf-8")
        return
    if out is None:
        Console().print(outline(parsed.definition, file.name))
    else:
        with out.open("w", encoding="utf-8") as stream:
            Console(file=stream, width=120).print(outline(parsed.definition, file.name))
