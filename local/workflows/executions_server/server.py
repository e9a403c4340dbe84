"""The Workflows service as a server on loopback: gRPC for the official clients, REST for curl and callbacks."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import grpc

from local.asgi_server import LOOPBACK, AsgiServer
from local.ports import free_port
from local.workflows.connectors.table import ConnectorTable
from local.workflows.executions_server.deployments import Deployments
from local.workflows.executions_server.grpc_twin import grpc_server
from local.workflows.executions_server.rest_twin import rest_application
from local.workflows.executions_server.service import ExecutionService, StepFollower
from local.workflows.runtime.callbacks import CallbackBoard
from local.workflows.runtime.options import DEFAULT_ENVIRONMENT, ExecutionOptions

DEFAULT_RETAINED = 1000
STOP_WITHIN_S = 5.0
_GRPC_THREADS = 16
_EXECUTIONS_HOST = "workflowexecutions.googleapis.com"


class ExecutionsServer:
    """Deployed workflows and their executions, for as long as the `with` block lasts.

    `base_urls` says where the hosts of connectors are, such as `run.googleapis.com`; workflows that run other workflows
    find them here. `options` are given to every execution: its HTTP client, token source, log and clock. `follow` hears
    of every step of every execution. Ports of 0 are chosen freely.
    """

    def __init__(
        self,
        *,
        project: str = DEFAULT_ENVIRONMENT["GOOGLE_CLOUD_PROJECT_ID"],
        location: str = DEFAULT_ENVIRONMENT["GOOGLE_CLOUD_LOCATION"],
        base_urls: Mapping[str, str] | None = None,
        options: ExecutionOptions | None = None,
        follow: StepFollower | None = None,
        retained: int = DEFAULT_RETAINED,
        grpc_port: int = 0,
        rest_port: int = 0,
    ) -> None:
        self.deployments = Deployments(project, location)
        rest_port = rest_port or free_port()
        self.url = f"http://{LOOPBACK}:{rest_port}"
        """Of the REST API."""
        callbacks = CallbackBoard(lambda: self.url, time.time)
        shared: ExecutionOptions = {
            "connectors": ConnectorTable({_EXECUTIONS_HOST: self.url, **(base_urls or {})}),
            "callbacks": callbacks,
            **(options or {}),
        }
        self.executions = ExecutionService(self.deployments, shared, retained=retained, follow=follow)
        self._threads = ThreadPoolExecutor(_GRPC_THREADS, thread_name_prefix="workflows-grpc")
        self._grpc = grpc_server(self.executions, self.deployments, self._threads)
        bound = self._grpc.add_insecure_port(f"{LOOPBACK}:{grpc_port}")
        self.grpc_address = f"{LOOPBACK}:{bound}"
        """Of the gRPC APIs, as a channel wants it."""
        self._rest = AsgiServer(rest_application(self.executions, callbacks), name="workflows-rest", port=rest_port)

    @property
    def parent(self) -> str:
        """`projects/P/locations/L`; a workflow's name is `{parent}/workflows/ID`."""
        return self.deployments.parent

    def channel(self) -> grpc.Channel:
        """A channel to the gRPC APIs."""
        return grpc.insecure_channel(self.grpc_address)

    def start(self) -> Self:
        """Accept requests from here on."""
        self._grpc.start()
        self._rest.start()
        return self

    def stop(self) -> None:
        """Cancel what runs and stop."""
        self.executions.cancel_all()
        self._grpc.stop(grace=0).wait(STOP_WITHIN_S)
        self._threads.shutdown()
        self._rest.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
