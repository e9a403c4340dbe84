"""Executions the server knows: those that run, and a bounded number of those that ended."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.workflows.engine.events import StepEvent
from local.workflows.executions import Execution, ExecutionState, RunningExecution


@dataclass(slots=True)
class ExecutionRecord:
    """One execution as the API shows it."""

    name: str
    workflow_id: str
    revision_id: str
    argument: str
    """JSON text as it was given; empty when there was none."""
    labels: Mapping[str, str]
    call_log_level: str
    running: RunningExecution | None = None
    _steps: dict[int, StepEvent] = field(default_factory=dict)

    @property
    def ended(self) -> Execution | None:
        """How it ended; None while it runs."""
        return self.running.execution if self.running is not None else None

    @property
    def state(self) -> ExecutionState:
        return self.ended.state if self.ended is not None else ExecutionState.ACTIVE

    @property
    def current_steps(self) -> list[StepEvent]:
        """Steps that have started and not ended, outermost first."""
        return [event for _, event in sorted(self._steps.copy().items())]

    def follow(self, event: StepEvent) -> None:
        """Take note of a step."""
        if event.phase == "started":
            self._steps[event.number] = event
        else:
            self._steps.pop(event.number, None)


class ExecutionStore:
    """All executions of one server. Of those that ended only the last `retained` are kept."""

    def __init__(self, retained: int) -> None:
        self._retained = retained
        self._lock = threading.Lock()
        self._records: dict[str, ExecutionRecord] = {}

    def add(self, record: ExecutionRecord) -> None:
        with self._lock:
            self._records[record.name] = record
            if len(self._records) > self._retained:
                ended = [name for name, known in self._records.items() if known.ended is not None]
                for name in ended[: len(self._records) - self._retained]:
                    del self._records[name]

    def get(self, name: str) -> ExecutionRecord | None:
        with self._lock:
            return self._records.get(name)

    def select(self, wanted: Callable[[ExecutionRecord], bool]) -> list[ExecutionRecord]:
        """The executions that are wanted, the newest first."""
        with self._lock:
            records = list(self._records.values())
        return [record for record in reversed(records) if wanted(record)]
