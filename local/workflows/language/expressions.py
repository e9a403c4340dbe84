"""Expressions: the text between `${` and `}` as a typed tree.

The grammar is `expression.lark`; this module turns its parses into dataclasses that know which characters they came
from, and explains a text that does not parse. Evaluation lives in the engine.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lark import Lark, Token, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

GRAMMAR = Path(__file__).with_name("expression.lark")

LiteralValue = str | int | float | bool | None


class ExpressionSyntaxError(Exception):
    """A text that is no expression. `offset` counts characters from the start of the text."""

    def __init__(self, message: str, offset: int, *, found: str = "", expected: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.found = found
        self.expected = expected
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of the expression's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal:
    value: LiteralValue
    """An integer is kept exact here, even beyond 64 bits; it becomes a double when evaluated."""
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a parameter or a subworkflow."""

    identifier: str
    span: Span


@dataclass(frozen=True, slots=True)
class ListLiteral:
    items: tuple["ExpressionTree", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class MapLiteral:
    entries: tuple[tuple["ExpressionTree", "ExpressionTree"], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    """`-` or `not`."""
    operand: "ExpressionTree"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    """One of `+ - * / // % == != < <= > >= in and or`, and `not in`."""
    left: "ExpressionTree"
    right: "ExpressionTree"
    span: Span


@dataclass(frozen=True, slots=True)
class Attribute:
    """`base.key`: an element of a map, or part of a dotted library name such as `http.default_retry`."""

    base: "ExpressionTree"
    key: str
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`base[key]`."""

    base: "ExpressionTree"
    key: "ExpressionTree"
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A library function or subworkflow called with positional arguments."""

    function: str
    arguments: tuple["ExpressionTree", ...]
    span: Span


ExpressionTree = Literal | Name | ListLiteral | MapLiteral | Unary | Binary | Attribute | Index | Call


@functools.lru_cache(maxsize=4096)
def parse_expression(text: str) -> ExpressionTree:
    """The tree of `text`, which is given without `${` and `}`. Raises ExpressionSyntaxError."""
    if not text.strip():
        raise ExpressionSyntaxError("the expression is empty", 0, found="${}", expected="a value, such as ${name}")
    try:
        return _TREE_BUILDER.transform(_parser().parse(text))
    except VisitError as error:
        if isinstance(error.orig_exc, ExpressionSyntaxError):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise _explain(text, error) from None


def children(tree: ExpressionTree) -> Iterator[ExpressionTree]:
    """The direct parts of `tree`, left to right."""
    match tree:
        case ListLiteral(items=items):
            yield from items
        case MapLiteral(entries=entries):
            for key, value in entries:
                yield key
                yield value
        case Unary(operand=operand):
            yield operand
        case Binary(left=left, right=right):
            yield left
            yield right
        case Attribute(base=base):
            yield base
        case Index(base=base, key=key):
            yield base
            yield key
        case Call(arguments=arguments):
            yield from arguments
        case Literal() | Name():
            return


def walk(tree: ExpressionTree) -> Iterator[ExpressionTree]:
    """`tree` and everything inside it, outermost first."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def dotted_name(tree: ExpressionTree) -> str | None:
    """`a.b.c` for a name or a chain of attributes on one, else None."""
    keys: list[str] = []
    while isinstance(tree, Attribute):
        keys.append(tree.key)
        tree = tree.base
    return ".".join([tree.identifier, *reversed(keys)]) if isinstance(tree, Name) else None


@functools.cache
def _parser() -> Lark:
    return Lark(GRAMMAR.read_text("utf-8"), parser="lalr", propagate_positions=True, maybe_placeholders=False)


def _span(meta: Meta) -> Span:
    return Span(meta.start_pos, meta.end_pos)


@v_args(meta=True)
class _TreeBuilder(Transformer_NonRecursive[Token, ExpressionTree]):
    """One method per rule of the grammar; `parts` holds what the rule matched."""

    def logical_or(self, meta: Meta, parts: list[Any]) -> Binary:
        return Binary("or", parts[0], parts[1], _span(meta))

    def logical_and(self, meta: Meta, parts: list[Any]) -> Binary:
        return Binary("and", parts[0], parts[1], _span(meta))

    def binary(self, meta: Meta, parts: list[Any]) -> Binary:
        return Binary(str(parts[1]), parts[0], parts[2], _span(meta))

    def membership(self, meta: Meta, parts: list[Any]) -> Binary:
        return Binary("in", parts[0], parts[1], _span(meta))

    def exclusion(self, meta: Meta, parts: list[Any]) -> Binary:
        return Binary("not in", parts[0], parts[1], _span(meta))

    def negative(self, meta: Meta, parts: list[Any]) -> Unary | Literal:
        operand = parts[1]
        if isinstance(operand, Literal) and type(operand.value) in {int, float}:
            return Literal(-operand.value, _span(meta))  # type: ignore[operator]  # just seen to be a number
        return Unary("-", operand, _span(meta))

    def logical_not(self, meta: Meta, parts: list[Any]) -> Unary:
        return Unary("not", parts[0], _span(meta))

    def attribute(self, meta: Meta, parts: list[Any]) -> Attribute:
        return Attribute(parts[0], str(parts[1]), _span(meta))

    def index(self, meta: Meta, parts: list[Any]) -> Index:
        return Index(parts[0], parts[1], _span(meta))

    def call(self, meta: Meta, parts: list[Any]) -> Call:
        function = dotted_name(parts[0])
        if function is None:
            raise ExpressionSyntaxError(
                "only a named function can be called", meta.start_pos, expected="a function or subworkflow before '('"
            )
        return Call(function, tuple(parts[1:]), _span(meta))

    def name(self, meta: Meta, parts: list[Any]) -> Name:
        return Name(str(parts[0]), _span(meta))

    def integer(self, meta: Meta, parts: list[Any]) -> Literal:
        return Literal(int(parts[0]), _span(meta))

    def double(self, meta: Meta, parts: list[Any]) -> Literal:
        return Literal(float(parts[0]), _span(meta))

    def string(self, meta: Meta, parts: list[Any]) -> Literal:
        return Literal(unescape(str(parts[0])[1:-1]), _span(meta))

    def true(self, meta: Meta, _parts: list[Any]) -> Literal:
        return Literal(value=True, span=_span(meta))

    def false(self, meta: Meta, _parts: list[Any]) -> Literal:
        return Literal(value=False, span=_span(meta))

    def null(self, meta: Meta, _parts: list[Any]) -> Literal:
        return Literal(None, _span(meta))

    def group(self, _meta: Meta, parts: list[Any]) -> ExpressionTree:
        grouped: ExpressionTree = parts[0]
        return grouped

    def list_literal(self, meta: Meta, parts: list[Any]) -> ListLiteral:
        return ListLiteral(tuple(parts), _span(meta))

    def map_literal(self, meta: Meta, parts: list[Any]) -> MapLiteral:
        return MapLiteral(tuple(parts), _span(meta))

    def entry(self, _meta: Meta, parts: list[Any]) -> tuple[ExpressionTree, ExpressionTree]:
        return (parts[0], parts[1])


_TREE_BUILDER = _TreeBuilder()


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "/": "/"}


def unescape(text: str) -> str:
    """The characters a string literal stands for. An unknown escape keeps its backslash."""

    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return _ESCAPED.get(code, match[0])

    return _ESCAPE.sub(replace, text) if "\\" in text else text


# What other languages write, and what is written here instead.
_FOREIGN = {
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or '!=' for unequal",
    "=": "write '==' to compare; assignments belong in an assign step",
    "?": "write if(condition, value_if_true, value_if_false)",
    "$": "an expression is not nested in another: leave out the inner '${' and '}'",
    "`": "strings stand in double or single quotes",
    "^": "there is no power operator",
    ";": "an expression is a single value",
    "#": "comments stand outside of '${' and '}'",
}


def _explain(text: str, error: UnexpectedInput) -> ExpressionSyntaxError:
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return ExpressionSyntaxError(
            "the expression ends too early",
            len(text.rstrip()),
            found="the end",
            expected="a value or a closing bracket",
        )
    offset = error.pos_in_stream or 0
    found = error.token.value if isinstance(error, UnexpectedToken) else text[offset : offset + 1]
    if found in {'"', "'"} and isinstance(error, UnexpectedCharacters):
        return ExpressionSyntaxError(
            "a string is not closed", offset, found=text[offset:], expected=f"a closing {found}"
        )
    fix = _FOREIGN.get(found[:1], "")
    if found == "for":
        fix = "there are no comprehensions: build the list with a for step"
    return ExpressionSyntaxError(
        f"unexpected {found!r} in an expression",
        offset,
        found=text.strip(),
        expected="an operator, a value or the end",
        fix=fix,
    )
