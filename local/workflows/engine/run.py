"""What all threads of one execution share."""

import itertools
import threading

from local.workflows import limits
from local.workflows.engine.events import StepObserver
from local.workflows.engine.scopes import Memory
from local.workflows.errors import system_error
from local.workflows.runtime import Runtime
from local.workflows.runtime.cancellation import Cancellation, Cancelled


class Run:
    """One execution while it runs."""

    __slots__ = ("_step_numbers", "cancellation", "lock", "memory", "observer", "runtime", "steps")

    def __init__(self, runtime: Runtime, cancellation: Cancellation, observer: StepObserver | None) -> None:
        self.runtime = runtime
        self.cancellation = cancellation
        self.observer = observer
        self.memory = Memory()
        self.lock = threading.RLock()
        """Held while variables are read for an assignment and written, so that `total: ${total + x}` is atomic."""
        self.steps = 0
        """Steps begun so far."""
        self._step_numbers = itertools.count(1)  # `next` on it is atomic, unlike `steps += 1`

    @property
    def has_steps_left(self) -> bool:
        return self.steps < limits.STEPS_PER_EXECUTION

    def begin_step(self) -> int:
        """Count a step; its number. Raises Cancelled, or ResourceLimitError when there were too many."""
        if self.cancellation.requested:
            raise Cancelled
        number = self.steps = next(self._step_numbers)
        if number > limits.STEPS_PER_EXECUTION:
            raise system_error("ResourceLimitError", f"more than {limits.STEPS_PER_EXECUTION:,} steps were executed")
        return number
