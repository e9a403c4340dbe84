"""Whether an execution can really take a path on which a variable is not set.

A walk over the graph that remembers what is known on the way: constants that were assigned, and how conditions came
out. A path that needs a condition both true and false is no path: `if(found) … if(found)` is told apart from a slip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from local.workflows.checker.flow.graph import Edge, Flow, Node, reads_of
from local.workflows.checker.flow.scopes import Scope, Variable
from local.workflows.checker.values.truth import Constants, truth_of
from local.workflows.language.expressions import ExpressionTree, Unary
from local.workflows.language.syntax import Computed, Constant, SwitchStep, Value

MOST_STATES = 20_000
"""A walk that has seen this many states gives up and counts the path as possible."""


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


def path_without_write(flow: Flow, target: int, variable: Variable) -> Path | None:
    """A possible way from the start to node `target` on which `variable` is not set, or None."""
    return _Walk(flow, target, variable).search()


class _Walk:
    def __init__(self, flow: Flow, target: int, variable: Variable) -> None:
        self._flow = flow
        self._target = target
        self._variable = variable
        self._relevant = _bits_in_conditions(flow)

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
            if len(seen) > MOST_STATES:
                return Path("", 0, last_truth=False)
        return None

    def _following(self, state: _State) -> list[_State]:
        node = self._flow.nodes[state.node]
        following = []
        if node.on_error is not None:
            following.append(_State(node.on_error, state.facts, state.last))
        if self._sets_variable(node):
            return following
        facts = self._after_write(node, state.facts)
        for edge in node.edges:
            if edge.doubtful:
                continue
            taken = facts if edge.test is None else self._assume(edge, node.scope, facts)
            if taken is not None:
                following.append(_State(edge.target, taken, edge if edge.test is not None else state.last))
        return following

    def _sets_variable(self, node: Node) -> bool:
        write = node.write
        return write is not None and write.whole and node.scope.visible(write.name)[0] is self._variable

    def _after_write(self, node: Node, facts: _Facts) -> _Facts:
        if node.write is None:
            return facts
        written = node.scope.visible(node.write.name)
        if not written or not written[0].bit & self._relevant:
            return facts
        name, bit = node.write.name, written[0].bit
        constants = {known for known in facts.constants if known[0] != bit}
        outcomes = frozenset(known for known in facts.outcomes if name not in _words(known[0]))
        if node.write.whole and isinstance(node.write.value, Constant):
            constants.add((bit, node.write.value.value))
        return _Facts(frozenset(constants), outcomes)

    def _assume(self, edge: Edge, scope: Scope, facts: _Facts) -> _Facts | None:
        """What is known once the test came out as the edge needs it; None when it cannot."""
        tree = edge.test.expression.tree if isinstance(edge.test, Computed) else None
        if tree is None:
            return facts
        truth = truth_of(tree, _constants_in(scope, facts))
        if truth is not None and truth is not edge.truth:
            return None
        text, wanted = _normal(tree, edge)
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


def _normal(tree: ExpressionTree, edge: Edge) -> tuple[str, bool]:
    """The condition's text without spaces and leading `not`s, and the outcome it then needs."""
    assert isinstance(edge.test, Computed)  # noqa: S101  # the caller has seen it
    wanted, offset = edge.truth, 0
    while isinstance(tree, Unary) and tree.operator == "not":
        wanted, tree = not wanted, tree.operand
        offset = tree.span.start
    text = edge.test.expression.text[offset:] if offset else edge.test.expression.text
    return "".join(text.split()).strip("()"), wanted


def _words(text: str) -> set[str]:
    return set("".join(character if character.isalnum() or character == "_" else " " for character in text).split())


def _bits_in_conditions(flow: Flow) -> int:
    """The variables that conditions of the routine read; nothing else needs to be remembered."""
    bits = 0
    for node in flow.nodes:
        if isinstance(node.step, SwitchStep):
            for read in (read for edge in node.edges for read in _test_reads(edge.test)):
                for variable in node.scope.visible(read):
                    bits |= variable.bit
    return bits


def _test_reads(test: Value | None) -> list[str]:
    return [read.name for read in reads_of(test.expression)] if isinstance(test, Computed) else []
