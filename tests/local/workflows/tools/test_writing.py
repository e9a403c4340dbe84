"""Expressions written in the canonical way mean the same when they are read again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.workflows import Workflow
from local.workflows.language.expressions import ExpressionSyntaxError, parse_expression
from local.workflows.runtime.clock import VirtualClock
from local.workflows.tools.writing import shortened, written_tree
from tests.local.workflows.case_files import all_cases

OPERATORS = ["+", "-", "*", "/", "//", "%", "==", "<", "and", "or", "in", "not in"]
ATOMS = st.sampled_from(["1", "2.5", '"a"', "true", "null", "x", "m.k", "l[0]", "f(x)", "[1, x]", '{"k": x}'])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(
            "({} {} {})".format,
            inner,
            st.sampled_from(OPERATORS),
            inner,
        ),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(EXPRESSIONS)
def test_writing_is_stable_and_loses_no_bracket_that_matters(text: str) -> None:
    once = written_tree(parse_expression(text))
    assert written_tree(parse_expression(once)) == once
    assert fully_bracketed(once) == fully_bracketed(text)


def fully_bracketed(text: str) -> str:
    """The structure of an expression, without regard to how it is written."""
    return _structure(parse_expression(text))


def _structure(tree: object) -> str:
    from local.workflows.language.expressions import Binary, Unary, children

    parts = [_structure(part) for part in children(tree)]  # type: ignore[arg-type]  # a tree, as parse_expression gives it
    name = tree.operator if isinstance(tree, Binary | Unary) else type(tree).__name__
    return f"({name} {' '.join(parts)})"


@pytest.mark.parametrize(
    "text", ["not (a == b)", "(not a) == b", "a - (b - c)", "(a or b) and c", "-(a + b)", "(-a).k"]
)
def test_brackets_that_matter_stay(text: str) -> None:
    assert fully_bracketed(written_tree(parse_expression(text))) == fully_bracketed(text)


def test_written_expressions_of_all_cases_have_the_same_value() -> None:
    compared = 0
    for case in all_cases():
        source = case.source
        if case.file != "expressions" or case.ending != "result" or "return: |-" not in source:
            continue
        text = source[source.index("${") + 2 : source.rindex("}")]
        try:
            again = written_tree(parse_expression(text))
        except ExpressionSyntaxError:
            continue
        rewritten = source[: source.index("${") + 2] + again + source[source.rindex("}") :]
        first = Workflow(source).execute(case.argument, clock=VirtualClock()).result
        assert Workflow(rewritten).execute(case.argument, clock=VirtualClock()).result == first, case
        compared += 1
    assert compared > 20


def test_long_text_is_cut_with_a_sign() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
