"""Values with `${}` in them: splits a scalar into literal text and expressions, and builds `syntax` values."""

from collections.abc import Iterator
from typing import NamedTuple

from local.workflows import limits
from local.workflows.language.expressions import (
    Attribute,
    ExpressionSyntaxError,
    ExpressionTree,
    Index,
    Literal,
    Name,
    parse_expression,
)
from local.workflows.language.nodes import Mapping, Node, Position, Scalar
from local.workflows.language.syntax import Computed, Constant, Expression, ListValue, MapValue, Target, Text, Value
from local.workflows.problems import ProblemList

OPEN = "${"


class Placeholder(NamedTuple):
    """`${...}` in a text: `start` is the place of `$`, `end` is behind `}`."""

    start: int
    end: int
    text: str


def placeholders(text: str) -> Iterator[Placeholder]:
    """Every `${...}` of `text`, minding braces and quotes inside. Raises ExpressionSyntaxError for one left open."""
    start = text.find(OPEN)
    while start >= 0:
        end = _closing_brace(text, start + len(OPEN))
        if end is None:
            raise ExpressionSyntaxError(
                "the expression is not closed",
                start,
                found=text[start : start + 60],
                expected="a closing '}'",
                fix="add '}'",
            )
        yield Placeholder(start, end + 1, text[start + len(OPEN) : end])
        start = text.find(OPEN, end)


def parse_value(node: Node, problems: ProblemList) -> Value:
    """The value of `node` with every expression parsed; a faulty expression is reported and stands as a constant."""
    if isinstance(node, Scalar):
        return _parse_scalar(node, problems)
    if isinstance(node, Mapping):
        return MapValue(
            tuple((_parse_key(entry.key, problems), parse_value(entry.value, problems)) for entry in node), node
        )
    return ListValue(tuple(parse_value(item, problems) for item in node.items), node)


def parse_target(node: Scalar, problems: ProblemList) -> Target | None:
    """The left side of an assignment: `name`, `name.key`, `name[expression]` and so on."""
    tree = _parse(node.text, node, 0, problems)
    if tree is None:
        return None
    expression = Expression(node.text, tree, node, 0)
    path: list[ExpressionTree] = []
    while isinstance(tree, Attribute | Index):
        path.append(Literal(tree.key, tree.span) if isinstance(tree, Attribute) else tree.key)
        tree = tree.base
    if isinstance(tree, Name):
        return Target(tree.identifier, tuple(reversed(path)), expression)
    problems.add(
        "bad-target",
        "an assignment needs a variable on its left",
        node.position,
        found=repr(node.text),
        expected="name, name.key or name[key]",
        fix="do not wrap the left side in ${}" if node.text.startswith(OPEN) else "",
    )
    return None


def _parse_key(node: Scalar, problems: ProblemList) -> Constant | Computed | Text:
    value = _parse_scalar(node, problems)
    return Constant(node.text, node) if isinstance(value, Constant) else value


def _parse_scalar(node: Scalar, problems: ProblemList) -> Constant | Computed | Text:
    if not isinstance(node.value, str) or OPEN not in node.value:
        return Constant(node.value, node)
    text = node.value
    parts: list[str | Expression] = []
    end_of_last = 0
    try:
        for start, end, inner in placeholders(text):
            tree = _parse(inner, node, start + len(OPEN), problems)
            if tree is None:
                return Constant(text, node)
            parts += [text[end_of_last:start], Expression(inner, tree, node, start + len(OPEN))]
            end_of_last = end
    except ExpressionSyntaxError as error:
        _report(error, node, 0, problems)
        return Constant(text, node)
    parts.append(text[end_of_last:])
    match [part for part in parts if not isinstance(part, str) or part.strip()]:
        case [Expression() as whole]:
            return Computed(whole, node)
        case _:
            return Text(tuple(part for part in parts if part != ""), node)


def _parse(text: str, node: Scalar, offset: int, problems: ProblemList) -> ExpressionTree | None:
    length = len(text) + len("${}")
    if length > limits.EXPRESSION_CHARACTERS:
        problems.add(
            "expression-too-long",
            f"an expression is longer than {limits.EXPRESSION_CHARACTERS} characters",
            _place(node, offset),
            found=f"{length} characters",
            expected=f"at most {limits.EXPRESSION_CHARACTERS}",
            fix="assign parts of it to variables first",
        )
        return None
    try:
        return parse_expression(text)
    except ExpressionSyntaxError as error:
        _report(error, node, offset, problems)
        return None


def _report(error: ExpressionSyntaxError, node: Scalar, offset: int, problems: ProblemList) -> None:
    problems.add(
        "expression-syntax",
        error.message,
        _place(node, offset + error.offset),
        found=error.found,
        expected=error.expected,
        fix=error.fix,
    )


def _place(node: Scalar, offset: int) -> Position:
    return node.position_of(min(offset, max(len(node.text) - 1, 0)))


def _closing_brace(text: str, position: int) -> int | None:
    depth = 1
    quote = ""
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None
