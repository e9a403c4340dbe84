"""Whatever is done to a source, the checker ends with a list of problems, each in a line of the source."""

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.workflows import ExecutionState, Workflow, check
from local.workflows.checker.project import check_project
from local.workflows.problems import Problem, WorkflowSyntaxError
from local.workflows.runtime.clock import VirtualClock
from local.workflows.tools.simulation.fake_stages import FakeStages, simulated_environment
from local.workflows.tools.simulation.scenario import typical_scenario
from local.workflows.tools.simulation.simulation import ARGUMENT
from tests.local.workflows.case_files import all_cases as all_engine_cases
from tests.local.workflows.checker.case_files import all_cases
from tests.local.workflows.checker.coaching import COACHING

SOURCES = [case.source for case in all_cases()] + [case.source for case in all_engine_cases()]
RUNNABLE_SOURCES = [source for source in SOURCES if len(source) < 2_000 and "googleapis.secretmanager" not in source]
"""Without what only the real service has."""
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
FOREIGN = [
    "${",
    "}",
    ":",
    "- ",
    "\n",
    "\t",
    '"',
    "'",
    "&a ",
    "*a",
    "!!x ",
    "null",
    "[",
    "]",
    "{",
    "#",
    "|",
    ">",
    "0x",
    "é",
    "\u2028",
    "\x00",
]
NO_DEADLINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def mutated(draw: st.DrawFn, sources: list[str], most: int = 6) -> str:
    """A source with tokens left out, repeated, swapped, replaced or re-indented."""
    tokens = TOKEN.findall(draw(st.sampled_from(sources)))
    for _ in range(draw(st.integers(1, most))):
        if not tokens:
            break
        place = draw(st.integers(0, len(tokens) - 1))
        other = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["drop", "repeat", "swap", "foreign", "typo", "indent", "move"])):
            case "drop":
                del tokens[place : place + draw(st.integers(1, 4))]
            case "repeat":
                tokens[place:place] = tokens[other : other + draw(st.integers(1, 12))]
            case "swap":
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case "foreign":
                tokens.insert(place, draw(st.sampled_from(FOREIGN)))
            case "typo":
                tokens[place] = tokens[place][1:] + tokens[place][:1]
            case "indent":
                tokens[place] = tokens[place].replace("\n", "\n  ") if "\n" in tokens[place] else tokens[place] + " "
            case "move":
                tokens.insert(place, tokens.pop(other))
    return "".join(tokens)


def assert_sensible(source: str, problems: list[Problem]) -> None:
    lines = max(1, len(re.split("\r\n|[\n\r\x85\u2028\u2029]", source)))
    for problem in problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.message


@settings(NO_DEADLINE, max_examples=150)
@given(mutated(SOURCES))
def test_checker_survives_mutations(source: str) -> None:
    assert_sensible(source, check(source))


@settings(NO_DEADLINE, max_examples=20)
@given(mutated([COACHING.read_text("utf-8")], most=4))
def test_project_rules_survive_mutations_of_the_coaching_workflow(source: str) -> None:
    assert_sensible(source, check_project(source))


@settings(NO_DEADLINE, max_examples=150)
@given(st.text(max_size=300))
def test_checker_survives_any_text(source: str) -> None:
    assert_sensible(source, check(source))


def runs_to_an_end(source: str, *, find_faults: Callable[[str], list[Problem]]) -> None:
    """What the checker lets pass comes to an end in the engine, in virtual time."""
    if any(problem.severity == "error" for problem in find_faults(source)):
        return
    clock = VirtualClock()
    stages = FakeStages(typical_scenario(), clock, branch=tuple)
    try:
        running = Workflow(source).start(ARGUMENT, env=simulated_environment(), clock=clock, http=stages)
    except WorkflowSyntaxError:
        pytest.fail("the engine refuses what the checker lets pass")
    assert running.wait(60).state in {ExecutionState.SUCCEEDED, ExecutionState.FAILED}


@settings(NO_DEADLINE, max_examples=40)
@given(mutated(RUNNABLE_SOURCES, most=3))
def test_what_passes_does_not_hang_the_engine(source: str) -> None:
    runs_to_an_end(source, find_faults=check)


@pytest.mark.soak
@settings(NO_DEADLINE, max_examples=3_000)
@given(mutated(SOURCES))
def test_checker_survives_many_mutations(source: str) -> None:
    assert_sensible(source, check(source))


@pytest.mark.soak
@settings(NO_DEADLINE, max_examples=3_000)
@given(mutated(RUNNABLE_SOURCES, most=3))
def test_much_that_passes_does_not_hang_the_engine(source: str) -> None:
    runs_to_an_end(source, find_faults=check)


@pytest.mark.soak
@settings(NO_DEADLINE, max_examples=600)
@given(mutated([COACHING.read_text("utf-8")], most=3))
def test_coaching_workflow_that_passes_runs_to_an_end(source: str) -> None:
    runs_to_an_end(source, find_faults=check_project)
