"""What can be wrong with a workflow source, said so that the reader can mend it.

A `Problem` names a place, what stands there, what was expected and how to fix it. Every part that reads a source
(loader, parser, checker) adds to one list of them, so that one look at a file shows all that is wrong with it.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from local.workflows.language.nodes import Position

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a source. `line` and `column` count from 1."""

    code: str
    """Stable name of the rule, such as `unknown-key`."""
    message: str
    """One sentence that stands on its own."""
    line: int
    column: int
    found: str = ""
    """What stands in the source."""
    expected: str = ""
    """What the language wants there."""
    fix: str = ""
    """What to write instead, as an instruction."""
    severity: Severity = "error"
    """An `error` keeps the source from being deployed or run."""

    def __str__(self) -> str:
        details = [("found", self.found), ("expected", self.expected), ("fix", self.fix)]
        said = "; ".join(f"{label}: {text}" for label, text in details if text)
        return f"{self.line}:{self.column}: {self.code} {self.message}" + (f" ({said})" if said else "")


class WorkflowSyntaxError(Exception):
    """A source that cannot be run. `problems` holds every reason, in the order of the source."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ProblemList:
    """The problems found so far in one source."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(
        self,
        code: str,
        message: str,
        at: Position,
        *,
        found: str = "",
        expected: str = "",
        fix: str = "",
        severity: Severity = "error",
    ) -> None:
        self._problems.append(Problem(code, message, at.line, at.column, found, expected, fix, severity))

    def extend(self, problems: Iterable[Problem]) -> None:
        self._problems.extend(problems)

    def in_order(self) -> list[Problem]:
        """All problems by place in the source, each once."""
        return sorted(dict.fromkeys(self._problems), key=lambda problem: (problem.line, problem.column))


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """An instruction naming the known word closest to `found`, or "" when none is near."""
    near = difflib.get_close_matches(found, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def listed(words: Iterable[str]) -> str:
    """Words for a message: `a, b or c`."""
    *head, last = words
    return f"{', '.join(head)} or {last}" if head else last
