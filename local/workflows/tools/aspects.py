"""What can be different about a step without its being another step: each aspect with a name and its text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from local.workflows.language.syntax import (
    AssignStep,
    Backoff,
    CallStep,
    ForStep,
    Loop,
    MapValue,
    ParallelStep,
    RaiseStep,
    Retry,
    ReturnStep,
    Step,
    SwitchStep,
    TryStep,
    Value,
)
from local.workflows.tools.writing import bare, written, written_key, written_target

LIMITS = "Time limits and retries"
CALLS = "Calls and what they are given"
CONDITIONS = "Conditions and order"
VALUES = "Values"
_TIME_ARGUMENTS = ("timeout", "seconds", "connector_params")


class Aspect(NamedTuple):
    topic: str
    name: str
    text: str


def aspects_of(step: Step) -> dict[str, Aspect]:
    """The aspects of a step by name; those of named steps inside it are not among them."""
    found = {aspect.name: aspect for aspect in _aspects(step)}
    if step.next is not None:
        found["next"] = Aspect(CONDITIONS, "next step", step.next.destination)
    return found


def _aspects(step: Step) -> Iterator[Aspect]:  # noqa: C901  # one arm per kind of step
    match step:
        case AssignStep(assignments=assignments):
            for assignment in assignments:
                yield Aspect(VALUES, written_target(assignment.target), bare(assignment.value))
        case CallStep():
            yield from _call(step)
        case SwitchStep(conditions=conditions):
            for number, condition in enumerate(conditions, start=1):
                yield Aspect(CONDITIONS, f"condition {number}", bare(condition.test))
                yield from _inside(condition.step, f"condition {number}")
        case ForStep(loop=loop):
            yield from _loop(loop)
        case ParallelStep():
            yield from _parallel(step)
        case TryStep(body=body, retry=retry):
            yield from _aspects(body) if body.name_node is None else ()
            if retry is not None:
                yield from _retry(retry)
        case RaiseStep(value=value):
            yield Aspect(VALUES, "error raised", written(value))
        case ReturnStep(value=value):
            yield Aspect(VALUES, "value returned", written(value))
        case _:
            return


def _inside(step: Step, where: str) -> Iterator[Aspect]:
    """The aspects of an unnamed step, named after what holds it."""
    for aspect in aspects_of(step).values():
        yield aspect._replace(name=f"{aspect.name} of {where}")


def _call(step: CallStep) -> Iterator[Aspect]:
    yield Aspect(CALLS, "called function", step.function)
    if step.result is not None:
        yield Aspect(CALLS, "result kept in", written_target(step.result))
    if isinstance(step.arguments, MapValue):
        yield from _entries(step.arguments, "")
    elif step.arguments is not None:
        yield Aspect(CALLS, "arguments", bare(step.arguments))


def _entries(arguments: MapValue, path: str) -> Iterator[Aspect]:
    """Each argument, and each entry of a map among them, on its own."""
    for key, value in arguments.entries:
        name = f"{path}{written_key(key)}"
        topic = LIMITS if name.split(".", maxsplit=1)[0].startswith(_TIME_ARGUMENTS) else CALLS
        if isinstance(value, MapValue) and value.entries:
            yield from _entries(value, f"{name}.")
        else:
            yield Aspect(topic, name, bare(value))


def _loop(loop: Loop) -> Iterator[Aspect]:
    yield Aspect(VALUES, "loop over", bare(loop.items if loop.items is not None else loop.range))
    yield Aspect(VALUES, "loop variables", ", ".join(name for name in (loop.value, loop.index) if name))


def _parallel(step: ParallelStep) -> Iterator[Aspect]:
    if step.shared:
        yield Aspect(VALUES, "shared variables", ", ".join(sorted(name.text for name in step.shared)))
    if step.concurrency_limit is not None:
        yield Aspect(LIMITS, "concurrency limit", bare(step.concurrency_limit))
    if step.branches:
        yield Aspect(CONDITIONS, "branches", ", ".join(branch.name for branch in step.branches))
    if step.loop is not None:
        yield from _loop(step.loop)


def _retry(retry: Retry) -> Iterator[Aspect]:
    parts: list[tuple[str, Value | None]] = [
        ("retry policy", retry.policy),
        ("retried when", retry.predicate),
        ("retries", retry.max_retries),
    ]
    if isinstance(retry.backoff, Backoff):
        parts += [
            ("first delay before a retry", retry.backoff.initial_delay),
            ("longest delay before a retry", retry.backoff.max_delay),
            ("growth of the delay", retry.backoff.multiplier),
        ]
    else:
        parts.append(("delays between retries", retry.backoff))
    yield from (Aspect(LIMITS, name, bare(value)) for name, value in parts if value is not None)
