"""Edits of the coaching workflow: broken ones are refused with their line and a fix, good ones pass without a word."""

import pytest

from local.workflows.checker.project import check_project
from tests.local.workflows.checker.coaching import COACHING, Edit, edits

LEAST_BROKEN_EDITS = 40
LEAST_GOOD_EDITS = 15


def test_coaching_workflow_has_no_problem() -> None:
    assert check_project(COACHING.read_text("utf-8")) == []


@pytest.mark.parametrize("edit", edits("broken"), ids=str)
def test_broken_edit_is_refused_with_line_and_fix(edit: Edit) -> None:
    source = edit.applied()
    problems = check_project(source)
    lines = source.splitlines()
    pointing = [problem for problem in problems if problem.code == edit.code and edit.at in lines[problem.line - 1]]
    assert pointing, [f"{problem} | {lines[problem.line - 1].strip()}" for problem in problems]
    assert all(problem.fix for problem in problems)


@pytest.mark.parametrize("edit", edits("good"), ids=str)
def test_good_edit_passes(edit: Edit) -> None:
    assert check_project(edit.applied()) == []


def test_there_are_enough_edits() -> None:
    assert len(edits("broken")) >= LEAST_BROKEN_EDITS
    assert len(edits("good")) >= LEAST_GOOD_EDITS
