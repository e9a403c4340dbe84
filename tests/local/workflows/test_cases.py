"""Every case of `cases/*.yaml`, run by the engine."""

from typing import Any

import pytest

from local.workflows.errors import WorkflowError
from local.workflows.executions import Execution
from local.workflows.problems import WorkflowSyntaxError
from local.workflows.runtime.clock import VirtualClock
from local.workflows.workflow import Workflow
from tests.local.workflows.case_files import Case, all_cases
from tests.local.workflows.mock_service import MockService

ENVIRONMENT = {"GOOGLE_CLOUD_PROJECT_ID": "kitchen", "GREETING": "hello"}


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_case(case: Case, service: MockService) -> None:
    if case.ending == "refused":
        with pytest.raises(WorkflowSyntaxError) as refusal:
            Workflow(case.source)
        assert case.expected in {problem.code for problem in refusal.value.problems}
        return
    execution = Workflow(case.source).execute(
        case.argument, env={**ENVIRONMENT, "SERVICE": service.url}, clock=VirtualClock()
    )
    if case.ending == "result":
        assert execution.error is None, execution.error
        assert typed(execution.result) == typed(case.expected)
    else:
        check_error(execution, case.expected)


def check_error(execution: Execution, expected: dict[str, Any]) -> None:
    assert execution.error is not None, f"succeeded with {execution.result!r}"
    error = WorkflowError(execution.error.payload)
    found: dict[str, Any] = {
        "payload": error.payload,
        "tags": error.tags,
        "context": execution.error.context.splitlines()[-1],
        "message": error.payload.get("message") if isinstance(error.payload, dict) else None,
        "code": error.payload.get("code") if isinstance(error.payload, dict) else None,
    }
    for key, value in expected.items():
        if key == "tag":
            assert value in error.tags
        else:
            assert found[key] == value


def typed(value: object) -> object:
    """`value` with each scalar's type beside it, so that 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value).__name__, value
