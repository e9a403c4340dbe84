"""Writes values and expressions in one canonical way, so that layout, quotes and spaces make no difference."""

from __future__ import annotations

import json

from local.workflows.language.expressions import (
    Attribute,
    Binary,
    Call,
    ExpressionTree,
    Index,
    ListLiteral,
    Literal,
    MapLiteral,
    Name,
    Unary,
)
from local.workflows.language.nodes import ScalarValue
from local.workflows.language.syntax import Computed, Constant, ListValue, MapValue, Target, Text, Value

_STRENGTH = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "//", "%"), 5),
}
"""How tightly an operator binds; a prefix binds tighter than all of them."""
_PREFIX_STRENGTH = 6


def written(value: Value | None) -> str:
    """A value in one line: constants as JSON, expressions in `${}`."""
    match value:
        case None:
            return "nothing"
        case Constant(value=constant):
            return written_constant(constant)
        case Computed(expression=expression):
            return "${" + written_tree(expression.tree) + "}"
        case Text(parts=parts):
            pieces = [part if isinstance(part, str) else "${" + written_tree(part.tree) + "}" for part in parts]
            return json.dumps("".join(pieces), ensure_ascii=False)
        case ListValue(items=items):
            return "[" + ", ".join(written(item) for item in items) + "]"
        case MapValue(entries=entries):
            return "{" + ", ".join(f"{written_key(key)}: {written(entry)}" for key, entry in entries) + "}"


def bare(value: Value | None) -> str:
    """Like `written`, without the `${}` around a whole expression."""
    return written_tree(value.expression.tree) if isinstance(value, Computed) else written(value)


def written_key(key: Constant | Computed | Text) -> str:
    return key.node.text if isinstance(key, Constant) else written(key)


def written_constant(value: ScalarValue) -> str:
    return json.dumps(value, ensure_ascii=False)


def written_target(target: Target) -> str:
    return written_tree(target.expression.tree)


def written_tree(tree: ExpressionTree) -> str:  # noqa: PLR0911  # one arm per kind of expression
    """An expression with as few brackets as it needs."""
    match tree:
        case Literal(value=value):
            return written_constant(value)
        case Name(identifier=name):
            return name
        case ListLiteral(items=items):
            return "[" + ", ".join(map(written_tree, items)) + "]"
        case MapLiteral(entries=entries):
            return "{" + ", ".join(f"{written_tree(key)}: {written_tree(value)}" for key, value in entries) + "}"
        case Unary(operator=operator, operand=operand):
            text = _bracketed(operand, _PREFIX_STRENGTH)
            return f"not {text}" if operator == "not" else f"-{text}"
        case Binary(operator=operator, left=left, right=right):
            strength = _STRENGTH[operator]
            return f"{_bracketed(left, strength)} {operator} {_bracketed(right, strength + 1)}"
        case Attribute(base=base, key=key):
            return f"{_bracketed(base, _PREFIX_STRENGTH + 1)}.{key}"
        case Index(base=base, key=key):
            return f"{_bracketed(base, _PREFIX_STRENGTH + 1)}[{written_tree(key)}]"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(written_tree, arguments))})"


def _bracketed(tree: ExpressionTree, strength: int) -> str:
    """`tree` in brackets if it binds less tightly than `strength`."""
    text = written_tree(tree)
    own = _STRENGTH[tree.operator] if isinstance(tree, Binary) else _PREFIX_STRENGTH
    return f"({text})" if isinstance(tree, Binary | Unary) and own < strength else text


def shortened(text: str, length: int) -> str:
    """`text` cut to `length` characters, with a sign that it was."""
    return text if len(text) <= length else text[: length - 1] + "…"
