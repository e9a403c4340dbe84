"""Every function of this project behind one loopback port, each served by functions-framework as it is when deployed.

Runs as a process of its own, `python -m local.functions_host PORT`, with the functions' environment. A function is
loaded when it is first called (and warmed up in the background), answers under `/{name}`, and only for callers with an
identity token for its URL, as Cloud Run does.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from local.tokens import TokenCheck

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FUNCTIONS = ("on_upload", "prepare", "transcribe", "analyze", "retrieve", "coach", "narrate", "speak", "deliver")
"""Served in this order of warming up: the order in which an upload meets them."""
PUBLIC_KEY_VARIABLE = "FUNCTIONS_HOST_PUBLIC_KEY"
_FOLDER = Path(__file__).parents[1] / "functions"


class _QuietHandler(WSGIRequestHandler):
    """The stages log for themselves; one line per request would only repeat them."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class LazyFunction:
    """A function's WSGI application, made on first use."""

    def __init__(self, name: str) -> None:
        """`name`: folder under `functions/` and entry point of its main.py."""
        self.name = name
        self._lock = threading.Lock()
        self._application: WSGIApplication | None = None

    def application(self) -> "WSGIApplication":
        """The application; loads the function's module the first time."""
        with self._lock:
            if self._application is None:
                from functions_framework import create_app

                source = str(_FOLDER / self.name / "main.py")
                # "http" unless the function says otherwise: the framework leaves the last one's kind in the environment
                self._application = create_app(self.name, source, "http")  # type: ignore[no-untyped-call]  # is untyped
            return self._application


class FunctionsHost:
    """The WSGI application in front of all functions: finds the function, checks the caller."""

    def __init__(self, check: TokenCheck, base_url: str) -> None:
        """`base_url`: where this host is reached, without a trailing slash; function URLs are audiences."""
        self._check = check
        self._base_url = base_url
        self._functions = {name: LazyFunction(name) for name in FUNCTIONS}

    def warm_up(self) -> None:
        """Load every function, one after another."""
        for function in self._functions.values():
            function.application()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        name, _, rest = environ.get("PATH_INFO", "/").lstrip("/").partition("/")
        function = self._functions.get(name)
        if function is None:
            return _refuse(start_response, HTTPStatus.NOT_FOUND, f"no function {name!r}. Found: {', '.join(FUNCTIONS)}")
        refusal = self._check.refusal(environ.get("HTTP_AUTHORIZATION", ""), f"{self._base_url}/{name}")
        if refusal is not None:
            return _refuse(start_response, HTTPStatus.FORBIDDEN, refusal)
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = f"/{name}", f"/{rest}"
        return function.application()(environ, start_response)


def _refuse(start_response: "StartResponse", status: HTTPStatus, detail: str) -> Iterable[bytes]:
    body = detail.encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


def serve(port: int, public_key: str, on_ready: Callable[[], None]) -> None:
    """Serve on 127.0.0.1 until the process is ended."""
    host = FunctionsHost(TokenCheck(public_key), f"http://127.0.0.1:{port}")
    server: Any = make_server("127.0.0.1", port, host, threaded=True, request_handler=_QuietHandler)

    threading.Thread(target=host.warm_up, name="warm-up", daemon=True).start()
    on_ready()
    server.serve_forever()


if __name__ == "__main__":
    # the line is what whoever started it waits for
    serve(int(sys.argv[1]), os.environ[PUBLIC_KEY_VARIABLE], lambda: print("ready", flush=True))
