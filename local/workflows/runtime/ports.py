"""What an execution uses of the world outside, each part replaceable: time, HTTP, tokens, callbacks, connectors, logs.

Library functions get a `Caller`, which leads here. The defaults are the real thing on this machine; a test, the
simulator or the server put their own parts in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from local.workflows.runtime.cancellation import Cancellation
from local.workflows.runtime.clock import Clock
from local.workflows.values import Value

if TYPE_CHECKING:
    from local.workflows.connectors.table import ConnectorTable


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request, ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout_s: float
    """For the whole exchange, from connecting to the last byte of the answer."""
    ca_certificate: str | None = None
    """PEM text of the authority to trust instead of the system's."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class HttpTimeout(Exception):
    """The exchange took longer than its timeout."""


class HttpConnectionFailed(Exception):
    """No connection was made, so the request had no effect."""


class HttpConnectionBroken(Exception):
    """The connection was lost before the whole answer had come."""


class HttpResponseTooLarge(Exception):
    """The answer is larger than the language allows."""


class HttpTransport(Protocol):
    """Sends requests. Raises one of the four errors above, or Cancelled when the execution is cancelled meanwhile."""

    def send(self, request: HttpRequest, cancellation: Cancellation) -> HttpResponse: ...


class TokenSource(Protocol):
    """Gives the tokens that `auth` asks for. Raises AuthenticationFailed."""

    def identity_token(self, audience: str) -> str:
        """An OIDC token for a service that expects `audience`."""

    def access_token(self, scopes: tuple[str, ...]) -> str:
        """An OAuth2 token for Google APIs; no scopes means the default one."""


class AuthenticationFailed(Exception):
    """No token could be had."""


class CallbackEndpoints(Protocol):
    """Addresses under which the outside world can call a waiting execution."""

    def create(self, execution_name: str, method: str) -> str:
        """The URL of a new endpoint for requests with `method`."""

    def wait(self, url: str, timeout_s: float, clock: Clock, cancellation: Cancellation) -> Value | None:
        """The next request at `url` as a map; None when none came in time. Raises KeyError for an unknown URL."""

    def forget(self, execution_name: str) -> None:
        """The execution has ended."""


class LogSink(Protocol):
    """Where `sys.log` writes."""

    def write(self, execution_name: str, severity: str, payload: Value) -> None: ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """The world of one execution."""

    environment: Mapping[str, str]
    """What `sys.get_env` reads."""
    clock: Clock
    http: HttpTransport
    tokens: TokenSource
    connectors: ConnectorTable
    callbacks: CallbackEndpoints
    log: LogSink
    execution_name: str
    """`projects/P/locations/L/workflows/W/executions/ID`."""


class Caller(Protocol):
    """The line of control a library function is called from."""

    @property
    def runtime(self) -> Runtime: ...

    @property
    def cancellation(self) -> Cancellation: ...
