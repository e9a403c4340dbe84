"""Steps as they run: the base of all kinds, blocks of steps, and the kinds that hold no steps of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from local.workflows.connectors.calls import call_connector
from local.workflows.containers import share
from local.workflows.engine.evaluation import Evaluate
from local.workflows.engine.events import StepEvent, StepObserver
from local.workflows.engine.outcomes import Control, Jump, Outcome, Return
from local.workflows.engine.strand import Strand
from local.workflows.errors import TraceEntry, WorkflowError, nested_too_deeply, system_error
from local.workflows.operators import truth
from local.workflows.standard_library import FUNCTIONS
from local.workflows.values import Value, type_name

if TYPE_CHECKING:
    from local.workflows.engine.routines import Routine

Store = Callable[[Strand, Value], None]
"""Puts a value where an assignment or a `result` wants it."""


class Step(ABC):
    """One step. A subclass says in `act` what it does; None as its outcome means that the step is simply done."""

    kind: ClassVar[str]
    """The action key of the source."""

    def __init__(self, place: TraceEntry, next_outcome: Jump | Control | None) -> None:
        self.place = place
        self._next = next_outcome

    @abstractmethod
    def act(self, strand: Strand) -> Outcome: ...

    def perform(self, strand: Strand) -> Outcome:
        """Act, then do what `next` says."""
        outcome = self.act(strand)
        return self._next if outcome is None else outcome

    def execute(self, strand: Strand) -> Outcome:
        """Perform as a step of its own: counted, watched, and named by errors that pass through."""
        run = strand.run
        number = run.begin_step()
        try:
            if run.observer is not None:
                return self._perform_watched(strand, number, run.observer)
            outcome = self.act(strand)
        except WorkflowError as error:
            error.passes(self.place)
            raise
        except RecursionError as exhausted:
            too_deep = nested_too_deeply()
            too_deep.passes(self.place)
            raise too_deep from exhausted
        return self._next if outcome is None else outcome

    def values(self, strand: Strand) -> dict[str, Value]:  # noqa: ARG002  # for subclasses
        """What the step has just assigned, for whoever watches."""
        return {}

    @property
    def target(self) -> str | None:
        """What the step calls, if it calls something."""
        return None

    def _perform_watched(self, strand: Strand, number: int, observer: StepObserver) -> Outcome:
        clock = strand.runtime.clock
        started = StepEvent(
            phase="started",
            number=number,
            step=self.place.step,
            routine=self.place.routine,
            kind=self.kind,
            line=self.place.line,
            call_depth=strand.call_depth,
            branch=strand.branch,
            started_at=clock.now(),
            target=self.target,
        )
        observer(started)
        try:
            outcome = self.perform(strand)
        except WorkflowError as error:
            observer(replace(started, phase="finished", finished_at=clock.now(), error=share(error.payload)))
            raise
        values = {"return": share(outcome.value)} if isinstance(outcome, Return) else self.values(strand)
        observer(replace(started, phase="finished", finished_at=clock.now(), values=values))
        return outcome


class Block:
    """Steps in a row, which may jump to one another."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = tuple(steps)
        self._positions = {step.place.step: position for position, step in enumerate(steps)}

    def run(self, strand: Strand) -> Outcome:
        """Run from the first step until one ends the block. A jump to a step that is not here is handed on."""
        steps = self._steps
        position, end = 0, len(steps)
        while position < end:
            outcome = steps[position].execute(strand)
            if outcome is None:
                position += 1
            elif isinstance(outcome, Jump) and outcome.destination in self._positions:
                position = self._positions[outcome.destination]
            else:
                return outcome
        return None


class JumpStep(Step):
    """Does nothing but go on elsewhere."""

    kind = "next"

    def act(self, strand: Strand) -> Outcome:  # noqa: ARG002  # only `next` counts
        return None


class AssignStep(Step):
    """Assigns in the order of the source; each assignment sees those before it."""

    kind = "assign"

    def __init__(
        self,
        place: TraceEntry,
        next_outcome: Jump | Control | None,
        assignments: Sequence[Callable[[Strand], None]],
        variables: Sequence[str],
    ) -> None:
        super().__init__(place, next_outcome)
        self._assignments = tuple(assignments)
        self._variables = tuple(variables)

    def act(self, strand: Strand) -> Outcome:
        for assign in self._assignments:
            assign(strand)
        return None

    def values(self, strand: Strand) -> dict[str, Value]:
        return _variable_values(strand, self._variables)


class CallStep(Step):
    """Calls a subworkflow, a library function or a connector with named arguments."""

    kind = "call"

    def __init__(
        self,
        place: TraceEntry,
        next_outcome: Jump | Control | None,
        *,
        function: str,
        routine: Routine | None,
        arguments: Evaluate | None,
        store_result: Store | None,
        result_variable: str | None,
    ) -> None:
        super().__init__(place, next_outcome)
        self._function = function
        self._routine = routine
        self._library_function = FUNCTIONS.get(function)
        self._arguments = arguments
        self._store_result = store_result
        self._result_variable = result_variable

    @property
    def target(self) -> str | None:
        return self._function

    def act(self, strand: Strand) -> Outcome:
        result = self._call(strand, self._evaluated_arguments(strand))
        if self._store_result is not None:
            self._store_result(strand, result)
        return None

    def values(self, strand: Strand) -> dict[str, Value]:
        return _variable_values(strand, (self._result_variable,) if self._result_variable is not None else ())

    def _evaluated_arguments(self, strand: Strand) -> dict[str, Value]:
        arguments = self._arguments(strand) if self._arguments is not None else {}
        if arguments is None:
            return {}
        if not isinstance(arguments, dict):
            raise system_error("TypeError", f"args of {self._function} must be a map, not '{type_name(arguments)}'")
        return {name: share(value) for name, value in arguments.items()}

    def _call(self, strand: Strand, arguments: dict[str, Value]) -> Value:
        if self._routine is not None:
            return self._routine.call_named(strand, arguments)
        if self._library_function is not None:
            return self._library_function.call_named(strand, arguments)
        connector = strand.runtime.connectors.find(self._function)
        if connector is None:
            known = ", ".join(strand.runtime.connectors.names())
            raise system_error("SystemError", f"this machine has no connector {self._function}; it has {known}")
        return call_connector(strand, connector, arguments)


class SwitchStep(Step):
    """Performs the step of the first condition that holds."""

    kind = "switch"

    def __init__(
        self, place: TraceEntry, next_outcome: Jump | Control | None, arms: Sequence[tuple[Evaluate, Step]]
    ) -> None:
        super().__init__(place, next_outcome)
        self._arms = tuple(arms)

    def act(self, strand: Strand) -> Outcome:
        for condition, step in self._arms:
            if truth(condition(strand), "a condition"):
                return step.perform(strand)
        return None


class StepsStep(Step):
    """A block inside of a block; it has no scope of its own."""

    kind = "steps"

    def __init__(self, place: TraceEntry, next_outcome: Jump | Control | None, block: Block) -> None:
        super().__init__(place, next_outcome)
        self._block = block

    def act(self, strand: Strand) -> Outcome:
        return self._block.run(strand)


class RaiseStep(Step):
    """Raises an error of the author's own."""

    kind = "raise"

    def __init__(self, place: TraceEntry, value: Evaluate) -> None:
        super().__init__(place, None)
        self._value = value

    def act(self, strand: Strand) -> Outcome:
        raise WorkflowError(self._value(strand))


class ReturnStep(Step):
    """Leaves the routine with a value."""

    kind = "return"

    def __init__(self, place: TraceEntry, value: Evaluate) -> None:
        super().__init__(place, None)
        self._value = value

    def act(self, strand: Strand) -> Outcome:
        return Return(self._value(strand))


def _variable_values(strand: Strand, variables: Sequence[str]) -> dict[str, Value]:
    values = {}
    for name in variables:
        scope = strand.scope.find(name)
        if scope is not None:
            values[name] = share(scope.values[name])
    return values
