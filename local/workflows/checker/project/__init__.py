"""The rules of this project: what our own workflows owe to the stages they call and to the cooks who wait.

They hold for the coaching workflow and for every file that calls one of our stages; the rules of the language are in
the package around this one. What the rules go by is data (`facts.yaml`, `secrets.yaml`) or is asked of the stages.
"""

from local.workflows.checker.language import Analysis, analyse, with_fixes
from local.workflows.checker.project.contexts import Values
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.rules.durations import check_duration, latest_end
from local.workflows.checker.project.rules.failure_path import check_failure_path
from local.workflows.checker.project.rules.knobs import check_knobs
from local.workflows.checker.project.rules.order import check_answers, check_deliveries, check_order
from local.workflows.checker.project.rules.outcomes import check_failure_codes, check_outcomes
from local.workflows.checker.project.rules.protection import check_other_calls, check_protection
from local.workflows.checker.project.rules.requests import check_request
from local.workflows.checker.project.rules.secrets import check_secrets
from local.workflows.checker.project.rules.slips import check_literals
from local.workflows.checker.project.stage_calls import find_calls
from local.workflows.language.syntax import MAIN
from local.workflows.problems import Problem, ProblemList

__all__ = ["check_project", "is_ours", "worst_case_s"]

OUR_FILES = frozenset({"coaching.yaml"})
"""File names that are ours whatever stands in them."""


def is_ours(source: str, file_name: str = "") -> bool:
    """Whether the rules of this project hold for a source: it is one of our files, or it names one of our stages."""
    return file_name in OUR_FILES or any(variable in source for variable in facts().stage_of_variable)


def check_project(source: str) -> list[Problem]:
    """Everything wrong with `source`, by the rules of the language and those of the project."""
    analysis, problems = analyse(source)
    found = ProblemList()
    found.extend(problems)
    check_secrets(source, found)
    if analysis is not None and MAIN in analysis.definition.routines:
        _check(analysis, found)
    return with_fixes(found.in_order())


def worst_case_s(source: str) -> float | None:
    """How long a run may take at most, seconds; None for a workflow that calls no stage or cannot be read."""
    analysis, _ = analyse(source)
    if analysis is None or MAIN not in analysis.definition.routines:
        return None
    values = Values(analysis)
    calls = find_calls(analysis, values)
    return latest_end(analysis, calls, values) if calls.stages else None


def _check(analysis: Analysis, problems: ProblemList) -> None:
    values = Values(analysis)
    calls = find_calls(analysis, values)
    for call in calls.stages:
        check_request(call, problems)
        check_protection(call, calls, values, problems)
    check_other_calls(calls, values, problems)
    check_outcomes(analysis, values, calls, problems)
    check_failure_codes(analysis, problems)
    check_knobs(analysis, problems)
    check_literals(analysis, problems)
    if analysis.is_complete:  # else a stage may be missing only because its step could not be read
        check_answers(analysis, values, problems)
        check_order(analysis, calls, problems)
        check_deliveries(analysis, calls, problems)
        check_failure_path(analysis, calls, problems)
        check_duration(analysis, calls, values, problems)
