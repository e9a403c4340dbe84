"""The HTTP client by itself: reuse of connections, deadlines, and failures told apart."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from local.workflows.runtime import (
    HttpConnectionBroken,
    HttpConnectionFailed,
    HttpRequest,
    HttpResponseTooLarge,
    HttpTimeout,
)
from local.workflows.runtime.cancellation import Cancellation, Cancelled
from local.workflows.runtime.http_client import HttpClient
from tests.local.workflows.mock_service import MockService


@pytest.fixture
def client() -> Iterator[HttpClient]:
    client = HttpClient()
    yield client
    client.close()


def get(url: str, timeout_s: float = 5.0) -> HttpRequest:
    return HttpRequest("GET", url, {}, None, timeout_s)


class RawServer:
    """Accepts connections and answers each with the bytes it is given, `every` seconds apart."""

    def __init__(self, *pieces: bytes, every: float = 0.0, keep_open: bool = False) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self.connections = 0
        self._pieces = pieces
        self._every = every
        self._keep_open = keep_open
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.connections += 1
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            connection.recv(65536)
            for piece in self._pieces:
                connection.sendall(piece)
                time.sleep(self._every)
            if self._keep_open:
                time.sleep(10)
        except OSError:
            return
        finally:
            connection.close()


def test_a_connection_is_used_again(client: HttpClient, service: MockService) -> None:
    ports = set()
    for _ in range(5):
        client.send(get(f"{service.url}/echo"), Cancellation())
        ports |= {connection.sock.getsockname()[1] for idle in client._idle.values() for connection, _ in idle}
    assert len(ports) == 1


def test_a_connection_the_server_closed_is_not(client: HttpClient) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    server = RawServer(answer)  # closes although it did not say so
    for _ in range(3):
        assert client.send(get(server.url), Cancellation()).body == b"ok"
        time.sleep(0.02)
    assert server.connections == 3


def test_a_body_that_drips_does_not_outlast_the_timeout(client: HttpClient) -> None:
    server = RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100, every=0.05)
    began = time.monotonic()
    with pytest.raises(HttpTimeout):
        client.send(get(server.url, timeout_s=0.3), Cancellation())
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([b""], HttpConnectionBroken),
        ([b"nonsense\r\n\r\n"], HttpConnectionBroken),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"], HttpConnectionBroken),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha"], HttpConnectionBroken),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"], HttpConnectionBroken),
        ([b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 33], HttpResponseTooLarge),
    ],
)
def test_failures_are_told_apart(client: HttpClient, pieces: list[bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        client.send(get(RawServer(*pieces).url), Cancellation())


def test_nobody_listening(client: HttpClient) -> None:
    with pytest.raises(HttpConnectionFailed, match=r"127\.0\.0\.1:1"):
        client.send(get("http://127.0.0.1:1/"), Cancellation())


def test_a_tls_host_that_speaks_no_tls(client: HttpClient) -> None:
    server = RawServer(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(HttpConnectionFailed):
        client.send(get(server.url.replace("http:", "https:")), Cancellation())


def test_redirections_end(client: HttpClient, service: MockService) -> None:
    response = client.send(get(f"{service.url}/redirect?to=/redirect?to=/echo"), Cancellation())
    assert response.status == 200
    endless = RawServer(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
    assert client.send(get(endless.url), Cancellation()).status == 302


def test_a_token_does_not_follow_to_another_host(client: HttpClient, service: MockService) -> None:
    target = f"{service.url}/echo".replace("127.0.0.1", "localhost")
    request = HttpRequest("GET", f"{service.url}/redirect?to={target}", {"Authorization": "Bearer secret"}, None, 5.0)
    assert b"secret" not in client.send(request, Cancellation()).body


def test_a_cancellation_ends_a_read(client: HttpClient) -> None:
    server = RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", keep_open=True)
    cancellation = Cancellation()
    threading.Timer(0.1, cancellation.request).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        client.send(get(server.url, timeout_s=30), cancellation)
    assert time.monotonic() - began < 1
