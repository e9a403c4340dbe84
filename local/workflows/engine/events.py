"""What an execution tells whoever watches it: each step as it starts and as it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from local.workflows.values import Value


@dataclass(frozen=True, slots=True)
class StepEvent:
    """A step that has just started or just ended."""

    phase: Literal["started", "finished"]
    number: int
    """Counts the steps of the execution from 1; the same in both events of a step."""
    step: str
    routine: str
    kind: str
    """The step's action: assign, call, switch, steps, for, parallel, try, raise, return or next."""
    line: int
    call_depth: int
    """Routines around the step; 1 in the main workflow."""
    branch: tuple[str, ...]
    """Names or indexes of the parallel branches the step runs in, outermost first."""
    started_at: float
    """Seconds since 1970 by the execution's clock."""
    finished_at: float | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the step assigned, by target; under `return` what it returned."""
    error: Value = None
    """Payload of the error the step ended with."""
    target: str | None = None
    """What a call step calls."""


StepObserver = Callable[[StepEvent], None]
"""Called by the thread that runs the step, for parallel branches by several threads at once."""
