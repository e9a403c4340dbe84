"""The embedded Cloud Storage as a server: a store on a folder, its HTTP APIs on a loopback port, in this process.

account = service_account(home)
with StorageServer(home / "storage", public_keys={account.email: account.public_key}) as storage:
    os.environ["STORAGE_EMULATOR_HOST"] = storage.url    # the official client needs nothing else
"""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from local.asgi_server import LOOPBACK, AsgiServer
from local.directory_lock import DirectoryLock
from local.storage.api.app import StorageApplication
from local.storage.api.calls import Authorize
from local.storage.api.signatures import PublicKeys
from local.storage.resources import BucketSettings, ObjectMetadata
from local.storage.store import Clock, Store, utc_now
from local.storage.store.objects import OnFinalize


class StorageServerError(RuntimeError):
    """The server is asked for something it has only while it runs."""


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
        self._server: AsgiServer | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`: for `STORAGE_EMULATOR_HOST` and as `api_access_endpoint` of signed URLs."""
        if not self._url:
            raise StorageServerError("the embedded Cloud Storage is not running. Expected: start() first")
        return self._url

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
            AsgiServerError: the port is taken, or the server did not come up.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        self._lock = DirectoryLock(self._root / "lock")
        try:
            self._store = Store(self._root, on_finalize=self._on_finalize, clock=self._clock)
            self._store.ensure_buckets(self._buckets)
            self._store.objects.announce_pending()
            application = StorageApplication(self._store, self._keys, self._authorize)
            self._server = AsgiServer(application, name="storage-server", host=self._host, port=self._port)
            self._url = self._server.start()
        except BaseException:
            self.stop()
            raise
        return self._url

    def stop(self) -> None:
        """Stop within a few seconds. May be called twice."""
        if self._server is not None:
            self._server.stop()
        if self._store is not None:
            self._store.close()
        if self._lock is not None:
            self._lock.release()
        self._server = self._store = self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
