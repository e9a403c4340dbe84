"""Runs a workflow in virtual time and keeps what happened when."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from local.workflows import Execution, ExecutionState, StepEvent, Workflow
from local.workflows.runtime.clock import VirtualClock
from local.workflows.tools.simulation.fake_stages import Attempt, FakeStages, simulated_environment
from local.workflows.tools.simulation.scenario import Scenario
from local.workflows.values import Value

EPSILON_S = 1e-6
"""Moments closer than this are the same."""

ARGUMENT = {
    "run_id": "5f0c1d7e-6a4b-5c3d-8e2f-1a2b3c4d5e6f",
    "session_id": "0b7e4d2c-9f1a-4e6b-8c3d-2a5f7e9b1c4d",
}
"""What an upload would start the workflow with."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the critical path: nothing after it could have begun earlier."""

    label: str
    started_at: float
    finished_at: float

    @property
    def duration_s(self) -> float:
        return self.finished_at - self.started_at


@dataclass(frozen=True, slots=True)
class Simulation:
    """What happened. Times are seconds since the start."""

    execution: Execution
    attempts: tuple[Attempt, ...]
    """In the order they began."""
    logs: tuple[tuple[str, Value], ...]
    steps: tuple[StepEvent, ...] = field(repr=False)
    """Every step as it ended."""

    @property
    def succeeded(self) -> bool:
        return self.execution.state is ExecutionState.SUCCEEDED

    @property
    def duration_s(self) -> float:
        return self.execution.finished_at

    def delivered_at(self, purpose: str) -> float | None:
        """When a delivery was done, or None."""
        return next((each.finished_at for each in self.attempts if each.purpose == purpose and each.succeeded), None)

    def critical_path(self) -> list[Segment]:
        """The chain of calls and waits that the duration is made of, from the start to the end."""
        segments: list[Segment] = []
        moment, following = self.duration_s, None
        while moment > EPSILON_S:
            last = self._last_before(moment, following)
            ended = last.finished_at if last is not None else 0.0
            if moment - ended > EPSILON_S:
                segments.append(Segment("waiting", ended, moment))
            if last is None:
                break
            label = last.label if last.succeeded else f"{last.label} ({last.outcome})"
            segments.append(Segment(label, last.started_at, ended))
            moment, following = last.started_at, last
        return segments[::-1]

    def _last_before(self, moment: float, following: Attempt | None) -> Attempt | None:
        """The call that ended last before `moment`, among those that `following` had to wait for."""
        candidates = [
            each
            for each in self.attempts
            if each.finished_at <= moment + EPSILON_S
            and each.started_at < moment - EPSILON_S
            and (following is None or self._precedes(each, following))
        ]
        return max(candidates, key=lambda each: (each.finished_at, -each.started_at), default=None)

    def _precedes(self, first: Attempt, second: Attempt) -> bool:
        """Whether `second` runs in the same branch as `first`, or in one that began when `first` was over."""
        if first.branch[: len(second.branch)] == second.branch:
            return True
        forks = [
            event.started_at
            for event in self.steps
            if event.kind == "parallel"
            and second.branch[:-1] == event.branch
            and event.started_at <= second.started_at + EPSILON_S
        ]
        return first.finished_at <= max(forks, default=0.0) + EPSILON_S


def simulate(
    source: str, scenario: Scenario, *, argument: object = None, environment: dict[str, str] | None = None
) -> Simulation:
    """Run `source` against pretended stages; no network, and no time passes.

    Raises:
        WorkflowSyntaxError: it cannot be run.
    """
    clock = VirtualClock()
    log, steps = _Log(), _Steps()
    stages = FakeStages(scenario, clock, branch=steps.current_branch)
    execution = Workflow(source).execute(
        ARGUMENT if argument is None else argument,
        env={**simulated_environment(), **(environment or {})},
        clock=clock,
        http=stages,
        log=log,
        on_step=steps,
    )
    attempts = sorted(stages.attempts, key=lambda each: (each.started_at, each.finished_at))
    return Simulation(execution, tuple(attempts), tuple(log.entries), tuple(steps.finished))


class _Log:
    def __init__(self) -> None:
        self.entries: list[tuple[str, Value]] = []

    def write(self, execution_name: str, severity: str, payload: Value) -> None:  # noqa: ARG002  # the port's own form
        self.entries.append((severity, payload))


class _Steps:
    def __init__(self) -> None:
        self.finished: list[StepEvent] = []
        self._branches: dict[int, tuple[str, ...]] = {}

    def __call__(self, event: StepEvent) -> None:
        self._branches[threading.get_ident()] = event.branch
        if event.phase == "finished":
            self.finished.append(event)

    def current_branch(self) -> tuple[str, ...]:
        """The parallel branch the calling thread runs."""
        return self._branches.get(threading.get_ident(), ())
