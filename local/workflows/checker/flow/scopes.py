"""Where variables live: the scopes of a routine and the variables each of them holds.

A routine is one scope; every loop, every `except` and every parallel branch has one of its own inside it. A variable
belongs to the outermost scope that writes it; what a loop or branch writes first is gone when it ends.
Source: cloud.google.com/workflows/docs/reference/syntax/variables and .../parallel-steps
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class ScopeKind(StrEnum):
    """What opens a scope; the words are used in messages."""

    ROUTINE = "routine"
    LOOP = "loop"
    HANDLER = "except"
    BRANCH = "parallel branch"


@dataclass(eq=False, slots=True)
class Variable:
    """A variable of one scope. `bit` is its place in sets of variables, which are plain integers."""

    name: str
    scope: Scope
    bit: int


@dataclass(eq=False, slots=True)
class Scope:
    kind: ScopeKind
    owner: str
    """The routine, step or branch it belongs to, for messages."""
    parent: Scope | None = None
    shared: frozenset[str] = frozenset()
    """For a parallel branch: the outer variables it may write."""
    own: list[str] = field(default_factory=list)
    """Names it holds whatever the outside holds: parameters, loop variables, the caught error."""
    written: list[str] = field(default_factory=list)
    """Names its steps write."""
    changed: list[str] = field(default_factory=list)
    """Names of which its steps write an element."""
    variables: dict[str, Variable] = field(default_factory=dict)
    shadowed: dict[str, Variable] = field(default_factory=dict)
    """For a parallel branch: outer variables that are not shared, by the names the branch writes nevertheless."""

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def visible(self, name: str) -> list[Variable]:
        """The variables `name` may mean here, innermost first."""
        return [scope.variables[name] for scope in self.chain() if name in scope.variables]

    def kept_out(self, name: str) -> Variable | None:
        """The outer variable a write of `name` here would change if it were shared."""
        return next((scope.shadowed[name] for scope in self.chain() if name in scope.shadowed), None)

    def visible_names(self) -> set[str]:
        return {name for scope in self.chain() for name in scope.variables}

    @property
    def mask(self) -> int:
        """The variables of this scope as a set."""
        return sum(variable.bit for variable in self.variables.values())

    def described(self) -> str:
        return {
            ScopeKind.ROUTINE: f"the workflow {self.owner!r}",
            ScopeKind.LOOP: f"the loop of step {self.owner!r}",
            ScopeKind.HANDLER: f"the except of step {self.owner!r}",
            ScopeKind.BRANCH: f"the parallel branch {self.owner!r}",
        }[self.kind]


def declare_variables(scopes: list[Scope]) -> list[Variable]:
    """Give every scope its variables; `scopes` holds outer scopes before inner ones."""
    variables: list[Variable] = []

    def declare(scope: Scope, name: str) -> None:
        if name not in scope.variables:
            scope.variables[name] = Variable(name, scope, 1 << len(variables))
            variables.append(scope.variables[name])

    for scope in scopes:
        for name in scope.own:
            declare(scope, name)
        for name in scope.written:
            outer, walled_off = _outer_variable(scope, name)
            if outer is None:
                declare(scope, name)
            elif walled_off is not None:
                walled_off.shadowed.setdefault(name, outer)
                declare(scope, name)
        for name in scope.changed:
            outer, walled_off = _outer_variable(scope, name)
            if outer is not None and walled_off is not None:
                walled_off.shadowed.setdefault(name, outer)
    return variables


def _outer_variable(scope: Scope, name: str) -> tuple[Variable | None, Scope | None]:
    """The variable a write of `name` in `scope` means, and the branch that keeps the write from reaching it."""
    wall: Scope | None = None
    for each in scope.chain():
        if name in each.variables:
            return each.variables[name], wall
        if each.kind is ScopeKind.BRANCH and name not in each.shared and wall is None:
            wall = each
    return None, None
