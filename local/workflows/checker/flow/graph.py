"""The control-flow graph of a routine: what is evaluated, written and decided, in every order it can happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from local.workflows.checker.flow.scopes import Scope, Variable
from local.workflows.language.expressions import Attribute, Call, ExpressionTree, Name, children
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import Expression, Routine, Step, Value


class Read(NamedTuple):
    """A name in an expression."""

    name: str
    dotted: str
    """With the attributes behind it: `http.default_retry`."""
    position: Position
    is_shared: bool = False
    """It stands in the `shared` list of a parallel step."""


class Write(NamedTuple):
    """An assignment to a variable."""

    name: str
    position: Position
    whole: bool
    """False when only an element is written: the variable has to be there already."""
    value: Value | None
    """What is assigned; None for the result of a call and for loop variables."""


class Edge(NamedTuple):
    """The way from one node to another."""

    target: int
    test: Value | None = None
    """The condition of the switch that decides."""
    truth: bool = True
    """Whether the way is taken when the test holds or when it does not."""
    doubtful: bool = False
    """The way out of a switch none of whose conditions held, in an `except` where every condition leads away: authors
    write such switches when they have named all errors there are."""


@dataclass(slots=True)
class Node:
    """One moment of execution. An error happens before the write."""

    index: int
    step: Step | None
    scope: Scope
    reads: tuple[Read, ...] = ()
    write: Write | None = None
    opens: Scope | None = None
    """A scope that begins here, empty."""
    edges: list[Edge] = field(default_factory=list)
    on_error: int | None = None
    """Where an error goes; None where nothing can go wrong."""


@dataclass(slots=True)
class Flow:
    """The graph of one routine."""

    routine: Routine
    nodes: list[Node]
    entry: int
    end: int
    """Reached when the routine returns or runs out of steps."""
    failure: int
    """Reached by an error that nothing catches."""
    scopes: list[Scope]
    variables: list[Variable]
    entry_of: dict[int, int]
    """Node a step begins with, by `id` of the step."""

    def entry_node(self, step: Step) -> int:
        return self.entry_of[id(step)]


def reads_of(expression: Expression) -> list[Read]:
    """Every name in `expression`, functions that are called left out."""
    reads: list[Read] = []
    _collect(expression.tree, expression, reads)
    return reads


def _collect(tree: ExpressionTree, expression: Expression, reads: list[Read]) -> None:
    base: ExpressionTree = tree
    keys: list[str] = []
    while isinstance(base, Attribute):
        keys.append(base.key)
        base = base.base
    if isinstance(base, Name):
        dotted = ".".join([base.identifier, *reversed(keys)])
        reads.append(Read(base.identifier, dotted, expression.position_of(base.span)))
        return
    if isinstance(base, Call):
        for argument in base.arguments:
            _collect(argument, expression, reads)
        return
    for part in children(base):
        _collect(part, expression, reads)
