"""Starting a workflow execution, with the official client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from shared.models.base import Model

if TYPE_CHECKING:
    from google.cloud.workflows.executions_v1 import ExecutionsClient

MAX_ARGUMENT_BYTES = 32 * 1024
"""Limit of the service on an execution's argument."""


class StartedExecution(Model):
    """What the service says of a fresh execution."""

    name: str
    """projects/P/locations/L/workflows/W/executions/ID"""
    revision: str


class Executions:
    """Executions of the workflows of one project and region."""

    def __init__(self, *, project: str, region: str, emulator_host: str | None) -> None:
        """`emulator_host`: `host:port` of an emulator spoken to without TLS; None in production."""
        self._project = project
        self._region = region
        self._emulator_host = emulator_host

    def start(self, workflow: str, argument: Mapping[str, str]) -> StartedExecution:
        """Start one execution. The service knows no request id: whoever calls makes sure to call once.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: the service refused or could not be reached.
        """
        from google.cloud.workflows.executions_v1 import Execution

        text = json.dumps(dict(argument), ensure_ascii=False)
        if len(text.encode()) > MAX_ARGUMENT_BYTES:
            raise ValueError(
                f"an argument of at most {MAX_ARGUMENT_BYTES} bytes is expected. Found: {len(text.encode())}"
            )
        parent = f"projects/{self._project}/locations/{self._region}/workflows/{workflow}"
        created = self._client.create_execution(parent=parent, execution=Execution(argument=text))
        return StartedExecution(name=created.name, revision=created.workflow_revision_id)

    @cached_property
    def _client(self) -> ExecutionsClient:
        from google.cloud.workflows.executions_v1 import ExecutionsClient

        if self._emulator_host is None:
            return ExecutionsClient()
        import grpc
        from google.cloud.workflows.executions_v1.services.executions.transports import ExecutionsGrpcTransport

        return ExecutionsClient(transport=ExecutionsGrpcTransport(channel=grpc.insecure_channel(self._emulator_host)))
