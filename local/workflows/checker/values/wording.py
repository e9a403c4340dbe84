"""Shapes and constants in words, for messages."""

from __future__ import annotations

from local.workflows.checker.values.shapes import Kind, Known, Shape
from local.workflows.language.nodes import Position, ScalarValue
from local.workflows.problems import listed
from local.workflows.values import type_name

_CONVERTIBLE = frozenset({"==", "!=", "<", "<=", ">", ">=", "-", "*", "/", "//", "%"})


def described(shape: Shape) -> str:
    """A shape: `a string`, `an integer or null`."""
    if shape.exact and len(shape.constants) == 1:
        (known,) = shape.constants
        return f"{_word(type_name(known.value))} ({constant(known.value)})" if known.value is not None else "null"
    return listed(_word(kind) for kind in sorted(shape.kinds))


def constant(value: ScalarValue) -> str:
    """A constant as it stands in a source."""
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else repr(value)


def constant_used(known: Known, used: Position) -> str:
    """A constant, and where it is used when that is not where it stands."""
    text = constant(known.value)
    return f"{text}, used at line {used.line}" if used.line != known.position.line else text


def conversion(operator: str, left: Shape, right: Shape) -> str:
    """An instruction that makes an operator work on values of these shapes, or ""."""
    kinds = left.kinds | right.kinds
    if operator in _CONVERTIBLE and "string" in kinds:
        return "turn the text into a number with int() or double(), or the number into text with string()"
    if operator == "+" and "list" in kinds:
        return "use list.concat(list, value)"
    if operator == "+" and "map" in kinds:
        return "use map.merge(first, second), or json.encode_to_string(map) for text"
    return ""


def _word(kind: Kind) -> str:
    return {"integer": "an integer", "null": "null", "bytes": "bytes"}.get(kind, f"a {kind}")
