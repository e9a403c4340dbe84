"""The gRPC APIs as the official clients call them: Executions, and as much of Workflows as a deployment needs."""

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud.workflows.executions_v1.types import executions as api
from google.cloud.workflows_v1.types import workflows as workflows_api

from local.workflows.executions_server.deployments import DeploymentRefused, Deployments, UnknownWorkflow
from local.workflows.executions_server.messages import Operation, deleted, deployed, execution_message, workflow_message
from local.workflows.executions_server.service import ApiError, ExecutionService, NewExecution
from local.workflows.problems import WorkflowSyntaxError

EXECUTIONS = "google.cloud.workflows.executions.v1.Executions"
WORKFLOWS = "google.cloud.workflows.v1.Workflows"

Handler = Any
"""A `grpc.RpcMethodHandler`; its type parameters and those of the messages are not known to the type checker."""


def grpc_server(service: ExecutionService, deployments: Deployments, threads: ThreadPoolExecutor) -> grpc.Server:
    """A server for both APIs, without a port yet; `threads` answer its requests."""
    server = grpc.server(threads)
    executions, workflows = ExecutionsApi(service), WorkflowsApi(deployments)
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(EXECUTIONS, executions.handlers()),
            grpc.method_handlers_generic_handler(WORKFLOWS, workflows.handlers()),
        )
    )
    return server


class ExecutionsApi:
    """`google.cloud.workflows.executions.v1.Executions`."""

    def __init__(self, service: ExecutionService) -> None:
        self._service = service

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateExecution": _handler(self.create, api.CreateExecutionRequest, api.Execution),
            "GetExecution": _handler(self.get, api.GetExecutionRequest, api.Execution),
            "ListExecutions": _handler(self.list, api.ListExecutionsRequest, api.ListExecutionsResponse),
            "CancelExecution": _handler(self.cancel, api.CancelExecutionRequest, api.Execution),
        }

    def create(self, request: api.CreateExecutionRequest) -> api.Execution:
        given = request.execution
        new = NewExecution(given.argument, dict(given.labels), given.call_log_level.name)
        return execution_message(self._service.create(request.parent, new), full=True, just_created=True)

    def get(self, request: api.GetExecutionRequest) -> api.Execution:
        return execution_message(self._service.get(request.name), full=request.view != api.ExecutionView.BASIC)

    def list(self, request: api.ListExecutionsRequest) -> api.ListExecutionsResponse:
        page = self._service.list(
            request.parent,
            page_size=request.page_size,
            page_token=request.page_token,
            filter_text=request.filter,
            order_by=request.order_by,
        )
        full = request.view == api.ExecutionView.FULL
        executions = [execution_message(record, full=full) for record in page.records]
        return api.ListExecutionsResponse(executions=executions, next_page_token=page.next_token)

    def cancel(self, request: api.CancelExecutionRequest) -> api.Execution:
        return execution_message(self._service.cancel(request.name), full=True)


class WorkflowsApi:
    """`google.cloud.workflows.v1.Workflows`: deploying. Every operation is done when it is answered."""

    def __init__(self, deployments: Deployments) -> None:
        self._deployments = deployments

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateWorkflow": _handler(self.create, workflows_api.CreateWorkflowRequest, None),
            "UpdateWorkflow": _handler(self.update, workflows_api.UpdateWorkflowRequest, None),
            "DeleteWorkflow": _handler(self.delete, workflows_api.DeleteWorkflowRequest, None),
            "GetWorkflow": _handler(self.get, workflows_api.GetWorkflowRequest, workflows_api.Workflow),
            "ListWorkflows": _handler(
                self.list, workflows_api.ListWorkflowsRequest, workflows_api.ListWorkflowsResponse
            ),
        }

    def create(self, request: workflows_api.CreateWorkflowRequest) -> Operation:
        self._check_parent(request.parent)
        if request.workflow_id in self._deployments.workflow_ids():
            name = f"{request.parent}/workflows/{request.workflow_id}"
            raise ApiError(grpc.StatusCode.ALREADY_EXISTS, f"workflow '{name}' already exists")
        return self._deploy(request.workflow_id, request.workflow)

    def update(self, request: workflows_api.UpdateWorkflowRequest) -> Operation:
        """Deploy a new revision. Fields the update mask leaves out stay as they are."""
        workflow_id = self._workflow_id(request.workflow.name)
        current = self._message(workflow_id)
        masked = set(request.update_mask.paths) or {"source_contents", "user_env_vars", "description", "labels"}
        kept = {
            name: getattr(current if name not in masked else request.workflow, name)
            for name in ("source_contents", "user_env_vars", "description", "labels")
        }
        return self._deploy(workflow_id, workflows_api.Workflow(**kept))

    def delete(self, request: workflows_api.DeleteWorkflowRequest) -> Operation:
        with _known():
            self._deployments.remove(self._workflow_id(request.name))
        return deleted()

    def get(self, request: workflows_api.GetWorkflowRequest) -> workflows_api.Workflow:
        return self._message(self._workflow_id(request.name))

    def list(self, request: workflows_api.ListWorkflowsRequest) -> workflows_api.ListWorkflowsResponse:
        self._check_parent(request.parent)
        return workflows_api.ListWorkflowsResponse(
            workflows=[self._message(workflow_id) for workflow_id in self._deployments.workflow_ids()]
        )

    def _deploy(self, workflow_id: str, workflow: workflows_api.Workflow) -> Operation:
        try:
            self._deployments.deploy(
                workflow_id,
                workflow.source_contents,
                dict(workflow.user_env_vars),
                description=workflow.description,
                labels=dict(workflow.labels),
            )
        except WorkflowSyntaxError as error:
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"failed to build: {error}") from None
        except DeploymentRefused as error:
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, str(error)) from None
        return deployed(self._message(workflow_id))

    def _message(self, workflow_id: str) -> workflows_api.Workflow:
        with _known():
            revisions = self._deployments.revisions(workflow_id)
        return workflow_message(self._deployments.parent, revisions[-1], revisions[0].created_at)

    def _workflow_id(self, name: str) -> str:
        parent, _, workflow_id = name.rpartition("/workflows/")
        self._check_parent(parent)
        return workflow_id

    def _check_parent(self, parent: str) -> None:
        if parent != self._deployments.parent:
            message = f"'{parent}' is not served here: expected '{self._deployments.parent}'"
            raise ApiError(grpc.StatusCode.NOT_FOUND, message)


@contextmanager
def _known() -> Iterator[None]:
    try:
        yield
    except UnknownWorkflow as error:
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"workflow '{error.args[0]}' does not exist") from None


def _handler(answer: Callable[[Any], Any], request_type: Any, response_type: Any) -> Handler:  # noqa: ANN401  # as above
    """A unary method. Without `response_type` its answer is an Operation."""

    @functools.wraps(answer)
    def serve(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401  # as above
        try:
            return answer(request)
        except ApiError as error:
            context.abort(error.code, error.message)

    return grpc.unary_unary_rpc_method_handler(
        serve,
        request_deserializer=request_type.deserialize,
        response_serializer=response_type.serialize if response_type is not None else Operation.SerializeToString,
    )
