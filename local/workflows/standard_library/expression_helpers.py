"""Helpers without a module: conversions, `len`, `keys`, `default`, `if`.

Source: cloud.google.com/workflows/docs/reference/stdlib/expression-helpers
"""

import math
import re
from typing import Any

from local.workflows.errors import system_error
from local.workflows.operators import truth
from local.workflows.standard_library.registry import Number, library_function
from local.workflows.values import INT64_MAX, INT64_MIN, Value, parse_integer, to_text, type_name

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DOUBLE = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@library_function("default", names=("val", "defaultVal"))
def default(value: Value, replacement: Value) -> Value:
    """`replacement` where `value` is null."""
    return replacement if value is None else value


@library_function("if", names=("condition", "ifTrue", "ifFalse"))
def conditional(condition: bool | None, if_true: Value, if_false: Value) -> Value:
    """One of two values; a null condition counts as false. Both values are computed, whichever is taken."""
    return if_true if condition is not None and truth(condition, "if: 'condition'") else if_false


@library_function("int", names=("v",))
def to_integer(value: str | Number) -> int:
    """An integer from a decimal text or a double, whose fraction is dropped."""
    integer: Number
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise system_error("ValueError", f"int: {value!r} is not an integer")
        integer = parse_integer(value)
    elif math.isfinite(value):
        integer = int(value)
    else:
        raise system_error("ValueError", f"int: {value} is not an integer")
    if not isinstance(integer, int) or not INT64_MIN <= integer <= INT64_MAX:
        raise system_error("ValueError", f"int: {value} does not fit into 64 bits")
    return integer


@library_function("double", names=("v",))
def to_double(value: str | Number) -> float:
    """A double from a decimal text or an integer."""
    if isinstance(value, str) and not _DOUBLE.fullmatch(value):
        raise system_error("ValueError", f"double: {value!r} is not a number")
    return float(value)


@library_function("string", names=("v",))
def to_string(value: str | bool | Number) -> str:
    """The text of an integer, a double or a boolean."""
    return to_text(value)


@library_function("keys", names=("map",))
def keys(mapping: dict[str, Any]) -> list[str]:
    """The keys of a map, in its order."""
    return list(mapping)


@library_function("len", names=("value",))
def length(value: str | bytes | list[Any] | dict[str, Any]) -> int:
    """Characters of a string, elements of a list, entries of a map."""
    return len(value)


@library_function("get_type", names=("value",))
def get_type(value: Value) -> str:
    """boolean, bytes, double, integer, list, map, null or string."""
    return type_name(value)
