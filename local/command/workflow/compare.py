"""`moment workflow diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from local.command import exits
from local.command.workflow.arguments import FileArgument, print_problems, read_source

if TYPE_CHECKING:
    from local.workflows.tools.diff import Difference


def diff(old: FileArgument, new: FileArgument) -> None:
    """Say what changes for a running system from OLD to NEW: knobs, steps, calls, limits, conditions, environment.

    Layout and comments make no difference. A new revision takes effect for executions started after it.
    """
    from local.workflows.language.parser import parse
    from local.workflows.tools.diff import compare as compare_sources

    sources = {}
    for path in (old, new):
        sources[path] = read_source(path)
        faults = [problem for problem in parse(sources[path]).problems if problem.severity == "error"]
        if faults:
            print_problems(path, faults)
            raise typer.Exit(exits.FAILED)
    print_difference(compare_sources(sources[old], sources[new]))


def print_difference(difference: Difference) -> None:
    """Print changes by topic."""
    console = Console()
    if not difference:
        console.print("Nothing changes for a running system.")
        return
    for topic, changes in difference.by_topic():
        console.print(Text(topic.value, "bold"))
        for change in changes:
            line = Text(f"  {change.text}")
            if change.comment:
                line.append(f"  # {change.comment}", "dim")
            console.print(line)
