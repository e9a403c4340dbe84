"""`for`: one iteration after the other, each with variables of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from local.workflows.containers import share
from local.workflows.engine.evaluation import Evaluate
from local.workflows.engine.outcomes import BROKEN, CONTINUED, Control, Jump, Outcome
from local.workflows.engine.scopes import Scope
from local.workflows.engine.steps import Block, Step
from local.workflows.engine.strand import Strand
from local.workflows.errors import TraceEntry, system_error
from local.workflows.values import Value, is_number, type_name


@dataclass(frozen=True, slots=True)
class Loop:
    """What is iterated over, under which names, and what is done. Exactly one of `items` and `bounds` is there."""

    value: str
    index: str | None
    items: Evaluate | None
    bounds: Evaluate | None
    block: Block

    def iterations(self, strand: Strand) -> Iterator[dict[str, Value]]:
        """The variables of each iteration."""
        for index, value in enumerate(self._values(strand)):
            variables = {self.value: value}
            if self.index is not None:
                variables[self.index] = index
            yield variables

    def _values(self, strand: Strand) -> Iterator[Value]:
        if self.items is not None:
            items = share(self.items(strand))
            if not isinstance(items, list):
                raise system_error("TypeError", f"a for loop needs a list, not '{type_name(items)}'")
            return iter(items)
        return _count(self.bounds(strand) if self.bounds is not None else None)


class ForStep(Step):
    kind = "for"

    def __init__(self, place: TraceEntry, next_outcome: Jump | Control | None, loop: Loop) -> None:
        super().__init__(place, next_outcome)
        self._loop = loop

    def act(self, strand: Strand) -> Outcome:
        for variables in self._loop.iterations(strand):
            scope = Scope(strand.run.memory, parent=strand.scope)
            scope.declare(variables, strand.run.lock)
            outcome = strand.run_block(self._loop.block, scope)
            if outcome is BROKEN:
                break
            if outcome is not None and outcome is not CONTINUED:
                return outcome
        return None


def _count(bounds: Value) -> Iterator[Value]:
    """The numbers from the first bound to the last, in steps of 1, both included."""
    if not isinstance(bounds, list) or len(bounds) != 2 or not all(map(is_number, bounds)):
        raise system_error("TypeError", "the range of a for loop must be a list of two numbers, the first and the last")
    number, last = bounds
    while number <= last:
        yield number
        number += 1
