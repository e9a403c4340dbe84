"""The values of the language: null, boolean, 64-bit integer, double, string, bytes, list and map.

Python's own types stand for them. A function passed by name (a retry predicate) is a value too, but has no text or JSON
form.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

Value = Any
"""None, bool, int, float, str, bytes, list, dict with str keys, or a callable."""

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
}

_INT64_CHARACTERS = len(str(INT64_MIN))

_LARGEST_PLAIN_DOUBLE = 1e15
"""A whole double below this is written without a fraction or an exponent."""


def type_name(value: Value) -> str:
    """The name `get_type` gives."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    return next((name for kind, name in _TYPE_NAMES.items() if isinstance(value, kind)), "function")


def is_number(value: Value) -> bool:
    """Whether `value` is an integer or a double; a boolean is neither."""
    return type(value) is int or type(value) is float


def to_text(value: str | bool | float) -> str:
    """The text of a string, boolean or number, as `string()` and `+` give it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_PLAIN_DOUBLE:
        return str(int(value))
    return str(value)


def integer_or_double(integer: int) -> int | float:
    """An integer as it is, or as a double when it does not fit into 64 bits."""
    if INT64_MIN <= integer <= INT64_MAX:
        return integer
    try:
        return float(integer)
    except OverflowError:
        return math.inf if integer > 0 else -math.inf


def parse_integer(digits: str) -> int | float:
    """The value of decimal digits with or without a sign; a double when it does not fit into 64 bits."""
    return integer_or_double(int(digits)) if len(digits) <= _INT64_CHARACTERS else float(digits)


def plain(value: Value) -> Value:
    """A deep copy in plain Python containers, sharing nothing with the execution it came from."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def decode_json(text: str | bytes) -> Value:
    """The value of a JSON text. Raises ValueError."""
    return json.loads(text, parse_int=parse_integer, parse_constant=_refuse_constant)


def encode_json(value: Value) -> str:
    """Compact JSON. Raises TypeError for bytes and functions and ValueError for NaN and infinity: JSON has none."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_refuse_value)


def unserializable(value: Value) -> Iterator[str]:
    """The names of the types inside `value` that JSON cannot hold."""
    if isinstance(value, dict):
        for item in value.values():
            yield from unserializable(item)
    elif isinstance(value, list):
        for item in value:
            yield from unserializable(item)
    elif isinstance(value, bytes) or callable(value):
        yield type_name(value)


def _refuse_constant(text: str) -> Value:
    raise ValueError(f"{text} is not JSON")


def _refuse_value(value: Value) -> Value:
    raise TypeError(f"{type_name(value)} has no JSON form")
