"""Every case of `cases/*.yaml`, and that the checker lets pass what the engine runs."""

import pytest

from local.workflows import check
from tests.local.workflows.case_files import Case as EngineCase
from tests.local.workflows.case_files import all_cases as all_engine_cases
from tests.local.workflows.checker.case_files import Case, all_cases

REFUSED_ALTHOUGH_IT_RUNS = {
    "expressions: not before comparison": "not-binds-tighter",
}
"""What the engine runs and the checker refuses: it does not do what it seems to."""


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_case(case: Case) -> None:
    assert sorted(f"{problem.code}@{problem.line}" for problem in check(case.source)) == case.problems


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_every_problem_says_what_to_do(case: Case) -> None:
    for problem in check(case.source):
        assert problem.message
        assert problem.expected or problem.fix, problem


@pytest.mark.parametrize("case", [case for case in all_engine_cases() if case.ending == "result"], ids=str)
def test_what_runs_has_no_errors(case: EngineCase) -> None:
    errors = {problem.code for problem in check(case.source) if problem.severity == "error"}
    assert errors == ({REFUSED_ALTHOUGH_IT_RUNS[str(case)]} if str(case) in REFUSED_ALTHOUGH_IT_RUNS else set())


@pytest.mark.parametrize("case", [case for case in all_engine_cases() if case.ending == "refused"], ids=str)
def test_what_the_engine_refuses_is_an_error(case: EngineCase) -> None:
    assert any(problem.severity == "error" for problem in check(case.source))
