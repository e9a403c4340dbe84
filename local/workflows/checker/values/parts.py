"""The values that stand directly in a step, each with what it is there for."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from local.workflows.language.syntax import (
    AssignStep,
    Backoff,
    CallStep,
    ForStep,
    Loop,
    ParallelStep,
    RaiseStep,
    ReturnStep,
    Step,
    SwitchStep,
    TryStep,
    Value,
)


class Role(StrEnum):
    """What a value is there for."""

    ASSIGNED = "assigned"
    ARGUMENTS = "arguments"
    CONDITION = "condition"
    ITEMS = "items"
    RANGE = "range"
    CONCURRENCY_LIMIT = "concurrency_limit"
    RETURNED = "returned"
    RAISED = "raised"
    POLICY = "policy"
    PREDICATE = "predicate"
    MAX_RETRIES = "max_retries"
    BACKOFF = "backoff"
    INITIAL_DELAY = "initial_delay"
    MAX_DELAY = "max_delay"
    MULTIPLIER = "multiplier"


class Part(NamedTuple):
    role: Role
    value: Value


def parts_of(step: Step) -> Iterator[Part]:
    """Every value of `step`, without those of the steps inside it."""
    for role, value in _parts(step):
        if value is not None:
            yield Part(role, value)


def _parts(step: Step) -> Iterator[tuple[Role, Value | None]]:
    match step:
        case AssignStep(assignments=assignments):
            yield from ((Role.ASSIGNED, assignment.value) for assignment in assignments)
        case CallStep(arguments=arguments):
            yield Role.ARGUMENTS, arguments
        case SwitchStep(conditions=conditions):
            yield from ((Role.CONDITION, condition.test) for condition in conditions)
        case ForStep(loop=loop):
            yield from _loop_parts(loop)
        case ParallelStep(loop=parallel_loop, concurrency_limit=limit):
            yield Role.CONCURRENCY_LIMIT, limit
            if parallel_loop is not None:
                yield from _loop_parts(parallel_loop)
        case TryStep():
            yield from _retry_parts(step)
        case RaiseStep(value=value):
            yield Role.RAISED, value
        case ReturnStep(value=value):
            yield Role.RETURNED, value
        case _:
            return


def _loop_parts(loop: Loop) -> Iterator[tuple[Role, Value | None]]:
    yield Role.ITEMS, loop.items
    yield Role.RANGE, loop.range


def _retry_parts(step: TryStep) -> Iterator[tuple[Role, Value | None]]:
    if step.retry is None:
        return
    yield Role.POLICY, step.retry.policy
    yield Role.PREDICATE, step.retry.predicate
    yield Role.MAX_RETRIES, step.retry.max_retries
    backoff = step.retry.backoff
    if isinstance(backoff, Backoff):
        yield Role.INITIAL_DELAY, backoff.initial_delay
        yield Role.MAX_DELAY, backoff.max_delay
        yield Role.MULTIPLIER, backoff.multiplier
    else:
        yield Role.BACKOFF, backoff
