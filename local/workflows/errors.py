"""Errors inside a running workflow: what `except` catches and what a failed execution reports.

An error carries a payload, any value: a map with `message`, `tags` and more for errors of the system, whatever was
raised for the author's own. The tags of a system error are its own name and then the family it belongs to, as real
executions report them: `["KeyError", "LookupError"]`.
"""

from dataclasses import dataclass
from typing import Any

from local.workflows.values import Value, encode_json, plain

_FAMILIES = {
    "ConnectionError": ("OSError",),
    "ConnectionFailedError": ("ConnectionError", "OSError"),
    "IndexError": ("LookupError",),
    "KeyError": ("LookupError",),
    "MemoryLimitExceededError": ("ResourceLimitError",),
    "RecursionError": ("RuntimeError",),
    "TimeoutError": ("OSError",),
    "UnhandledBranchError": ("RuntimeError",),
    "ZeroDivisionError": ("ArithmeticError",),
}

_BARE_MESSAGES = frozenset({"HttpError", "OperationError", "TimeoutError"})
"""Errors whose message stands alone; the message of any other begins with `Tag: `."""


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One step an error passed through; `line` and `column` are those of the step's body."""

    step: str
    routine: str
    line: int
    column: int

    def __str__(self) -> str:
        return f'in step "{self.step}", routine "{self.routine}", line: {self.line}'


class WorkflowError(Exception):
    """An error of the workflow on its way to an `except` or to the end of the execution."""

    def __init__(self, payload: Value, trace: tuple[TraceEntry, ...] = ()) -> None:
        super().__init__(payload)
        self.payload = payload
        self.trace = list(trace)
        """One step for each routine the error passed through, innermost first."""
        self._is_placed = False

    def passes(self, entry: TraceEntry) -> None:
        """The error leaves a step. Of the steps of one routine the innermost is kept."""
        if not self._is_placed:
            self.trace.append(entry)
            self._is_placed = True

    def leaves_routine(self) -> None:
        """The error goes on to the step that called the routine."""
        self._is_placed = False

    @property
    def context(self) -> str:
        """The text of a failed execution: the error, then each step it passed, the main workflow's last."""
        return "\n".join([_headline(self.payload), *map(str, self.trace)])

    @property
    def tags(self) -> list[Any]:
        tags = self.payload.get("tags") if isinstance(self.payload, dict) else None
        return tags if isinstance(tags, list) else []

    def __str__(self) -> str:
        return self.context


def system_error(tag: str, message: str, **details: Value) -> WorkflowError:
    """An error the language itself raises, with the message and tags of the real service."""
    text = message if tag in _BARE_MESSAGES else f"{tag}: {message}"
    return WorkflowError({"message": text, "tags": [tag, *_FAMILIES.get(tag, ())], **details})


def nested_too_deeply() -> WorkflowError:
    """The error for a value that lists and maps nest so deeply in that Python cannot walk over it."""
    return system_error("ResourceLimitError", "a value is nested too deeply")


def _headline(payload: Value) -> str:
    if isinstance(payload, dict) and isinstance(payload.get("message"), str) and payload.get("tags"):
        return str(payload["message"])
    try:
        return f"RuntimeError: {encode_json(payload)}"
    except (TypeError, ValueError):
        return f"RuntimeError: {plain(payload)}"
