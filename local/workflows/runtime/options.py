"""What may be given to an execution, and what stands in for everything that is not."""

import functools
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import TypedDict

from local.workflows.connectors.table import ConnectorTable
from local.workflows.engine.events import StepObserver
from local.workflows.runtime import CallbackEndpoints, HttpTransport, LogSink, Runtime, TokenSource
from local.workflows.runtime.callbacks import CallbackServer
from local.workflows.runtime.clock import Clock, RealClock
from local.workflows.runtime.http_client import HttpClient
from local.workflows.values import Value

DEFAULT_ENVIRONMENT = {
    "GOOGLE_CLOUD_PROJECT_ID": "local-project",
    "GOOGLE_CLOUD_PROJECT_NUMBER": "0",
    "GOOGLE_CLOUD_LOCATION": "local",
    "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME": "workflows@local-project.iam.gserviceaccount.com",
    "GOOGLE_CLOUD_WORKFLOW_ID": "workflow",
    "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": "000001-000",
    "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ATTEMPT": "1",
}
"""What the service sets for every execution, as far as the caller does not; beside it, a new execution id.

Source: cloud.google.com/workflows/docs/reference/environment-variables
"""

_EXECUTION_ID = "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID"
_logger = logging.getLogger(__name__)


class ExecutionOptions(TypedDict, total=False):
    """Keyword arguments of `Workflow.execute` and `Workflow.start`, all optional."""

    env: Mapping[str, str]
    """What `sys.get_env` reads, beside `DEFAULT_ENVIRONMENT`."""
    connectors: ConnectorTable
    """The connectors and where their hosts are. By default the documented ones at Google's own addresses."""
    http: HttpTransport
    """Sends the requests of `http.*` and of connectors. By default over the network."""
    sleep: Callable[[float], None]
    """Replaces how the real clock sleeps; not together with `clock`."""
    clock: Clock
    """Time. By default the machine's."""
    tokens: TokenSource
    """Gives the tokens of `auth`. By default made-up ones, which no real service accepts."""
    callbacks: CallbackEndpoints
    """By default an HTTP server on a free loopback port, for as long as the execution runs."""
    log: LogSink
    """Where `sys.log` writes. By default Python's logging."""
    on_step: StepObserver
    """Told of every step as it starts and as it ends."""


def runtime_for(options: ExecutionOptions) -> Runtime:
    """The world of a new execution."""
    if "clock" in options and "sleep" in options:
        raise TypeError("give either 'clock' or 'sleep': a clock says how to sleep itself")
    clock = options.get("clock") or RealClock(options.get("sleep"))
    environment = {**DEFAULT_ENVIRONMENT, _EXECUTION_ID: str(uuid.uuid4()), **options.get("env", {})}
    return Runtime(
        environment=environment,
        clock=clock,
        http=options.get("http") or shared_http_client(),
        tokens=options.get("tokens") or LocalTokens(),
        connectors=options.get("connectors") or ConnectorTable(),
        callbacks=options.get("callbacks") or CallbackServer(clock.now),
        log=options.get("log") or PythonLog(),
        execution_name=execution_name(environment),
    )


def execution_name(environment: Mapping[str, str]) -> str:
    """`projects/P/locations/L/workflows/W/executions/ID` as the environment says."""
    parts = {
        "projects": "GOOGLE_CLOUD_PROJECT_ID",
        "locations": "GOOGLE_CLOUD_LOCATION",
        "workflows": "GOOGLE_CLOUD_WORKFLOW_ID",
        "executions": _EXECUTION_ID,
    }
    return "/".join(f"{part}/{environment[variable]}" for part, variable in parts.items())


@functools.cache
def shared_http_client() -> HttpClient:
    """One client for all executions of the process, so that they share its connections."""
    return HttpClient()


class LocalTokens:
    """Tokens that name what they are for and prove nothing: enough for services on this machine."""

    def identity_token(self, audience: str) -> str:
        return f"local-oidc:{audience}"

    def access_token(self, scopes: tuple[str, ...]) -> str:
        return f"local-oauth2:{','.join(scopes)}"


class PythonLog:
    """`sys.log` as records of Python's logging."""

    _LEVELS = {"DEBUG": logging.DEBUG, "WARNING": logging.WARNING, "ERROR": logging.ERROR}
    _SEVERE = frozenset({"CRITICAL", "ALERT", "EMERGENCY"})

    def write(self, execution_name: str, severity: str, payload: Value) -> None:
        level = logging.CRITICAL if severity in self._SEVERE else self._LEVELS.get(severity, logging.INFO)
        text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False, default=str)
        _logger.log(level, "%s %s", execution_name.rpartition("/")[2], text)
