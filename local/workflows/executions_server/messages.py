"""Executions and workflows as the messages of the official client libraries."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.workflows.executions_v1.types import executions as api
from google.cloud.workflows_v1.types import workflows as workflows_api
from google.longrunning import operations_pb2  # type: ignore[import-untyped]  # it ships no stubs
from google.protobuf import empty_pb2, json_format  # type: ignore[import-untyped]  # it ships no stubs

from local.workflows.executions import ExecutionError, ExecutionState
from local.workflows.executions_server.deployments import Revision
from local.workflows.executions_server.records import ExecutionRecord
from local.workflows.values import encode_json

Operation = operations_pb2.Operation
"""A long operation, as deploying is one."""


def execution_message(record: ExecutionRecord, *, full: bool, just_created: bool = False) -> api.Execution:
    """One execution. Unless it is to be `full`, what may be large is left out: argument, result and error.

    An execution that was `just_created` is shown as active even if it has ended meanwhile.
    """
    ended = record.ended if not just_created else None
    message = api.Execution(
        name=record.name,
        state=(ended.state if ended is not None else ExecutionState.ACTIVE).value,
        workflow_revision_id=record.revision_id,
        call_log_level=record.call_log_level,
    )
    if record.running is not None:
        message.start_time = _time(record.running.started_at)
    if ended is not None:
        message.end_time = _time(ended.finished_at)
        message.duration = timedelta(seconds=max(0.0, ended.finished_at - ended.started_at))
    if not full:
        return message
    message.argument = record.argument
    message.labels = dict(record.labels)
    message.status = api.Execution.Status(
        current_steps=[api.Execution.Status.Step(routine=step.routine, step=step.step) for step in record.current_steps]
    )
    if ended is not None and ended.error is not None:
        message.error = api.Execution.Error(
            payload=encode_json(ended.error.payload),
            context=ended.error.context,
            stack_trace=_stack_trace(ended.error),
        )
    elif ended is not None and ended.state is ExecutionState.SUCCEEDED:
        message.result = encode_json(ended.result)
    return message


def workflow_message(parent: str, revision: Revision, created_at: datetime) -> workflows_api.Workflow:
    """A deployed workflow with the source of one revision."""
    return workflows_api.Workflow(
        name=f"{parent}/workflows/{revision.workflow_id}",
        description=revision.description,
        state=workflows_api.Workflow.State.ACTIVE,
        revision_id=revision.revision_id,
        create_time=created_at,
        update_time=revision.created_at,
        revision_create_time=revision.created_at,
        labels=dict(revision.labels),
        source_contents=revision.workflow.source,
        user_env_vars=dict(revision.environment),
    )


def as_json(message: api.Execution) -> dict[str, Any]:
    """An execution as the REST API writes it."""
    written: dict[str, Any] = json_format.MessageToDict(api.Execution.pb(message))
    return written


def deployed(workflow: workflows_api.Workflow) -> Any:  # noqa: ANN401  # an Operation, which has no type
    """The finished operation of a deployment."""
    return _done(workflows_api.Workflow.pb(workflow))


def deleted() -> Any:  # noqa: ANN401  # an Operation, which has no type
    """The finished operation of a deletion."""
    return _done(empty_pb2.Empty())


def _done(response: Any) -> Any:  # noqa: ANN401  # protobuf has no types
    operation = Operation(name="operations/done", done=True)
    operation.response.Pack(response)
    return operation


def _stack_trace(error: ExecutionError) -> api.Execution.StackTrace:
    element, position = api.Execution.StackTraceElement, api.Execution.StackTraceElement.Position
    return api.Execution.StackTrace(
        elements=[
            element(step=entry.step, routine=entry.routine, position=position(line=entry.line, column=entry.column))
            for entry in error.trace
        ]
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
