"""Whether an execution can really take a path on which a variable is not set.

A walk over the graph that remembers what is known on the way: constants that were assigned, and how conditions came
out. A path that needs a condition both true and false is no path: `if(found) … if(found)` is told apart from a slip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from local.workflows.checker.flow.graph import Edge, Flow, Node, reads_of
from local.workflows.checker.flow.scopes import Scope, Variable
from local.workflows.checker.values.truth import Constants, truth_of
from local.workflows.language.expressions import ExpressionTree, Unary
from local.workflows.language.syntax import (
    Computed,
    Constant,
    Expression,
    Step,
    SwitchStep,
    Value,
    all_steps,
    nested_steps,
)

MOST_STATES = 100_000
"""Walks through one routine look at this many states in all; the paths they have not found by then do not count."""
MOST_JUMP_TESTS = 24
"""In a routine with more conditions that jump than these, jumps are taken as they come."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way on which the variable is not set, told by its last decision."""

    last_test: str
    last_test_line: int
    last_truth: bool

    def described(self) -> str:
        if not self.last_test:
            return ""
        return f", when '{self.last_test}' (line {self.last_test_line}) is {'true' if self.last_truth else 'false'}"


class _Facts(NamedTuple):
    """What is known on the way so far. Both are small and hashable, so that states can be compared."""

    constants: frozenset[tuple[int, object]]
    """Variable's bit and the constant it holds."""
    outcomes: frozenset[tuple[str, bool]]
    """Text of a condition and how it came out."""


class _State(NamedTuple):
    node: int
    facts: _Facts
    last: Edge | None


class PathFinder:
    """Looks for paths through one routine."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._states_left = MOST_STATES
        self._tests_around = _tests_around(flow.routine.steps)
        jumping = list(_jump_tests(flow.routine.steps))
        self._jump_tests = jumping if len(jumping) <= MOST_JUMP_TESTS else []

    def path_without_write(self, target: int, variable: Variable) -> Path | None:
        """A possible way from the start to node `target` on which `variable` is not set, or None."""
        if self._states_left <= 0:
            return None
        walk = _Walk(self._flow, target, variable, self._relevant_tests(target, variable), self._states_left)
        path = walk.search()
        self._states_left -= walk.states_seen
        return path

    def _relevant_tests(self, target: int, variable: Variable) -> list[Computed]:
        """The conditions that decide whether the variable is set, or whether the target is come to."""
        nodes = [node for node in self._flow.nodes if node.index == target or _writes(node, variable)]
        around = [test for node in nodes for test in self._tests_around.get(id(node.step), ())]
        return [test for test in [*around, *self._jump_tests] if isinstance(test, Computed)]


class _Walk:
    def __init__(self, flow: Flow, target: int, variable: Variable, tests: list[Computed], most_states: int) -> None:
        self.states_seen = 0
        self._flow = flow
        self._target = target
        self._variable = variable
        self._most_states = most_states
        self._texts = {_normal(test.expression, wanted=True)[0] for test in tests}
        self._names = {read.name for test in tests for read in reads_of(test.expression)}

    def search(self) -> Path | None:
        start = _State(self._flow.entry, _Facts(frozenset(), frozenset()), None)
        seen: set[tuple[int, _Facts]] = {(start.node, start.facts)}
        waiting = [start]
        while waiting:
            state = waiting.pop()
            if state.node == self._target:
                return _described(state.last)
            for following in self._following(state):
                key = (following.node, following.facts)
                if key not in seen:
                    seen.add(key)
                    waiting.append(following)
            self.states_seen = len(seen)
            if len(seen) > self._most_states:
                return None
        return None

    def _following(self, state: _State) -> list[_State]:
        node = self._flow.nodes[state.node]
        following = []
        if node.on_error is not None:
            following.append(_State(node.on_error, state.facts, state.last))
        if _writes(node, self._variable):
            return following
        facts = self._after_write(node, state.facts)
        for edge in node.edges:
            if edge.doubtful:
                continue
            taken = facts if edge.test is None else self._assume(edge, node.scope, facts)
            if taken is not None:
                following.append(_State(edge.target, taken, edge if edge.test is not None else state.last))
        return following

    def _after_write(self, node: Node, facts: _Facts) -> _Facts:
        if node.write is None or node.write.name not in self._names:
            return facts
        written = node.scope.visible(node.write.name)
        if not written:
            return facts
        name, bit = node.write.name, written[0].bit
        constants = {known for known in facts.constants if known[0] != bit}
        outcomes = frozenset(known for known in facts.outcomes if name not in _words(known[0]))
        if node.write.whole and isinstance(node.write.value, Constant):
            constants.add((bit, node.write.value.value))
        return _Facts(frozenset(constants), outcomes)

    def _assume(self, edge: Edge, scope: Scope, facts: _Facts) -> _Facts | None:
        """What is known once the test came out as the edge needs it; None when it cannot."""
        if not isinstance(edge.test, Computed):
            return facts
        truth = truth_of(edge.test.expression.tree, _constants_in(scope, facts)) if facts.constants else None
        if truth is not None and truth is not edge.truth:
            return None
        text, wanted = _normal(edge.test.expression, wanted=edge.truth)
        if text not in self._texts:
            return facts
        if (text, not wanted) in facts.outcomes:
            return None
        return _Facts(facts.constants, facts.outcomes | {(text, wanted)})


def _described(edge: Edge | None) -> Path:
    if edge is None or not isinstance(edge.test, Computed):
        return Path("", 0, last_truth=False)
    return Path(edge.test.expression.text.strip(), edge.test.position.line, edge.truth)


def _constants_in(scope: Scope, facts: _Facts) -> Constants:
    known = dict(facts.constants)

    def find(name: str) -> tuple[bool, object]:
        visible = scope.visible(name)
        return (True, known[visible[0].bit]) if visible and visible[0].bit in known else (False, None)

    return find


def _normal(expression: Expression, *, wanted: bool) -> tuple[str, bool]:
    """The condition's text without spaces and leading `not`s, and the outcome it then needs."""
    tree: ExpressionTree = expression.tree
    offset = 0
    while isinstance(tree, Unary) and tree.operator == "not":
        wanted, tree = not wanted, tree.operand
        offset = tree.span.start
    return "".join(expression.text[offset:].split()).strip("()"), wanted


def _writes(node: Node, variable: Variable) -> bool:
    write = node.write
    return write is not None and write.whole and node.scope.visible(write.name)[0] is variable


def _words(text: str) -> set[str]:
    return set("".join(character if character.isalnum() or character == "_" else " " for character in text).split())


def _tests_around(steps: tuple[Step, ...]) -> dict[int, tuple[Value, ...]]:
    """The conditions of the switches a step stands in, by `id` of the step."""
    around: dict[int, tuple[Value, ...]] = {}
    pending: list[tuple[tuple[Step, ...], tuple[Value, ...]]] = [(steps, ())]
    while pending:
        block, tests = pending.pop()
        for step in block:
            around[id(step)] = tests
            if isinstance(step, SwitchStep):
                own = tuple(condition.test for condition in step.conditions)
                pending.extend(((condition.step,), (*tests, *own)) for condition in step.conditions)
            else:
                pending.extend((inner, tests) for inner in nested_steps(step))
    return around


def _jump_tests(steps: tuple[Step, ...]) -> Iterator[Value]:
    """The conditions of switches from which a jump leads away."""
    for step in all_steps(steps):
        if isinstance(step, SwitchStep) and (step.next or any(each.step.next for each in step.conditions)):
            yield from (condition.test for condition in step.conditions)
