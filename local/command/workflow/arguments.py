"""What the commands have in common: files, JSON arguments and variables, and how problems are printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from local.workflows.problems import Problem
    from local.workflows.values import Value

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

FileArgument = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A workflow, YAML or JSON.", exists=True, dir_okay=False, readable=True),
]
ArgumentOption = Annotated[
    str | None,
    typer.Option("--arg", metavar="JSON", help="The execution's argument; @FILE reads it from a file."),
]
EnvironmentOption = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="K=V", help="A variable for sys.get_env; may be repeated."),
]

errors = Console(stderr=True)
"""For everything that is not the result itself."""


def read_source(path: Path) -> str:
    """The text of a workflow file. Ends the command when it is no text."""
    try:
        return path.read_text("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise typer.BadParameter(f"{path} cannot be read as UTF-8 text: {error}") from error


def parse_argument(text: str | None) -> Value:
    """The argument of an execution."""
    if text is None:
        return None
    try:
        return json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
    except (ValueError, OSError) as error:
        message = f"expected JSON, or @ and a file of JSON. Found: {text!r} ({error})"
        raise typer.BadParameter(message, param_hint="--arg") from error


def parse_variables(pairs: Sequence[str] | None, option: str = "--env") -> dict[str, str]:
    """Variables given as `NAME=value`."""
    variables: dict[str, str] = {}
    for pair in pairs or ():
        name, separator, value = pair.partition("=")
        if not separator or not _VARIABLE.fullmatch(name):
            raise typer.BadParameter(f"expected NAME=value. Found: {pair!r}", param_hint=option)
        variables[name] = value
    return variables


def find_problems(path: Path, source: str, *, language_only: bool = False) -> list[Problem]:
    """What is wrong with a file: by the rules of the language, and by ours where it is one of our workflows."""
    from local.workflows import check as check_language
    from local.workflows.checker.project import check_project, is_ours

    if language_only or not is_ours(source, path.name):
        return check_language(source)
    return check_project(source)


def print_problems(path: Path, problems: Iterable[Problem]) -> None:
    """Print problems one after the other: the place and the rule in the first line, the details below."""
    for problem in problems:
        mark = " (warning)" if problem.severity == "warning" else ""
        typer.echo(f"{path}:{problem.line}:{problem.column}: {problem.code}{mark} {problem.message}")
        for label, text in (("found", problem.found), ("expected", problem.expected), ("fix", problem.fix)):
            if text:
                typer.echo(f"    {label + ':':10}{text}")


def counted(number: int, what: str) -> str:
    """`1 error`, `2 errors`, `no errors`."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
