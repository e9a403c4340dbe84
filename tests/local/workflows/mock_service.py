"""An HTTP service that does as it is told: what workflows in tests call.

| path | answer |
|---|---|
| `/echo` | what was received: method, path, query, headers, body |
| `/status/CODE` | that status, with a JSON body and a header |
| `/flaky/KEY?failures=N&status=S` | S for the first N requests with this key, then 200 and how often it was asked |
| `/slow?seconds=S` | 200 after S seconds |
| `/gauge?seconds=S` | 200 after S seconds; `/gauge/most` says how many there were at one time at most |
| `/size/N` | a text of N bytes |
| `/content/KIND` | `text`, `bytes`, `latin1`, `broken-json`, `gzip`, `nothing` |
| `/cut` | closes the connection in the middle of the body |
| `/redirect?to=PATH&status=S` | a redirection |
| `/content/KIND` | `text`, `bytes`, `latin1`, `broken-json`, `gzip` or `nothing` |
"""

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

POLLS_OF_A_JOB = 3


@dataclass
class MockService:
    """The service while it runs, and what it has seen."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    at_work: int = 0
    most_at_work: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        with self.lock:
            self.requests.clear()
            self.asked.clear()
            self.most_at_work = 0


@contextmanager
def mock_service() -> Iterator[MockService]:
    """The service on a free loopback port."""
    server = _Server(("127.0.0.1", 0), _Handler)
    service = server.service = MockService(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, name="mock-service", daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    service: MockService

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        received = {
            "method": self.command,
            "path": parts.path,
            "query": parse_qs(parts.query),
            "headers": dict(self.headers.items()),
            "body": body.decode("latin-1"),
        }
        with self.server.service.lock:
            self.server.service.requests.append(received)
            self.server.service.asked[parts.path] += 1
        first, _, rest = parts.path.lstrip("/").partition("/")
        answer = getattr(self, f"_{first.replace('.', '')}", None)
        if answer is None:
            self._answer(404, {"unknown": parts.path})
        else:
            answer(rest, query, received)

    def _echo(self, _rest: str, _query: dict[str, str], received: dict[str, Any]) -> None:
        self._answer(200, received)

    def _status(self, rest: str, _query: dict[str, str], _received: dict[str, Any]) -> None:
        self._answer(int(rest), {"asked": int(rest)}, {"x-kind": "asked-for"})

    def _flaky(self, _rest: str, query: dict[str, str], received: dict[str, Any]) -> None:
        count = self.server.service.asked[received["path"]]
        failed = count <= int(query["failures"])
        self._answer(int(query.get("status", "503")) if failed else 200, {"asked": count})

    def _slow(self, _rest: str, query: dict[str, str], _received: dict[str, Any]) -> None:
        time.sleep(float(query["seconds"]))
        self._answer(200, {})

    def _gauge(self, rest: str, query: dict[str, str], _received: dict[str, Any]) -> None:
        if rest == "most":
            self._answer(200, {"most": self.server.service.most_at_work})
            return
        with self.server.service.lock:
            self.server.service.at_work += 1
            self.server.service.most_at_work = max(self.server.service.most_at_work, self.server.service.at_work)
        time.sleep(float(query["seconds"]))
        with self.server.service.lock:  # before the answer, so that the next request is not counted on top
            self.server.service.at_work -= 1
        self._answer(200, {})

    def _size(self, rest: str, _query: dict[str, str], _received: dict[str, Any]) -> None:
        self._send(200, b"x" * int(rest), {"Content-Type": "text/plain"})

    def _content(self, rest: str, _query: dict[str, str], _received: dict[str, Any]) -> None:
        body, headers = {
            "text": ("café".encode(), {"Content-Type": "text/plain; charset=utf-8"}),
            "latin1": ("café".encode("latin-1"), {"Content-Type": "text/plain; charset=latin-1"}),
            "bytes": (b"\x00\x01", {"Content-Type": "application/octet-stream"}),
            "broken-json": (b"{", {"Content-Type": "application/json"}),
            "gzip": (
                gzip.compress(b'{"zipped":true}'),
                {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            ),
            "nothing": (b"", {}),
        }[rest]
        self._send(200, body, headers)

    def _cut(self, _rest: str, _query: dict[str, str], _received: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def _redirect(self, _rest: str, query: dict[str, str], _received: dict[str, Any]) -> None:
        self._send(int(query.get("status", "302")), b"", {"Location": query["to"]})

    def _v2(self, rest: str, _query: dict[str, str], received: dict[str, Any]) -> None:
        """Cloud Run: `jobs.run` gives an operation, which is done after a few polls."""
        if rest.endswith(":run"):
            job = rest.removesuffix(":run")
            self._answer(200, {"name": job.replace("/jobs/", "/operations/"), "done": False})
        elif "/operations/" in rest and self.server.service.asked[received["path"]] < POLLS_OF_A_JOB:
            self._answer(200, {"name": rest, "done": False})
        elif rest.endswith("/failing"):
            self._answer(200, {"name": rest, "done": True, "error": {"code": 13, "message": "the job failed"}})
        else:
            self._answer(200, {"name": rest, "done": True, "response": {"succeededCount": 1}})

    def _answer(self, status: int, value: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
        """Say nothing."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815  # http.server's
