"""Every case of `cases/*.yaml`, and that the checker lets pass what the engine runs."""

import pytest

from local.workflows import check
from tests.local.workflows.case_files import all_cases as all_engine_cases
from tests.local.workflows.checker.case_files import Case, all_cases

REFUSED_ALTHOUGH_THEY_RUN = {"expressions: not before comparison": {"not-binds-tighter"}}
"""What the engine runs and the checker refuses: it does not do what it seems to."""


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_case(case: Case) -> None:
    assert sorted(f"{problem.code}@{problem.line}" for problem in check(case.source)) == case.problems


def test_every_problem_says_what_to_do() -> None:
    problems = [problem for case in all_cases() for problem in check(case.source)]
    assert [problem for problem in problems if not problem.fix] == []


def test_what_runs_has_no_errors() -> None:
    found = {str(case): errors(case.source) for case in all_engine_cases() if case.ending == "result"}
    assert {name: codes for name, codes in found.items() if codes} == REFUSED_ALTHOUGH_THEY_RUN


def test_what_the_engine_refuses_is_an_error() -> None:
    refused = [case for case in all_engine_cases() if case.ending == "refused"]
    assert [str(case) for case in refused if not errors(case.source)] == []


def errors(source: str) -> set[str]:
    return {problem.code for problem in check(source) if problem.severity == "error"}
