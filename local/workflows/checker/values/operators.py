"""What kinds of values the operators take and give, found out by asking the operators themselves."""

from __future__ import annotations

import functools

from local.workflows.checker.values.shapes import NUMBERS, Kind
from local.workflows.errors import WorkflowError
from local.workflows.operators import BINARY, negate
from local.workflows.values import Value, type_name

_SAMPLES: dict[Kind, Value] = {
    "null": None,
    "boolean": True,
    "integer": 2,
    "double": 2.5,
    "string": "2",
    "bytes": b"2",
    "list": [2],
    "map": {"2": 2},
    "function": len,
}
"""A value of each kind on which no operator fails but for its kind."""

COMPARISONS = frozenset({"<", "<=", ">", ">="})


def result_kinds(operator: str, left: frozenset[Kind], right: frozenset[Kind]) -> frozenset[Kind]:
    """Kinds of `left operator right`; empty when the operator takes none of these pairs."""
    table = _binary_table(operator)
    return frozenset(table[one, other] for one in left for other in right if (one, other) in table)


def negated_kinds(kinds: frozenset[Kind]) -> frozenset[Kind]:
    """Kinds of `-operand`."""
    return frozenset(kind for kind in kinds if _negation_works(kind))


def can_be_equal(left: frozenset[Kind], right: frozenset[Kind]) -> bool:
    """Whether values of these kinds may be equal; null is compared with anything on purpose."""
    if "null" in left or "null" in right:
        return True
    return not left.isdisjoint(right) or not (left.isdisjoint(NUMBERS) or right.isdisjoint(NUMBERS))


def operands_of(operator: str) -> str:
    """What an operator takes, for messages."""
    if operator in COMPARISONS:
        return "two numbers or two strings"
    if operator == "+":
        return "two numbers, or a string with a string, number or boolean"
    if operator in {"in", "not in"}:
        return "a list or a map on the right"
    return "two numbers"


@functools.cache
def _binary_table(operator: str) -> dict[tuple[Kind, Kind], Kind]:
    table: dict[tuple[Kind, Kind], Kind] = {}
    for left, left_value in _SAMPLES.items():
        for right, right_value in _SAMPLES.items():
            try:
                table[left, right] = type_name(BINARY[operator](left_value, right_value))
            except WorkflowError:
                continue
    return table


@functools.cache
def _negation_works(kind: Kind) -> bool:
    try:
        negate(_SAMPLES[kind])
    except WorkflowError:
        return False
    return True
