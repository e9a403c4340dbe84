"""`moment workflow check`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.command import exits
from local.command.workflow.arguments import counted, errors, find_problems, print_problems, read_source

if TYPE_CHECKING:
    from local.workflows.problems import Problem

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Workflows, YAML or JSON.", exists=True, dir_okay=False, readable=True),
]


def check(
    files: Files,
    language_only: Annotated[
        bool, typer.Option("--language-only", help="Only the rules of the language, not those of this project.")
    ] = False,
    allow_warnings: Annotated[
        bool, typer.Option("--allow-warnings", help="Exit 0 when there are only warnings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
) -> None:
    """Find what is wrong with workflows before anybody runs or deploys them.

    Prints FILE:LINE:COLUMN: CODE MESSAGE, with what was found, what was expected and how to fix it. Files that call our
    stages are also held to the rules of this project. Exit code 0: nothing found; 1: problems; 2: asked wrongly.
    """
    found: dict[Path, list[Problem]] = {}
    with errors.status("checking …"):
        for path in files:
            found[path] = find_problems(path, read_source(path), language_only=language_only)
    if as_json:
        typer.echo(json.dumps([_record(path, each) for path, problems in found.items() for each in problems], indent=2))
    else:
        for path, problems in found.items():
            print_problems(path, problems)
    everything = [problem for problems in found.values() for problem in problems]
    faults = sum(problem.severity == "error" for problem in everything)
    warnings = len(everything) - faults
    if not as_json:
        files_said = counted(len(found), "file")
        errors.print(f"{files_said}: {counted(faults, 'error')}, {counted(warnings, 'warning')}", highlight=False)
    if faults or (warnings and not allow_warnings):
        raise typer.Exit(exits.FAILED)


def _record(path: Path, problem: Problem) -> dict[str, str | int]:
    return {"file": str(path), **dataclasses.asdict(problem)}
