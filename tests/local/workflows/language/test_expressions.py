"""Parsing expressions: trees, spans, and what is said about a text that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.workflows.language.expressions import (
    Attribute,
    Binary,
    Call,
    ExpressionSyntaxError,
    ExpressionTree,
    Index,
    ListLiteral,
    Literal,
    MapLiteral,
    Name,
    Unary,
    dotted_name,
    parse_expression,
    walk,
)


def shape(tree: ExpressionTree) -> str:  # noqa: PLR0911  # one case per kind
    """A tree as text with every bracket written."""
    match tree:
        case Literal(value=value):
            return repr(value)
        case Name(identifier=identifier):
            return identifier
        case Unary(operator=operator, operand=operand):
            return f"({operator} {shape(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"({shape(left)} {operator} {shape(right)})"
        case Attribute(base=base, key=key):
            return f"{shape(base)}.{key}"
        case Index(base=base, key=index):
            return f"{shape(base)}[{shape(index)}]"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(shape, arguments))})"
        case ListLiteral(items=items):
            return f"[{', '.join(map(shape, items))}]"
        case MapLiteral(entries=entries):
            return "{" + ", ".join(f"{shape(key)}: {shape(value)}" for key, value in entries) + "}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a // b % c", "((a // b) % c)"),
        ("-a * b", "((- a) * b)"),
        ("- - a", "(- (- a))"),
        ("-1", "-1"),
        ("not a == b", "((not a) == b)"),
        ("not -a < b", "((not (- a)) < b)"),
        ("a == b and c or d", "(((a == b) and c) or d)"),
        ("a or b and c", "(a or (b and c))"),
        ("a in b and not(c in d)", "((a in b) and (not (c in d)))"),
        ("a not in b", "(a not in b)"),
        ("a + b in c", "((a + b) in c)"),
        ("a < b == c", "((a < b) == c)"),
        ("a.b[c.d].e", "a.b[c.d].e"),
        ("-a.b", "(- a.b)"),
        ("f(a, g())[0].x", "f(a, g())[0].x"),
        ('{"a": [1, {}]}', "{'a': [1, {}]}"),
        ("a.and.or.not.in", "a.and.or.not.in"),
        ("a AND NOT b", "(a and (not b))"),
    ],
)
def test_operators_bind_as_documented(text: str, expected: str) -> None:
    assert shape(parse_expression(text)) == expected


def test_spans_cover_what_was_written() -> None:
    text = ' len( name ) + a.b["c"]'
    spans = {text[part.span.start : part.span.end] for part in walk(parse_expression(text))}
    assert spans == {'len( name ) + a.b["c"]', "len( name )", "name", 'a.b["c"]', "a.b", "a", '"c"'}


@pytest.mark.parametrize(
    ("text", "offset", "message", "fix"),
    [
        ("a &&  b", 2, "unexpected '&'", "write 'and'"),
        ("a || b", 2, "unexpected '|'", "write 'or'"),
        ("!a", 0, "unexpected '!'", "write 'not', or '!=' for unequal"),
        ("a = b", 2, "unexpected '='", "write '==' to compare; assignments belong in an assign step"),
        ("a ? b : c", 2, "unexpected '?'", "write if(condition, value_if_true, value_if_false)"),
        ("a + ${b}", 4, "unexpected '$'", "leave out the inner '${' and '}'"),
        ("[x for x in y]", 3, "unexpected 'for'", "build the list with a for step"),
        ("a b", 2, "unexpected 'b'", ""),
        ("a +", 3, "the expression ends too early", ""),
        ("f(a", 3, "the expression ends too early", ""),
        ("'abc", 0, "a string is not closed", ""),
        ("  ", 0, "the expression is empty", ""),
        ("(f)(a)[1](b)", 0, "only a named function can be called", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_a_fix(text: str, offset: int, message: str, fix: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse_expression(text)
    assert caught.value.offset == offset
    assert message in caught.value.message
    assert fix in caught.value.fix


def test_dotted_names() -> None:
    assert dotted_name(parse_expression("http.default_retry.predicate")) == "http.default_retry.predicate"
    assert dotted_name(parse_expression("a[0].b")) is None


@pytest.mark.parametrize(
    "text", ["-" * 390 + "1", "(" * 190 + "1" + ")" * 190, "[" * 190 + "]" * 190, "not " * 90 + "true"]
)
def test_deep_nesting_needs_no_stack(text: str) -> None:
    parse_expression(text)


@given(st.text(alphabet="ab1.\"'()[]{}+-*/%<>=!, \n\\innotadr:$", max_size=40))
def test_any_text_is_parsed_or_explained(text: str) -> None:
    error = None
    try:
        parse_expression(text)
    except ExpressionSyntaxError as caught:
        error = caught
    assert error is None or (0 <= error.offset <= len(text) and error.message)
