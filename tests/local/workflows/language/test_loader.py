"""Loading: YAML 1.2 and JSON, positions, and what cannot be loaded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.workflows import limits
from local.workflows.language.loader import load, scalar_value
from local.workflows.language.nodes import Mapping, Node, Position, Scalar, Sequence
from local.workflows.problems import Problem, ProblemList


def loaded(source: str) -> tuple[Node | None, list[Problem]]:
    problems = ProblemList()
    return load(source, problems), problems.in_order()


def scalars(node: Node | None) -> list[Scalar]:
    if isinstance(node, Mapping):
        return [scalar for entry in node for part in (entry.key, entry.value) for scalar in scalars(part)]
    if isinstance(node, Sequence):
        return [scalar for item in node.items for scalar in scalars(item)]
    return [node] if isinstance(node, Scalar) else []


def test_every_node_knows_where_it_stands() -> None:
    node, problems = loaded("a:\n  - b: 1\n    c: [x,\n        y]\n")
    assert not problems
    places = {scalar.text: scalar.position for scalar in scalars(node)}
    assert places == {"a": (1, 1), "b": (2, 5), "1": (2, 8), "c": (3, 5), "x": (3, 9), "y": (4, 9)}
    assert isinstance(node, Mapping)
    assert node.entries[0].value.position == (2, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("Yes", "Yes"), ("on", "on"), ("12:30:45", "12:30:45"), ("2024-01-01", "2024-01-01"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("NULL", None),
        ("1", 1), ("-0", 0), ("+7", 7), ("0x1F", 31), ("0o17", 15), ("017", 17), ("1_000", "1_000"),
        ("1.", 1.0), (".5", 0.5), ("-1.5e3", -1500.0), ("9223372036854775808", 2.0**63), ("1.2.3", "1.2.3"),
    ],
)  # fmt: skip
def test_unquoted_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert scalar_value(text) == value
    assert type(scalar_value(text)) is type(value)


@pytest.mark.parametrize(
    ("source", "code", "position"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", (3, 1)),
        ("a: {x: 1, x: 2}", "duplicate-key", (1, 11)),
        ('{"a": 1, "a": 2}', "duplicate-key", (1, 10)),
        ("a: 1\n'a': 2\n", "duplicate-key", (2, 1)),
        ("a: 'x\nb: 1\n", "yaml-syntax", (1, 4)),
        ("a: b: c\n", "yaml-syntax", (1, 5)),
        ("a: {b: 1\n", "yaml-syntax", (2, 1)),
        ("a: *b\n", "yaml-syntax", (1, 4)),
        ("\ta: 1\n", "yaml-syntax", (1, 1)),
        ("a: 1\n---\nb: 2\n", "yaml-syntax", (2, 1)),
        ("", "empty-source", (1, 1)),
        ("# only a comment\n", "empty-source", (1, 1)),
        ("? [a]\n: 1\n", "key-not-text", (1, 3)),
        ("a: !secret x\n", "yaml-tag", (1, 4)),
        ("a: \x00", "yaml-syntax", (1, 1)),
        ("a: " + "[" * 100_000, "too-deep", (1, 203)),
        ("a: " + "[" * 300 + "]" * 300, "too-deep", (1, 203)),
        ("a: &a [*a]\n", "yaml-syntax", (1, 8)),
        ("- " * 50_000, "too-deep", (1, 401)),
        ("#" * (limits.SOURCE_BYTES + 1), "source-too-large", (1, 1)),
    ],
)
def test_what_cannot_be_loaded_is_reported_with_its_place(source: str, code: str, position: tuple[int, int]) -> None:
    _, problems = loaded(source)
    assert [(problem.code, (problem.line, problem.column)) for problem in problems] == [(code, position)]


def test_aliases_that_grow_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    _, problems = loaded("\n".join(lines))
    assert [problem.code for problem in problems] == ["too-many-values"]


def test_a_source_of_just_128_kb_is_loaded() -> None:
    source = "a: 1\n#" + "x" * (limits.SOURCE_BYTES - 6)
    assert loaded(source)[1] == []


@pytest.mark.parametrize(
    ("source", "offset", "position"),
    [
        ("a: plain text\n", 6, (1, 10)),
        ("a: 'it''s here'\n", 5, (1, 11)),
        ('a: "q\\"uo\\u00e9te"\n', 6, (1, 17)),
        ("a: |\n  first\n    second\n", 8, (3, 5)),
        ("a: >-\n  one\n  two\n", 4, (3, 3)),
        ("a: one\n  two\n", 4, (2, 3)),
    ],
)
def test_a_character_of_a_value_is_found_in_the_source(source: str, offset: int, position: tuple[int, int]) -> None:
    node, _ = loaded(source)
    value = scalars(node)[1]
    assert value.position_of(offset) == Position(*position)


@given(st.text(max_size=200))
def test_any_text_is_loaded_or_reported(source: str) -> None:
    node, problems = loaded(source)
    assert node is not None or problems


@given(st.text(min_size=1, max_size=30), st.integers(0, 29))
def test_positions_never_leave_the_source(text: str, offset: int) -> None:
    node, _ = loaded(f"a: {text}")
    for scalar in scalars(node):
        line, column = scalar.position_of(min(offset, max(len(scalar.text) - 1, 0)))
        assert line >= scalar.position.line
        assert column >= 1
