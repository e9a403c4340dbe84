"""The steps of a routine by the path of names that leads to them, with what stands around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from local.workflows.checker.values.parts import parts_of
from local.workflows.language.syntax import (
    CallStep,
    ParallelStep,
    Routine,
    Step,
    SwitchStep,
    TryStep,
    Value,
    all_steps,
    nested_steps,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A named step and where it stands."""

    step: Step
    block: str
    """Names the list of steps it is in."""
    container: str
    """What holds that list, for messages."""
    after: str
    """The step before it in the list, or ""."""

    def where(self) -> str:
        return f"after {self.after}" if self.after else f"first in {self.container}"

    def described(self) -> str:
        """What it does, in a few words."""
        call = next((each for each in all_steps((self.step,)) if isinstance(each, CallStep)), None)
        action = type(self.step).__name__.removesuffix("Step").lower()
        return f"calls {call.function}" if call is not None and action in {"call", "try"} else action


def index_steps(routine: Routine) -> dict[str, Place]:
    """Every named step of `routine`, outermost first, in the order of the source."""
    return dict(_block(routine.steps, "", routine.name))


def values_of(routine: Routine) -> Iterator[Value]:
    """Every value in a routine."""
    for parameter in routine.parameters:
        if parameter.default is not None:
            yield parameter.default
    for step in all_steps(routine.steps):
        for part in parts_of(step):
            yield part.value


def _block(steps: tuple[Step, ...], path: str, container: str) -> Iterator[tuple[str, Place]]:
    before = ""
    for step in steps:
        inner = path
        if step.name_node is not None:
            inner = f"{path}/{step.name}"
            yield inner, Place(step, path, container, before)
            before = step.name
        for name, words, block in _blocks(step):
            yield from _block(block, f"{inner}{name}", words)


def _blocks(step: Step) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
    """The blocks inside a step, each with a name among its siblings and words for messages."""
    match step:
        case ParallelStep(branches=branches) if branches:
            for branch in branches:
                yield f"/{branch.name}", f"the branch {branch.name}", branch.steps
        case TryStep(body=body, handler=handler):
            yield "", f"the try of {step.name}", (body,)
            if handler is not None:
                yield "/except", f"the except of {step.name}", handler.steps
        case SwitchStep(conditions=conditions):
            for number, condition in enumerate(conditions, start=1):
                yield f"/{number}", f"condition {number} of {step.name}", (condition.step,)
        case _:
            for block in nested_steps(step):
                yield "", step.name, block
