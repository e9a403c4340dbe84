"""The deepest workflows there can be run without exhausting Python's stack."""

from local.workflows import ExecutionState, Workflow
from local.workflows.language.parser import parse

CALLS = 19


def nested_source(levels: int) -> str:
    """A subworkflow that calls itself from within `levels` loops and conditions inside each other."""
    inner = "{call: s, args: {n: '${n - 1}'}, result: r}"
    for level in range(levels):
        tried = f"{{try: {inner}, except: {{as: e, steps: [{{x{level}: {{raise: '${{e}}'}}}}]}}}}"
        switched = f"{{switch: [{{condition: true, steps: [{{t{level}: {tried}}}]}}]}}"
        inner = f"{{for: {{value: v{level}, in: [1], steps: [{{i{level}: {switched}}}]}}}}"
    return f"""\
main:
  steps:
    - begin: {{call: s, args: {{n: {CALLS}}}}}
    - finish: {{return: done}}
s:
  params: [n]
  steps:
    - bottom: {{switch: [{{condition: '${{n == 1}}', return: 0}}]}}
    - deep: {inner}
"""


def test_twenty_routines_nested_as_deep_as_a_source_may_be() -> None:
    levels = 1
    while not parse(nested_source(levels + 1)).problems:
        levels += 1
    assert levels > 15
    workflow = Workflow(nested_source(levels))
    for execution in (workflow.execute(), workflow.execute(on_step=lambda _event: None)):
        assert (execution.state, execution.result) == (ExecutionState.SUCCEEDED, "done")


def test_an_expression_of_400_characters_of_nesting() -> None:
    assert Workflow("- a: {return: '${" + "-" * 390 + "1}'}").execute().result == 1
    assert Workflow("- a: {assign: [{x: 1}]}\n- b: {return: '${" + "-" * 390 + "x}'}").execute().result == 1
