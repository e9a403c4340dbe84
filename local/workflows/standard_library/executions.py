"""`experimental.executions.*`: running other workflows, one or one per argument.

Deprecated in favour of the connector `googleapis.workflowexecutions...executions.run`, which does the work here too.
Source: cloud.google.com/workflows/docs/reference/stdlib/experimental.executions
"""

from typing import Any

from local.workflows.errors import system_error
from local.workflows.runtime import Caller
from local.workflows.standard_library.registry import library_function
from local.workflows.values import Value

_RUN = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run"


@library_function("experimental.executions.run", blocking=True, takes_caller=True)
def run(
    caller: Caller, workflow_id: str, location: str | None = None, project_id: str | None = None, argument: Value = None
) -> Value:
    """Run another workflow and wait for its result."""
    return _run_all(caller, workflow_id, location, project_id, [argument])[0]


@library_function("experimental.executions.map", blocking=True, takes_caller=True)
def map_arguments(
    caller: Caller, workflow_id: str, arguments: list[Any], location: str | None = None, project_id: str | None = None
) -> list[Any]:
    """Run another workflow once for each argument, all at once; the list of their results."""
    return _run_all(caller, workflow_id, location, project_id, arguments)


def _run_all(
    caller: Caller, workflow_id: str, location: str | None, project_id: str | None, arguments: list[Any]
) -> list[Any]:
    from local.workflows.connectors.calls import ConnectorCall  # connectors describe themselves by this package's types

    connector = caller.runtime.connectors.find(_RUN)
    if connector is None:
        raise system_error("SystemError", f"this machine has no connector {_RUN}")
    where = {"workflow_id": workflow_id, "location": location, "project_id": project_id}
    calls = [ConnectorCall(caller, connector, {**where, "argument": argument}) for argument in arguments]
    started = [(call, call.start()) for call in calls]
    return [call.finish(answer) for call, answer in started]
