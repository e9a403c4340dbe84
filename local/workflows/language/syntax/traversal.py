"""Walking over a syntax tree: the steps inside of steps, and the expressions of a step."""

from collections.abc import Iterator

from local.workflows.language.syntax.steps import (
    AssignStep,
    Backoff,
    CallStep,
    ForStep,
    Loop,
    ParallelStep,
    RaiseStep,
    Retry,
    ReturnStep,
    Step,
    StepsStep,
    SwitchStep,
    Target,
    TryStep,
)
from local.workflows.language.syntax.values import Computed, Constant, Expression, ListValue, MapValue, Text, Value


def nested_steps(step: Step) -> Iterator[tuple[Step, ...]]:
    """The blocks of steps directly inside `step`; an unnamed step counts as a block of one."""
    match step:
        case StepsStep(steps=steps):
            yield steps
        case SwitchStep(conditions=conditions):
            for condition in conditions:
                yield (condition.step,)
        case ForStep(loop=loop):
            yield loop.steps
        case ParallelStep(branches=branches, loop=parallel_loop):
            yield from (branch.steps for branch in branches or ())
            if parallel_loop is not None:
                yield parallel_loop.steps
        case TryStep(body=body, handler=handler):
            yield (body,)
            if handler is not None:
                yield handler.steps
        case _:
            return


def all_steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step of a block and of the blocks inside it, outermost first, in the order of the source."""
    for step in steps:
        yield step
        for block in nested_steps(step):
            yield from all_steps(block)


def expressions_in(value: Value) -> Iterator[Expression]:
    """Every expression inside `value`, in the order of the source."""
    match value:
        case Computed(expression=expression):
            yield expression
        case Text(parts=parts):
            yield from (part for part in parts if isinstance(part, Expression))
        case ListValue(items=items):
            for item in items:
                yield from expressions_in(item)
        case MapValue(entries=entries):
            for key, entry in entries:
                yield from expressions_in(key)
                yield from expressions_in(entry)
        case Constant():
            return


def expressions_of(step: Step) -> Iterator[Expression]:
    """Every expression of `step` itself, targets of assignments included, without those of the steps inside it."""
    for target in targets_of(step):
        yield target.expression
    for value in values_of(step):
        yield from expressions_in(value)


def targets_of(step: Step) -> list[Target]:
    """Where `step` itself keeps values, without the steps inside it."""
    match step:
        case AssignStep(assignments=assignments):
            return [assignment.target for assignment in assignments]
        case CallStep(result=Target() as result):
            return [result]
        case _:
            return []


def values_of(step: Step) -> Iterator[Value]:
    """Every value of `step` itself, without those of the steps inside it."""
    match step:
        case AssignStep(assignments=assignments):
            yield from (assignment.value for assignment in assignments)
        case CallStep(arguments=arguments):
            yield from _given(arguments)
        case SwitchStep(conditions=conditions):
            yield from (condition.test for condition in conditions)
        case ForStep(loop=loop):
            yield from _values_of_loop(loop)
        case ParallelStep(concurrency_limit=limit, loop=parallel_loop):
            yield from _given(limit)
            yield from _values_of_loop(parallel_loop)
        case TryStep(retry=retry):
            yield from _values_of_retry(retry)
        case RaiseStep(value=value) | ReturnStep(value=value):
            yield value
        case _:
            return


def _values_of_loop(loop: Loop | None) -> Iterator[Value]:
    if loop is not None:
        yield from _given(loop.items, loop.range)


def _values_of_retry(retry: Retry | None) -> Iterator[Value]:
    if retry is None:
        return
    yield from _given(retry.policy, retry.predicate, retry.max_retries)
    if isinstance(retry.backoff, Backoff):
        yield from _given(retry.backoff.initial_delay, retry.backoff.max_delay, retry.backoff.multiplier)
    else:
        yield from _given(retry.backoff)


def _given(*values: Value | None) -> Iterator[Value]:
    yield from (value for value in values if value is not None)
