"""Parsing workflows: the tree, and structural problems with their place, all of them at once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.workflows import limits
from local.workflows.language.parser import parse
from local.workflows.language.syntax import (
    AssignStep,
    CallStep,
    Constant,
    ForStep,
    MapValue,
    ParallelStep,
    ReturnStep,
    SwitchStep,
    Text,
    TryStep,
    all_steps,
    expressions_of,
)

EVERY_KIND = """\
main:
  params: [args]
  steps:
    - assigned:
        assign:
          - x: 1
          - x.y[args.key]: ${x + 1}
    - called:
        try:
          call: http.get
          args:
            url: ${x}
            headers: {a: "b ${c}"}
          result: answer
        retry:
          predicate: ${again}
          max_retries: 3
          backoff: {initial_delay: 1, max_delay: 2, multiplier: 3}
        except:
          as: e
          steps:
            - raised: {raise: '${e}'}
        next: looped
    - looped:
        for:
          value: v
          index: i
          in: ${args.list}
          steps:
            - switched:
                switch:
                  - condition: ${v == 1}
                    next: continue
    - together:
        parallel:
          shared: [x]
          concurrency_limit: 2
          branches:
            - left: {steps: [{one: {return: 1}}]}
            - right: {assign: [{x: 2}]}
again:
  params: [e, most: 5]
  steps:
    - answer: {return: true}
"""


def test_the_tree_holds_every_part() -> None:
    parsed = parse(EVERY_KIND)
    assert parsed.problems == []
    assert parsed.definition is not None
    assert list(parsed.definition.routines) == ["main", "again"]
    main = parsed.definition.main
    assert [parameter.name for parameter in main.parameters] == ["args"]
    assigned, called, looped, together = main.steps

    assert isinstance(assigned, AssignStep)
    assert [assignment.target.variable for assignment in assigned.assignments] == ["x", "x"]
    assert len(assigned.assignments[1].target.path) == 2
    assert assigned.assignments[1].position == (7, 13)

    assert isinstance(called, TryStep)
    assert isinstance(called.body, CallStep)
    assert called.body.function == "http.get"
    assert called.body.result is not None
    assert called.next is not None
    assert called.next.destination == "looped"
    arguments = called.body.arguments
    assert isinstance(arguments, MapValue)
    assert arguments.keys() == ["url", "headers"]
    headers = arguments.get("headers")
    assert isinstance(headers, MapValue)
    assert isinstance(headers.get("a"), Text)
    assert called.retry is not None
    assert isinstance(called.retry.max_retries, Constant)
    assert called.handler is not None
    assert called.handler.variable == "e"

    assert isinstance(looped, ForStep)
    assert (looped.loop.value, looped.loop.index) == ("v", "i")
    switch = looped.loop.steps[0]
    assert isinstance(switch, SwitchStep)
    assert switch.conditions[0].step.next is not None

    assert isinstance(together, ParallelStep)
    assert together.branches is not None
    assert [(branch.name, len(branch.steps)) for branch in together.branches] == [("left", 1), ("right", 1)]
    assert isinstance(together.branches[0].steps[0], ReturnStep)
    assert parsed.definition.routines["again"].parameters[1].default is not None


def test_expressions_know_their_place() -> None:
    definition = parse(EVERY_KIND).definition
    assert definition is not None
    places = {
        expression.text: expression.position
        for step in all_steps(definition.main.steps)
        for expression in expressions_of(step)
    }
    assert places["x + 1"] == (7, 30)
    assert places["c"] == (13, 31)
    assert places["again"] == (16, 24)
    assert places["v == 1"] == (32, 34)


def problem_places(source: str) -> list[tuple[str, int, int]]:
    return [(problem.code, problem.line, problem.column) for problem in parse(source).problems]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("main: 5", ("bad-routine", 1, 1)),
        ("5", ("not-a-workflow", 1, 1)),
        ("other:\n  steps:\n    - a: {next: end}", ("no-main", 1, 1)),
        ("steps:\n  - a: {next: end}", ("no-main", 1, 1)),
        ("main: {params: [a]}", ("no-steps", 1, 1)),
        ("main: {steps: []}", ("bad-steps", 1, 15)),
        ("main: {step: [], steps: [{a: {next: end}}]}", ("unknown-key", 1, 8)),
        ("main: {params: [a, b], steps: [{a: {next: end}}]}", ("main-params", 1, 20)),
        ("main: {params: a, steps: [{a: {next: end}}]}", ("bad-params", 1, 16)),
        ("main: {params: [1], steps: [{a: {next: end}}]}", ("bad-params", 1, 17)),
        ("- a: {assign: {x: 1}}", ("bad-assign", 1, 15)),
        ("- a: {assign: [{x: 1, y: 2}]}", ("bad-assignment", 1, 16)),
        ("- a: {assign: [{'${x}': 1}]}", ("expression-syntax", 1, 18)),
        ("- a: {assign: [{1: 1}]}", ("bad-target", 1, 17)),
        ("- a: {assign: [{x: '${1 +}'}]}", ("expression-syntax", 1, 26)),
        ("- a: {assign: [{x: '${1'}]}", ("expression-syntax", 1, 21)),
        ("- a: {call: http.get, arg: {}}", ("unknown-key", 1, 23)),
        ("- a: {cal: http.get, args: {}}", ("unknown-key", 1, 7)),
        ("- a: {call: [x]}", ("bad-call", 1, 13)),
        ("- a: {call: f, result: [x]}", ("bad-result", 1, 24)),
        ("- a: {call: f, assign: []}", ("two-actions", 1, 16)),
        ("- a: {}", ("no-action", 1, 3)),
        ("- a: 5", ("bad-step", 1, 6)),
        ("- a: {next: end}\n  b: {next: end}", ("bad-step", 1, 3)),
        ("- a: {next: [b]}", ("bad-next", 1, 13)),
        ("- a: {next: b}", ("unknown-step", 1, 13)),
        ("- a: {next: continue}", ("jump-outside-loop", 1, 13)),
        ("- end: {next: end}", ("reserved-name", 1, 3)),
        ("- a: {next: end}\n- a: {next: end}", ("duplicate-step", 2, 3)),
        ("- a: {steps: [{a: {next: end}}]}", ("duplicate-step", 1, 16)),
        ("- a: {switch: {condition: true}}", ("bad-switch", 1, 15)),
        ("- a: {switch: [{next: end}]}", ("bad-condition", 1, 16)),
        ("- a: {switch: [{condition: true}]}", ("no-action", 1, 16)),
        ("- a: {switch: [{condition: true, nxt: end}]}", ("unknown-key", 1, 34)),
        ("- a: {for: {in: [1], steps: [{b: {next: end}}]}}", ("missing-key", 1, 12)),
        ("- a: {for: {value: v, steps: [{b: {next: end}}]}}", ("missing-key", 1, 12)),
        ("- a: {for: {value: v, in: [], range: [1, 2], steps: [{b: {next: end}}]}}", ("two-of-one", 1, 12)),
        ("- a: {for: {value: v, range: [1], steps: [{b: {next: end}}]}}", ("bad-range", 1, 30)),
        ("- a: {for: {value: v w, in: [1], steps: [{b: {next: end}}]}}", ("bad-name", 1, 20)),
        ("- a: {parallel: {shared: x, branches: [{b: {next: end}}]}}", ("bad-shared", 1, 26)),
        ("- a: {parallel: {shared: [x]}}", ("missing-key", 1, 17)),
        ("- a: {parallel: {exception_policy: stop, branches: [{b: {next: end}}]}}", ("bad-exception-policy", 1, 36)),
        ("- a: {parallel: {branches: [{b: {next: end}}, {b: {next: end}}]}}", ("duplicate-branch", 1, 48)),
        ("- a: {parallel: {branches: [{b: {next: z}}]}}\n- z: {next: end}", ("unknown-step", 1, 40)),
        ("- a: {try: {next: end}}", ("bare-try", 1, 6)),
        ("- a: {try: {next: end}, retry: [1]}", ("bad-retry", 1, 32)),
        ("- a: {try: {next: end}, retry: {max_retry: 1}}", ("unknown-key", 1, 33)),
        ("- a: {try: {next: end}, retry: {backoff: {delay: 1}}}", ("unknown-key", 1, 43)),
        ("- a: {try: {next: end}, except: [1]}", ("bad-except", 1, 33)),
        ("- a: {try: {next: end}, except: {as: e}}", ("missing-key", 1, 33)),
    ],
)
def test_a_structural_fault_is_reported_where_it_is(source: str, expected: tuple[str, int, int]) -> None:
    assert problem_places(source) == [expected]


def test_all_faults_are_reported_in_the_order_of_the_source() -> None:
    source = "main:\n  steps:\n    - a: {assing: []}\n    - b: {next: nowhere}\n    - b: {return: '${1 +}'}\n"
    codes = [code for code, *_ in problem_places(source)]
    assert codes == ["unknown-key", "unknown-step", "duplicate-step", "expression-syntax"]


def test_a_problem_says_what_was_found_what_was_expected_and_how_to_mend_it() -> None:
    (problem,) = parse("- a: {call: f, resutl: x}").problems
    assert problem.found == "'resutl'"
    assert problem.expected == "args, call, next or result"
    assert problem.fix == "did you mean 'result'?"
    assert str(problem).startswith("1:16: unknown-key unknown key 'resutl' in step 'a'")


@pytest.mark.parametrize(
    ("length", "problems"),
    [(limits.EXPRESSION_CHARACTERS, []), (limits.EXPRESSION_CHARACTERS + 1, ["expression-too-long"])],
)
def test_expressions_of_400_characters_are_the_longest(length: int, problems: list[str]) -> None:
    text = '"' + "a" * (length - len('${""}')) + '"'
    assert [code for code, *_ in problem_places(f"- a: {{return: '${{{text}}}'}}")] == problems


@pytest.mark.parametrize(
    ("before", "item", "after", "most"),
    [
        ("- a: {assign: [", "{x: 1}", "]}", limits.ASSIGNMENTS_PER_STEP),
        ("- a: {switch: [", "{condition: true, next: end}", "]}", limits.CONDITIONS_PER_SWITCH),
        ("- a: {parallel: {branches: [", "{b%d: {next: end}}", "]}}", limits.BRANCHES_PER_PARALLEL_STEP),
    ],
)
def test_documented_limits_of_a_step_are_kept(before: str, item: str, after: str, most: int) -> None:
    def source(count: int) -> str:
        return before + ", ".join(item.replace("%d", str(n)) for n in range(count)) + after

    assert problem_places(source(most)) == []
    assert [code for code, *_ in problem_places(source(most + 1))] == ["too-many"]


_words = st.sampled_from(
    [
        "main",
        "steps",
        "call",
        "assign",
        "for",
        "in",
        "value",
        "switch",
        "condition",
        "next",
        "try",
        "retry",
        "except",
        "as",
        "parallel",
        "branches",
        "shared",
        "return",
        "raise",
        "params",
        "args",
        "result",
        "${x}",
        "${",
        "x",
        "end",
        "http.get",
    ]
)
_trees = st.recursive(
    _words | st.integers(-2, 2) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=25,
)


@given(_trees)
def test_any_tree_is_parsed_without_a_fault_of_the_parser(tree: object) -> None:
    parse(json.dumps({"main": {"steps": [{"a": tree}]}}))
    parse(json.dumps(tree))
