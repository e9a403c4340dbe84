"""An ASGI application on a loopback port, served by a thread of this process."""

import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
START_WITHIN_S = 10.0
STOP_WITHIN_S = 5.0
UNFINISHED_REQUESTS_S = 2
"""How long requests at work may go on when the server stops."""
POLL_S = 0.002


class AsgiServerError(RuntimeError):
    """The server did not start."""


class AsgiServer:
    """Serves one application until it is stopped."""

    def __init__(self, application: ASGIApp, *, name: str, host: str = LOOPBACK, port: int = 0) -> None:
        """Bind the port already, so that the URL is known.

        Args:
            application: what answers; it gets no lifespan events.
            name: of the thread, for people who look at stacks.
            host: address to listen on.
            port: 0 picks a free one.

        Raises:
            AsgiServerError: the port is taken.
        """
        # asyncio switches off Nagle's algorithm only where the protocol is named; with it every answer takes 40 ms
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((host, port))
            self._listener.listen()
        except OSError as error:
            self._listener.close()
            raise AsgiServerError(
                f"cannot listen on {host}:{port}: {error.strerror}. Expected: a free port of this machine"
            ) from error
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"
        """Without a slash at the end."""
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # nobody may claim to be on this machine
                server_header=False,
                timeout_graceful_shutdown=UNFINISHED_REQUESTS_S,
            )
        )
        self._name = name
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> str:
        """The URL, once requests are accepted.

        Raises:
            AsgiServerError: it did not come up within ten seconds.
        """
        self._thread.start()
        give_up_at = time.monotonic() + START_WITHIN_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > give_up_at:
                raise AsgiServerError(f"{self._name} did not start within {START_WITHIN_S:.0f} s")
            time.sleep(POLL_S)
        return self.url

    def stop(self) -> None:
        """Stop within a few seconds. May be called twice, and without a start."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)
        self._listener.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])
