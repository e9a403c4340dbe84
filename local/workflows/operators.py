"""What the operators of the language do with values, and the errors they raise.

Booleans are not numbers here, integers overflow instead of growing, and nothing is true or false but a boolean.
"""

import operator
from collections.abc import Callable

from local.workflows.errors import WorkflowError, system_error
from local.workflows.values import INT64_MAX, INT64_MIN, Value, is_number, to_text, type_name

BinaryOperation = Callable[[Value, Value], Value]


def add(left: Value, right: Value) -> Value:
    if is_number(left) and is_number(right):
        return _within_int64(left + right)
    if isinstance(left, str) and isinstance(right, str | int | float):
        return left + to_text(right)
    if isinstance(right, str) and isinstance(left, int | float):
        return to_text(left) + right
    raise _bad_operands("+", left, right)


def subtract(left: Value, right: Value) -> Value:
    if is_number(left) and is_number(right):
        return _within_int64(left - right)
    raise _bad_operands("-", left, right)


def multiply(left: Value, right: Value) -> Value:
    if is_number(left) and is_number(right):
        return _within_int64(left * right)
    raise _bad_operands("*", left, right)


def divide(left: Value, right: Value) -> float:
    _check_division("/", left, right)
    return float(left / right)


def floor_divide(left: Value, right: Value) -> Value:
    _check_division("//", left, right)
    return _within_int64(left // right)


def modulo(left: Value, right: Value) -> Value:
    _check_division("%", left, right)
    return left % right


def equal(left: Value, right: Value) -> bool:
    """Equality of value and kind: `1 == 1.0`, but `1 != true`, inside lists and maps too."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if not bool(left == right):
        return False
    if isinstance(left, dict):
        return all(equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return all(map(equal, left, right))
    return True


def unequal(left: Value, right: Value) -> bool:
    return not equal(left, right)


def contains(item: Value, container: Value) -> bool:
    """`item in container`: a key of a map or an element of a list."""
    if isinstance(container, dict):
        return (item if isinstance(item, str) else key_text(item)) in container
    if isinstance(container, list):
        return any(equal(item, element) for element in container)
    raise _bad_operands("in", item, container)


def lacks(item: Value, container: Value) -> bool:
    return not contains(item, container)


def _ordering(symbol: str, compare: Callable[[Value, Value], bool]) -> BinaryOperation:
    def ordered(left: Value, right: Value) -> bool:
        if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
            return compare(left, right)
        raise _bad_operands(symbol, left, right)

    return ordered


BINARY: dict[str, BinaryOperation] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "//": floor_divide,
    "%": modulo,
    "==": equal,
    "!=": unequal,
    "<": _ordering("<", operator.lt),
    "<=": _ordering("<=", operator.le),
    ">": _ordering(">", operator.gt),
    ">=": _ordering(">=", operator.ge),
    "in": contains,
    "not in": lacks,
}
"""Every two-sided operator whose sides are both evaluated; `and` and `or` stop early and live with the evaluation."""


def negate(value: Value) -> Value:
    if is_number(value):
        return _within_int64(-value)
    raise system_error("TypeError", f"bad operand type for unary -: '{type_name(value)}'")


def truth(value: Value, of: str) -> bool:
    """`value` itself when it is a boolean; `of` names who asks, for the error."""
    if value is True or value is False:
        return value
    raise system_error("TypeError", f"{of} must be a boolean, not '{type_name(value)}'")


def element(container: Value, key: Value) -> Value:
    """`container[key]` and `container.key`."""
    if isinstance(container, dict):
        text = key if isinstance(key, str) else key_text(key)
        try:
            return container[text]
        except KeyError:
            raise system_error("KeyError", f"key not found: {text}") from None
    if isinstance(container, list):
        return container[list_index(container, key)]
    raise system_error("TypeError", f"'{type_name(container)}' has no elements, so none under {key!r}")


def list_index(items: list[Value], key: Value) -> int:
    """`key` as an index of `items`. Raises TypeError and IndexError; negative indexes do not count from the end."""
    if type(key) is not int:
        raise system_error("TypeError", f"a list index must be an integer, not '{type_name(key)}'")
    if not 0 <= key < len(items):
        raise system_error("IndexError", f"list index out of range: index {key}, length {len(items)}")
    return key


def key_text(key: Value) -> str:
    """A map key. Keys are strings; numbers and booleans become text."""
    if isinstance(key, str | int | float):
        return to_text(key)
    raise system_error("TypeError", f"a map key must be a string, not '{type_name(key)}'")


def _within_int64(number: int | float) -> int | float:
    if type(number) is int and not INT64_MIN <= number <= INT64_MAX:
        raise system_error("ValueError", f"integer overflow: {number} does not fit into 64 bits")
    return number


def _check_division(symbol: str, left: Value, right: Value) -> None:
    if not (is_number(left) and is_number(right)):
        raise _bad_operands(symbol, left, right)
    if right == 0:
        raise system_error("ZeroDivisionError", "division by zero")


def _bad_operands(symbol: str, left: Value, right: Value) -> WorkflowError:
    names = f"'{type_name(left)}' and '{type_name(right)}'"
    return system_error("TypeError", f"unsupported operand types for {symbol}: {names}")
