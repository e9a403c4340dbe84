"""The HTTP client of executions on this machine: connections kept for reuse, and a deadline for the whole exchange.

A request whose execution is cancelled ends at once: another thread shuts its socket down, which makes a blocked
connect, write or read return. That needs a hand on the socket from before it connects, so this stands on `http.client`.
"""

import functools
import http.client
import select
import socket
import ssl
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from local.workflows import limits
from local.workflows.runtime import (
    HttpConnectionBroken,
    HttpConnectionFailed,
    HttpRequest,
    HttpResponse,
    HttpResponseTooLarge,
    HttpTimeout,
)
from local.workflows.runtime.cancellation import Cancellation

IDLE_CONNECTIONS_PER_HOST = 256
"""Kept open for reuse: more than the executions one machine runs at a time."""
LONGEST_IDLE_S = 3.0
"""Servers close connections nobody uses after 5 s or more; one that is about to be closed is better not used."""
MAX_REDIRECTS = 10
REPEATABLE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Requests that may be sent again when it is not known whether the first one arrived (RFC 9110, 9.2.2)."""

_CHUNK_BYTES = 64 * 1024
_GZIP_WINDOW_BITS = zlib.MAX_WBITS | 32  # accepts both the gzip and the zlib header
_UNQUOTED = "!#$%&'()*+,/:;=?@[]~"
"""What may stand in a path and query besides letters and digits; `%` because the rest may be quoted already."""

Connection = http.client.HTTPConnection


class HttpClient:
    """Sends the requests of any number of executions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: defaultdict[_Origin, list[tuple[Connection, float]]] = defaultdict(list)

    def send(self, request: HttpRequest, cancellation: Cancellation) -> HttpResponse:
        in_flight = _InFlight(request.timeout_s)
        with cancellation.interrupting(in_flight.abort):
            for _ in range(MAX_REDIRECTS):
                response = self._exchange(request, in_flight)
                redirected = _redirected(request, response)
                if redirected is None:
                    return response
                request = redirected
            return response

    def close(self) -> None:
        """Close the connections kept for reuse."""
        with self._lock:
            connections = [connection for idle in self._idle.values() for connection, _ in idle]
            self._idle.clear()
        for connection in connections:
            connection.close()

    def _exchange(self, request: HttpRequest, in_flight: "_InFlight") -> HttpResponse:
        origin = _Origin.of(request)
        connection = self._take_idle(origin, in_flight)
        if connection is not None and request.method in REPEATABLE_METHODS:
            try:
                return self._send_over(connection, origin, request, in_flight)
            except _ClosedMeanwhile:  # by a server tired of waiting, just as the request was sent
                connection = None
        return self._send_over(connection or _connect(origin, in_flight), origin, request, in_flight)

    def _send_over(
        self, connection: Connection, origin: "_Origin", request: HttpRequest, in_flight: "_InFlight"
    ) -> HttpResponse:
        is_reusable = False
        try:
            in_flight.limit_next_wait()
            answer = _answer(connection, request)
            response = HttpResponse(answer.status, tuple(answer.getheaders()), _read_body(answer, in_flight))
            answer.close()  # http.client sends nothing more over the connection before
            is_reusable = not answer.will_close
        except TimeoutError:
            raise HttpTimeout from None
        except (http.client.HTTPException, OSError) as error:
            raise HttpConnectionBroken(str(error) or type(error).__name__) from error
        finally:
            if is_reusable:
                self._keep(origin, connection)
            else:
                connection.close()
        return response

    def _take_idle(self, origin: "_Origin", in_flight: "_InFlight") -> Connection | None:
        with self._lock:
            idle = self._idle[origin]
            while idle:
                connection, since = idle.pop()
                if time.monotonic() - since < LONGEST_IDLE_S and _is_alive(connection.sock):
                    in_flight.use(connection.sock)
                    return connection
                connection.close()
        return None

    def _keep(self, origin: "_Origin", connection: Connection) -> None:
        with self._lock:
            if len(self._idle[origin]) < IDLE_CONNECTIONS_PER_HOST:
                self._idle[origin].append((connection, time.monotonic()))
                return
        connection.close()


class _Origin(NamedTuple):
    """What two requests must have in common to use the same connection."""

    scheme: str
    host: str
    port: int
    ca_certificate: str | None

    @classmethod
    def of(cls, request: HttpRequest) -> "_Origin":
        parts = urlsplit(request.url)
        default_port = 443 if parts.scheme == "https" else 80
        return cls(parts.scheme, parts.hostname or "", parts.port or default_port, request.ca_certificate)


class _InFlight:
    """One exchange: its deadline, and the socket it uses at the moment."""

    def __init__(self, timeout_s: float) -> None:
        self._deadline = time.monotonic() + timeout_s
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_aborted = False

    def use(self, connection_socket: socket.socket) -> None:
        """From here on the exchange blocks on this socket."""
        with self._lock:
            self._socket = connection_socket
            if self._is_aborted:
                _shut_down(connection_socket)

    def abort(self) -> None:
        """Make whatever the exchange waits for return. Called from another thread."""
        with self._lock:
            self._is_aborted = True
            if self._socket is not None:
                _shut_down(self._socket)

    def limit_next_wait(self) -> None:
        """Let the next wait on the socket end by the deadline. Raises HttpTimeout when that has passed."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise HttpTimeout
        if self._socket is not None:
            self._socket.settimeout(left)


class _ClosedMeanwhile(HttpConnectionBroken):
    """The connection was closed before the first byte of an answer."""


def _answer(connection: Connection, request: HttpRequest) -> http.client.HTTPResponse:
    """Send a request and wait for the head of its answer."""
    try:
        connection.request(request.method, _target(request.url), request.body, _encoded(request.headers))
        return connection.getresponse()
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
        raise _ClosedMeanwhile(str(error)) from error


def _connect(origin: _Origin, in_flight: _InFlight) -> Connection:
    try:
        addresses = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HttpConnectionFailed(f"{origin.host}: {error}") from error
    failure: OSError | None = None
    for family, kind, protocol, _, address in addresses:
        raw = socket.socket(family, kind, protocol)
        try:
            in_flight.use(raw)
            in_flight.limit_next_wait()
            raw.connect(address)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _connection(origin, raw, in_flight)
        except (TimeoutError, HttpTimeout):
            raw.close()
            raise HttpTimeout from None
        except OSError as error:
            raw.close()
            failure = error
    raise HttpConnectionFailed(f"{origin.host}:{origin.port}: {failure}") from failure


def _connection(origin: _Origin, raw: socket.socket, in_flight: _InFlight) -> Connection:
    if origin.scheme == "http":
        connection = Connection(origin.host, origin.port)
        connection.sock = raw
        return connection
    secured = _tls_context(origin.ca_certificate).wrap_socket(raw, server_hostname=origin.host)
    in_flight.use(secured)
    connection = http.client.HTTPSConnection(origin.host, origin.port)
    connection.sock = secured
    return connection


@functools.lru_cache(maxsize=16)
def _tls_context(ca_certificate: str | None) -> ssl.SSLContext:
    """Whom to trust: reading the system's authorities takes longer than connecting, so it is done once."""
    return ssl.create_default_context(cadata=ca_certificate)


def _is_alive(connection_socket: socket.socket) -> bool:
    """Whether an idle connection is still open: one that has something to read was closed by the other side."""
    poll = select.poll()
    poll.register(connection_socket, select.POLLIN)
    return not poll.poll(0)


def _shut_down(connection_socket: socket.socket) -> None:
    try:
        # The plain socket's own method: that of a TLS socket would take away the state another thread is reading with.
        socket.socket.shutdown(connection_socket, socket.SHUT_RDWR)
    except OSError:
        return  # not connected, or no longer: nobody waits on it


def _encoded(headers: Mapping[str, str]) -> dict[str, bytes]:
    """Header values as UTF-8, which http.client would otherwise refuse to write."""
    return {name: value.encode() for name, value in headers.items()}


def _target(url: str) -> str:
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return quote(target, safe=_UNQUOTED)


def _read_body(answer: http.client.HTTPResponse, in_flight: _InFlight) -> bytes:
    """The whole body, decompressed, unless it is larger than the language allows."""
    is_compressed = answer.headers.get("Content-Encoding", "").lower() in {"gzip", "deflate"}
    decompressor = zlib.decompressobj(_GZIP_WINDOW_BITS) if is_compressed else None
    body = bytearray()
    while True:
        in_flight.limit_next_wait()
        chunk = answer.read1(_CHUNK_BYTES)
        if not chunk:
            if answer.length:
                raise HttpConnectionBroken(f"the body ended {answer.length} bytes early")
            return bytes(body)
        try:
            body += decompressor.decompress(chunk, limits.HTTP_RESPONSE_BYTES + 1) if decompressor else chunk
        except zlib.error as error:
            raise HttpConnectionBroken(f"the body is not {answer.headers['Content-Encoding']}: {error}") from None
        if len(body) > limits.HTTP_RESPONSE_BYTES:
            raise HttpResponseTooLarge


def _redirected(request: HttpRequest, response: HttpResponse) -> HttpRequest | None:
    """The request a redirection asks for; None when the response is the answer."""
    location = next((value for name, value in response.headers if name.lower() == "location"), None)
    if response.status not in {301, 302, 303, 307, 308} or location is None:
        return None
    try:
        target = urljoin(request.url, location)
        leads_elsewhere = urlsplit(target).netloc != urlsplit(request.url).netloc
    except ValueError:
        return None
    if urlsplit(target).scheme not in {"http", "https"}:
        return None
    headers = dict(request.headers)
    if leads_elsewhere:
        headers.pop("Authorization", None)  # a token is for the host it was meant for
    keeps_method = response.status in {307, 308} or request.method in {"GET", "HEAD"}
    if keeps_method:
        return replace(request, url=target, headers=headers)
    headers.pop("Content-Type", None)
    return replace(request, url=target, headers=headers, method="GET", body=None)
