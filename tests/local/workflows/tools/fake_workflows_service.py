"""A fake of the Workflows API at its outer edge: a gRPC server that speaks the official types.

It keeps revisions as the real service does, ends every operation at once, and refuses sources that do not parse.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud import workflows_v1
from google.longrunning import operations_pb2  # type: ignore[import-untyped]  # Google ships no types for it

from local.workflows.language.parser import parse

SERVICE = "google.cloud.workflows.v1.Workflows"
TYPE_URL = "type.googleapis.com/google.cloud.workflows.v1.Workflow"


class FakeWorkflows:
    """The service's state: every revision of every workflow, oldest first."""

    def __init__(self) -> None:
        self.revisions: dict[str, list[workflows_v1.Workflow]] = {}
        self.updated_fields: list[list[str]] = []
        """The update mask of each update."""
        self.unavailable = False
        self.broken = False
        """Whether new revisions come out unusable."""

    def put(self, name: str, source: str, **environment: str) -> workflows_v1.Workflow:
        """Deploy a revision behind the back of the client."""
        return self._add(workflows_v1.Workflow(name=name, source_contents=source, user_env_vars=environment))

    def latest(self, name: str) -> workflows_v1.Workflow:
        return self.revisions[name][-1]

    def get_workflow(
        self, request: workflows_v1.GetWorkflowRequest, context: grpc.ServicerContext
    ) -> workflows_v1.Workflow:
        if self.unavailable:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "workflows.workflows.get is not granted")
        for revision in reversed(self.revisions.get(request.name, [])):
            if request.revision_id in {"", revision.revision_id}:
                return revision
        context.abort(grpc.StatusCode.NOT_FOUND, f"{request.name} was not found")
        raise AssertionError("abort raises")

    def create_workflow(
        self, request: workflows_v1.CreateWorkflowRequest, context: grpc.ServicerContext
    ) -> operations_pb2.Operation:
        name = f"{request.parent}/workflows/{request.workflow_id}"
        if name in self.revisions:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{name} is there already")
        request.workflow.name = name
        return self._end(request.workflow, context)

    def update_workflow(
        self, request: workflows_v1.UpdateWorkflowRequest, context: grpc.ServicerContext
    ) -> operations_pb2.Operation:
        self.updated_fields.append(list(request.update_mask.paths))
        merged = workflows_v1.Workflow(self.latest(request.workflow.name))
        for path in request.update_mask.paths:
            setattr(merged, path, getattr(request.workflow, path))
        return self._end(merged, context)

    def _end(self, workflow: workflows_v1.Workflow, context: grpc.ServicerContext) -> operations_pb2.Operation:
        if any(problem.severity == "error" for problem in parse(workflow.source_contents).problems):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "main.yaml: parse error")
        added = self._add(workflow)
        operation = operations_pb2.Operation(name="operations/1", done=True)
        operation.response.type_url = TYPE_URL
        operation.response.value = workflows_v1.Workflow.serialize(added)
        return operation

    def _add(self, workflow: workflows_v1.Workflow) -> workflows_v1.Workflow:
        earlier = self.revisions.setdefault(workflow.name, [])
        added = workflows_v1.Workflow(workflow)
        added.revision_id = f"{len(earlier) + 1:06d}-5a{len(earlier) + 1}"
        states = workflows_v1.Workflow.State
        added.state = states.UNAVAILABLE if self.broken else states.ACTIVE  # type: ignore[assignment]  # proto-plus
        added.state_error = workflows_v1.Workflow.StateError(details="the key was destroyed" if self.broken else "")
        earlier.append(added)
        return added


@contextmanager
def serving(service: FakeWorkflows) -> Iterator[str]:
    """Serve on loopback; yields `host:port`."""
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    methods: dict[str, tuple[Any, Any, Any]] = {
        "GetWorkflow": (service.get_workflow, workflows_v1.GetWorkflowRequest, workflows_v1.Workflow.serialize),
        "CreateWorkflow": (service.create_workflow, workflows_v1.CreateWorkflowRequest, _serialize_operation),
        "UpdateWorkflow": (service.update_workflow, workflows_v1.UpdateWorkflowRequest, _serialize_operation),
    }
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            method, request_deserializer=request.deserialize, response_serializer=serialize
        )
        for name, (method, request, serialize) in methods.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


def _serialize_operation(operation: operations_pb2.Operation) -> bytes:
    serialized: bytes = operation.SerializeToString()
    return serialized
