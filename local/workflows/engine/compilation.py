"""From the syntax tree to routines that run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from local.workflows.containers import share
from local.workflows.engine.evaluation import Compiler, Evaluate
from local.workflows.engine.loops import ForStep, Loop
from local.workflows.engine.outcomes import Control, Jump, outcome_of_jump
from local.workflows.engine.parallel import ParallelStep
from local.workflows.engine.routines import Parameter, Routine
from local.workflows.engine.steps import (
    AssignStep,
    Block,
    CallStep,
    JumpStep,
    RaiseStep,
    ReturnStep,
    Step,
    StepsStep,
    Store,
    SwitchStep,
)
from local.workflows.engine.strand import Strand
from local.workflows.engine.tries import Handler, RetryPolicy, TryStep
from local.workflows.errors import TraceEntry
from local.workflows.language import syntax
from local.workflows.values import Value


def compile_definition(definition: syntax.Definition) -> Mapping[str, Routine]:
    """Every routine of a source that has no problems, by name."""
    routines = {name: Routine(name) for name in definition.routines}
    for name, source in definition.routines.items():
        _RoutineCompiler(name, routines).compile(source)
    return routines


class _RoutineCompiler:
    """Compiles one routine."""

    def __init__(self, name: str, routines: Mapping[str, Routine]) -> None:
        self._name = name
        self._routines = routines
        self._compiler = Compiler(routines)

    def compile(self, source: syntax.Routine) -> None:
        routine = self._routines[self._name]
        routine.parameters = tuple(
            Parameter(parameter.name, self._compiler.optional_value(parameter.default))
            for parameter in source.parameters
        )
        routine.block = self._block(source.steps)

    def _block(self, steps: Sequence[syntax.Step]) -> Block:
        return Block([self._step(step) for step in steps])

    def _step(self, step: syntax.Step) -> Step:  # noqa: C901, PLR0911  # one case per kind of step
        place = TraceEntry(step.name, self._name, step.node.position.line, step.node.position.column)
        after = outcome_of_jump(step.next.destination) if step.next is not None else None
        match step:
            case syntax.AssignStep(assignments=assignments):
                assigns = [self._assignment(assignment) for assignment in assignments]
                return AssignStep(place, after, assigns, [assignment.target.variable for assignment in assignments])
            case syntax.CallStep():
                return self._call(step, place, after)
            case syntax.SwitchStep(conditions=conditions):
                arms = [(self._guarded(condition.test), self._step(condition.step)) for condition in conditions]
                return SwitchStep(place, after, arms)
            case syntax.StepsStep(steps=steps):
                return StepsStep(place, after, self._block(steps))
            case syntax.ForStep(loop=loop):
                return ForStep(place, after, self._loop(loop))
            case syntax.ParallelStep():
                return self._parallel(step, place, after)
            case syntax.TryStep():
                return self._try(step, place, after)
            case syntax.RaiseStep(value=value):
                return RaiseStep(place, self._guarded(value))
            case syntax.ReturnStep(value=value):
                return ReturnStep(place, self._guarded(value))
            case syntax.JumpStep():
                return JumpStep(place, after)

    def _guarded(self, value: syntax.Value) -> Evaluate:
        """A closure for a value that leaves the variables: nobody changes them meanwhile, or it afterwards."""
        evaluate = self._compiler.value(value)
        if isinstance(value, syntax.Constant):
            return evaluate
        if self._compiler.calls_routine(value):  # its steps may take long; the lock would keep other branches waiting
            return lambda strand: share(evaluate(strand))

        def guarded(strand: Strand) -> Value:
            with strand.run.lock:
                return share(evaluate(strand))

        return guarded

    def _optional_guarded(self, value: syntax.Value | None) -> Evaluate | None:
        return self._guarded(value) if value is not None else None

    def _assignment(self, assignment: syntax.Assignment) -> Callable[[Strand], None]:
        evaluate = self._compiler.value(assignment.value)
        store = self._store(assignment.target)
        if self._compiler.calls_routine(assignment.value):
            return lambda strand: store(strand, evaluate(strand))
        if assignment.target.path:

            def assign_element(strand: Strand) -> None:
                with strand.run.lock:
                    store(strand, evaluate(strand))

            return assign_element
        name = assignment.target.variable

        def assign(strand: Strand) -> None:
            with strand.run.lock:
                strand.scope.assign(name, evaluate(strand))

        return assign

    def _store(self, target: syntax.Target) -> Store:
        name = target.variable
        keys = [self._compiler.expression(key) for key in target.path]

        def store(strand: Strand, value: Value) -> None:
            with strand.run.lock:
                if keys:
                    strand.scope.assign_element(name, [key(strand) for key in keys], value)
                else:
                    strand.scope.assign(name, value)

        return store

    def _call(self, step: syntax.CallStep, place: TraceEntry, after: Jump | Control | None) -> Step:
        return CallStep(
            place,
            after,
            function=step.function,
            routine=self._routines.get(step.function),
            arguments=self._optional_guarded(step.arguments),
            store_result=self._store(step.result) if step.result is not None else None,
            result_variable=step.result.variable if step.result is not None else None,
        )

    def _loop(self, loop: syntax.Loop) -> Loop:
        items, bounds = self._optional_guarded(loop.items), self._optional_guarded(loop.range)
        return Loop(loop.value, loop.index, items, bounds, self._block(loop.steps))

    def _parallel(self, step: syntax.ParallelStep, place: TraceEntry, after: Jump | Control | None) -> Step:
        return ParallelStep(
            place,
            after,
            shared=frozenset(name.text for name in step.shared),
            concurrency_limit=self._optional_guarded(step.concurrency_limit),
            branches=[(branch.name, self._block(branch.steps)) for branch in step.branches or ()],
            loop=self._loop(step.loop) if step.loop is not None else None,
        )

    def _try(self, step: syntax.TryStep, place: TraceEntry, after: Jump | Control | None) -> Step:
        handler = Handler(step.handler.variable, self._block(step.handler.steps)) if step.handler else None
        retry = self._retry(step.retry) if step.retry is not None else None
        return TryStep(place, after, body=self._step(step.body), retry=retry, handler=handler)

    def _retry(self, retry: syntax.Retry) -> RetryPolicy:
        if retry.policy is not None:
            return RetryPolicy(self._guarded(retry.policy))
        backoff = retry.backoff
        evaluate_backoff: Evaluate | None
        if isinstance(backoff, syntax.Backoff):
            evaluate_backoff = self._map_of(
                {
                    "initial_delay": backoff.initial_delay,
                    "max_delay": backoff.max_delay,
                    "multiplier": backoff.multiplier,
                }
            )
        else:
            evaluate_backoff = self._optional_guarded(backoff)
        parts = self._map_of({"predicate": retry.predicate, "max_retries": retry.max_retries})
        if evaluate_backoff is None:
            return RetryPolicy(parts)
        return RetryPolicy(lambda strand: {**parts(strand), "backoff": evaluate_backoff(strand)})

    def _map_of(self, values: Mapping[str, syntax.Value | None]) -> Callable[[Strand], dict[str, Value]]:
        evaluations = {key: self._guarded(value) for key, value in values.items() if value is not None}
        return lambda strand: {key: evaluate(strand) for key, evaluate in evaluations.items()}
