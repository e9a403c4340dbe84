"""Callback endpoints: URLs that the outside world calls while an execution waits.

`CallbackBoard` keeps the endpoints; a server hands it the requests it receives. `CallbackServer` is such a server for
an execution that runs without one.
"""

import functools
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from local.workflows.runtime.cancellation import Cancellation
from local.workflows.runtime.clock import Clock
from local.workflows.standard_library.http_messages import decode_content
from local.workflows.values import Value

LARGEST_REQUEST_BYTES = 2 * 1024 * 1024
_STOP_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """One HTTP request at a callback endpoint."""

    method: str
    path: str
    """Path and query as received."""
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Endpoint:
    method: str
    received: deque[Value] = field(default_factory=deque)
    arrival: threading.Event = field(default_factory=threading.Event)
    clock: Clock | None = None
    """The clock of the execution that waits."""


class CallbackBoard:
    """The endpoints of one server's executions. `base_url` is asked for at each creation, as a port may come late."""

    def __init__(self, base_url: Callable[[], str], now: Callable[[], float]) -> None:
        self._base_url = base_url
        self._now = now
        self._lock = threading.Lock()
        self._endpoints: dict[str, _Endpoint] = {}

    def create(self, execution_name: str, method: str) -> str:
        path = f"/v1/{execution_name}/callbacks/{uuid.uuid4()}"
        with self._lock:
            self._endpoints[path] = _Endpoint(method)
        return self._base_url() + path

    def wait(self, url: str, timeout_s: float, clock: Clock, cancellation: Cancellation) -> Value | None:
        endpoint = self._endpoints[urlsplit(url).path]
        endpoint.clock = clock
        with cancellation.interrupting(lambda: clock.wake(endpoint.arrival)):
            clock.wait(endpoint.arrival, timeout_s)
        with self._lock:
            if not endpoint.received:
                return None
            request = endpoint.received.popleft()
            if not endpoint.received:
                endpoint.arrival.clear()
        return request

    def deliver(self, request: CallbackRequest) -> int:
        """Hand a request to the execution that waits for it, or will; the HTTP status of the answer."""
        parts = urlsplit(request.path)
        endpoint = self._endpoints.get(parts.path)
        if endpoint is None:
            return 404
        if request.method != endpoint.method:
            return 405
        query = {key: values[0] if len(values) == 1 else values for key, values in parse_qs(parts.query).items()}
        content_type = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
        received = {
            "http_request": {
                "body": decode_content(request.body, content_type) if request.body else None,
                "headers": dict(request.headers),
                "method": request.method,
                "query": query,
                "url": request.path,
            },
            "received_time": self._now(),
            "type": "HTTP",
        }
        with self._lock:
            endpoint.received.append(received)
        if endpoint.clock is not None:
            endpoint.clock.wake(endpoint.arrival)
        else:
            endpoint.arrival.set()
        return 200

    def forget(self, execution_name: str) -> None:
        """Remove the endpoints of an execution that has ended."""
        prefix = f"/v1/{execution_name}/callbacks/"
        with self._lock:
            for path in [path for path in self._endpoints if path.startswith(prefix)]:
                del self._endpoints[path]


class CallbackServer:
    """Callback endpoints with an HTTP server of their own on a free loopback port, started with the first one."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._board = CallbackBoard(self._start, now)
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.wait = self._board.wait
        self.create = self._board.create

    def forget(self, execution_name: str) -> None:
        """The execution has ended: stop the server."""
        self._board.forget(execution_name)
        with self._lock:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None

    def _start(self) -> str:
        with self._lock:
            if self._server is None:
                self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self._board))
                self._server.daemon_threads = True
                serve = functools.partial(self._server.serve_forever, poll_interval=_STOP_POLL_S)
                threading.Thread(target=serve, name="workflow-callbacks", daemon=True).start()
            return f"http://127.0.0.1:{self._server.server_port}"


def _handler_for(board: CallbackBoard) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > LARGEST_REQUEST_BYTES:
                self.send_error(413)
                return
            body = self.rfile.read(length)
            status = board.deliver(CallbackRequest(self.command, self.path, dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
            """Say nothing."""

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer  # noqa: N815

    return Handler
