"""Evaluates conditions as far as constants decide them."""

from __future__ import annotations

from collections.abc import Callable

from local.workflows.errors import WorkflowError
from local.workflows.language.expressions import Binary, ExpressionTree, ListLiteral, Literal, Name, Unary
from local.workflows.operators import BINARY

Constants = Callable[[str], tuple[bool, object]]
"""Looks a variable up: whether its value is known, and the value."""

UNDECIDED = object()


def truth_of(tree: ExpressionTree, constants: Constants) -> bool | None:
    """The outcome of a condition, or None when it is not decided by constants."""
    value = _evaluate(tree, constants)
    return value if isinstance(value, bool) else None


def _evaluate(tree: ExpressionTree, constants: Constants) -> object:  # noqa: PLR0911  # one arm per kind
    match tree:
        case Literal(value=literal):
            return literal
        case Name(identifier=name):
            known, value = constants(name)
            return value if known else UNDECIDED
        case ListLiteral(items=items):
            values = [_evaluate(item, constants) for item in items]
            return UNDECIDED if UNDECIDED in values else values
        case Unary(operator="not", operand=operand):
            value = _evaluate(operand, constants)
            return not value if isinstance(value, bool) else UNDECIDED
        case Binary(operator="and" | "or" as operator, left=left, right=right):
            return _connect(operator, _evaluate(left, constants), _evaluate(right, constants))
        case Binary(operator=operator, left=left, right=right):
            sides = _evaluate(left, constants), _evaluate(right, constants)
            return UNDECIDED if UNDECIDED in sides else _apply(operator, *sides)
        case _:
            return UNDECIDED


def _connect(operator: str, left: object, right: object) -> object:
    decisive = operator == "or"  # `x or true` and `y and false` are decided by one side
    if left is decisive or right is decisive:
        return decisive
    return (not decisive) if left is right is (not decisive) else UNDECIDED


def _apply(operator: str, left: object, right: object) -> object:
    try:
        return BINARY[operator](left, right)
    except WorkflowError:
        return UNDECIDED
