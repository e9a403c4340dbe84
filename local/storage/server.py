"""The embedded Cloud Storage as a server: a store on a folder, its HTTP APIs on a loopback port, in this process.

account = service_account(home)
with StorageServer(home / "storage", public_keys={account.email: account.public_key}) as storage:
    os.environ["STORAGE_EMULATOR_HOST"] = storage.url    # the official client needs nothing else
"""

import socket
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from local.directory_lock import DirectoryLock
from local.storage.api.app import StorageApplication
from local.storage.api.calls import Authorize
from local.storage.api.signatures import PublicKeys
from local.storage.resources import BucketSettings, ObjectMetadata
from local.storage.store import Clock, Store, utc_now
from local.storage.store.objects import OnFinalize

LOOPBACK = "127.0.0.1"
START_WITHIN_S = 10.0
POLL_S = 0.002
STOP_WITHIN_S = 5.0
UNFINISHED_REQUESTS_S = 2
"""How long requests at work may go on when the server stops. A resumable upload continues after the next start."""


class StorageServerError(RuntimeError):
    """The server did not start."""


def ignore(_metadata: ObjectMetadata) -> None:
    """A finalize hook for those who want none."""


class StorageServer:
    """Cloud Storage on one folder, for one process at a time."""

    def __init__(
        self,
        root: Path,
        *,
        public_keys: PublicKeys,
        on_finalize: OnFinalize = ignore,
        buckets: Iterable[BucketSettings] = (),
        authorize: Authorize | None = None,
        host: str = LOOPBACK,
        port: int = 0,
        clock: Clock = utc_now,
    ) -> None:
        """Nothing is opened yet.

        Args:
            root: folder of the store, made if it is missing.
            public_keys: who may sign URLs, by e-mail address.
            on_finalize: called in a worker thread with each new generation once it is on the disk, before the
                uploader hears of it. Called again at the next start if it raised or was cut off.
            buckets: made, or given these settings, at the start.
            authorize: whether a bearer token may use the JSON API; None lets any program on this machine.
            host: address to listen on.
            port: 0 picks a free one.
            clock: the time signatures and objects go by.
        """
        self._root = root
        self._keys = public_keys
        self._on_finalize = on_finalize
        self._buckets = tuple(buckets)
        self._authorize = authorize
        self._host = host
        self._port = port
        self._clock = clock
        self._lock: DirectoryLock | None = None
        self._store: Store | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`: for `STORAGE_EMULATOR_HOST` and as `api_access_endpoint` of signed URLs."""
        return f"http://{self._host}:{self._port}"

    @property
    def store(self) -> Store:
        """The store behind it, while it runs."""
        if self._store is None:
            raise StorageServerError("the embedded Cloud Storage is not running. Expected: start() first")
        return self._store

    def start(self) -> str:
        """Return the URL once requests are accepted.

        Raises:
            DirectoryInUse: another process serves this folder.
            StorageServerError: the port is taken, or the server did not come up.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        self._lock = DirectoryLock(self._root / "lock")
        try:
            self._store = Store(self._root, on_finalize=self._on_finalize, clock=self._clock)
            self._store.ensure_buckets(self._buckets)
            self._store.objects.announce_pending()
            self._serve(StorageApplication(self._store, self._keys, self._authorize))
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Stop within a few seconds. May be called twice."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_WITHIN_S)
        if self._store is not None:
            self._store.close()
        if self._lock is not None:
            self._lock.release()
        self._server = self._thread = self._store = self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, app: StorageApplication) -> None:
        # asyncio switches off Nagle's algorithm only where the protocol is named; with it every answer takes 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self._port))
            listener.listen()
        except OSError as error:
            listener.close()
            raise StorageServerError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror}. Expected: a free port of this machine"
            ) from error
        self._port = listener.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # nobody may claim to be on this machine
                server_header=False,
                timeout_graceful_shutdown=UNFINISHED_REQUESTS_S,
            )
        )
        self._thread = threading.Thread(target=_run, args=(self._server, listener), name="storage-server", daemon=True)
        self._thread.start()
        give_up_at = time.monotonic() + START_WITHIN_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > give_up_at:
                raise StorageServerError(f"the embedded Cloud Storage did not start within {START_WITHIN_S:.0f} s")
            time.sleep(POLL_S)


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    with listener:
        server.run(sockets=[listener])
