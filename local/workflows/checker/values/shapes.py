"""Shapes: what is known about a value before anything runs.

A shape is the set of kinds a value may have and, where they are known, the constants it may be, the keys of a map and
the elements of a list. Shapes only grow when they are joined, so following them through loops and calls ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from local.workflows.language.nodes import Position, ScalarValue
from local.workflows.values import type_name

Role = Literal["", "error", "tags"]
"""`error`: what an `except` catches; `tags`: the tags of one."""
Kind = str
"""A type's name, as `get_type` gives it, or `function`."""

ALL_KINDS: frozenset[Kind] = frozenset(
    {"null", "boolean", "integer", "double", "string", "bytes", "list", "map", "function"}
)
NUMBERS: frozenset[Kind] = frozenset({"integer", "double"})

MOST_CONSTANTS = 12
"""A value that may be more constants than this is followed by its kinds only."""
DEEPEST = 6
"""Maps and lists are followed down to this depth."""


@dataclass(frozen=True, slots=True)
class Known:
    """A constant and where it stands in the source."""

    value: ScalarValue
    position: Position

    def __eq__(self, other: object) -> bool:
        """1, 1.0 and true are three constants, unlike in Python."""
        return isinstance(other, Known) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[type, ScalarValue, Position]:
        return type(self.value), self.value, self.position


@dataclass(frozen=True, slots=True)
class Shape:
    kinds: frozenset[Kind]
    """Empty while nothing is known to arrive here."""
    constants: frozenset[Known] = frozenset()
    """Constants it may be."""
    exact: bool = False
    """Whether it is nothing but one of `constants`."""
    fields: Mapping[str, Shape] | None = None
    """If it is a map: all the keys it may have, or None when that is not known."""
    element: Shape | None = field(default=None)
    """If it is a list: what its elements are, or None when that is not known."""
    role: Role = ""
    """What it is in an error, if it is one."""

    def may_be(self, kinds: Iterable[Kind]) -> bool:
        """Whether it may have one of these kinds; also while nothing is known to arrive."""
        return not self.kinds or not self.kinds.isdisjoint(kinds)


NOTHING = Shape(frozenset())
"""The shape of a place no value is known to come to."""
UNKNOWN = Shape(ALL_KINDS)
ERROR = Shape(ALL_KINDS, role="error")
TAGS = Shape(ALL_KINDS, role="tags")


def of_kinds(*kinds: Kind) -> Shape:
    return Shape(frozenset(kinds))


def of_constant(value: ScalarValue, position: Position) -> Shape:
    return Shape(frozenset({type_name(value)}), frozenset({Known(value, position)}), exact=True)


def of_map(fields: Mapping[str, Shape] | None) -> Shape:
    return Shape(frozenset({"map"}), fields=None if fields is None else dict(fields))


def of_list(element: Shape | None) -> Shape:
    return Shape(frozenset({"list"}), element=element)


def join(shapes: Iterable[Shape]) -> Shape:
    """A shape for a value that has one of `shapes`."""
    joined = NOTHING
    for shape in shapes:
        joined = _join_two(joined, shape)
    return joined


def without_null(shape: Shape) -> Shape:
    """The shape of a value that is not null."""
    constants = frozenset(known for known in shape.constants if known.value is not None)
    return replace(shape, kinds=shape.kinds - {"null"}, constants=constants)


def opened(shape: Shape) -> Shape:
    """The shape after an element was written: its keys and elements are no longer known."""
    return Shape(shape.kinds | {"map", "list"}, shape.constants, exact=False)


def trimmed(shape: Shape, depth: int = DEEPEST) -> Shape:
    """The same shape with everything below `depth` forgotten, so that shapes cannot grow for ever."""
    if shape.fields is None and shape.element is None:
        return shape
    if depth == 0:
        return replace(shape, fields=None, element=None)
    fields = None if shape.fields is None else {key: trimmed(each, depth - 1) for key, each in shape.fields.items()}
    element = None if shape.element is None else trimmed(shape.element, depth - 1)
    return replace(shape, fields=fields, element=element)


def _join_two(first: Shape, second: Shape) -> Shape:
    if first is second or not second.kinds:
        return first
    if not first.kinds:
        return second
    constants = first.constants | second.constants
    exact = first.exact and second.exact
    if len(constants) > MOST_CONSTANTS:
        constants, exact = frozenset(), False
    fields, element = _join_fields(first, second), _join_elements(first, second)
    return Shape(first.kinds | second.kinds, constants, exact, fields, element, _join_roles(first, second))


def _join_fields(first: Shape, second: Shape) -> Mapping[str, Shape] | None:
    if "map" not in second.kinds:
        return first.fields
    if "map" not in first.kinds:
        return second.fields
    if first.fields is None or second.fields is None:
        return None
    keys = dict.fromkeys([*first.fields, *second.fields])
    return {
        key: join(each.fields[key] for each in (first, second) if each.fields and key in each.fields) for key in keys
    }


def _join_roles(first: Shape, second: Shape) -> Role:
    """An error that may also be null, or tags that may also be an empty list, are still what they are."""
    if first.role == second.role or _is_empty(second):
        return first.role
    return second.role if _is_empty(first) else ""


def _is_empty(shape: Shape) -> bool:
    return shape.kinds == {"null"} or (shape.kinds == {"list"} and shape.element == NOTHING)


def _join_elements(first: Shape, second: Shape) -> Shape | None:
    if "list" not in second.kinds:
        return first.element
    if "list" not in first.kinds:
        return second.element
    if first.element is None or second.element is None:
        return None
    return _join_two(first.element, second.element)
