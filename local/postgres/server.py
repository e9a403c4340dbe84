"""One running Postgres on one directory: makes the files if there are none, starts the server, stops it.

What it promises. *Durable*: fsync and synchronous commit stay on, so a committed row survives a kill of any process
and a power cut; a commit costs a millisecond or two on a laptop's disk, and a run of the pipeline makes dozens, not
thousands. *Private*: it listens on 127.0.0.1 alone, on a free port, and wants a random password (scram-sha-256) that
lies in the directory, readable by its owner alone. *Contained*: see `guardian.py` for who restarts and who stops it.
"""

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from local.directory_lock import DirectoryLock
from local.ports import free_port
from local.postgres.account import account_for
from local.postgres.binaries import binaries_for
from local.postgres.cluster import SUPERUSER, Cluster, check_cluster, create_cluster, environment, password_of
from local.postgres.errors import PostgresError
from local.postgres.guard import Guard, Watched

HOST = "127.0.0.1"
DATABASE = "postgres"
PORT_ATTEMPTS = 5
"""Another program can take a free port between our look and Postgres's."""
PORT_TAKEN = "Address already in use"
LOG_LIMIT_BYTES = 10 * 1024 * 1024
"""A longer log is set aside at the next start (one old log is kept)."""
LOG_LINES_IN_ERRORS = 5

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a home's path more
    "max_connections": "100",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # files in the directory, gone with it; /dev/shm is 64 MB in a container
    "wal_level": "minimal",  # nobody replicates a desk
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
"""Server settings, given on the command line so that a later version of this file applies to every home."""


class EmbeddedPostgres:
    """Postgres on `directory`, for one owner at a time.

    The directory holds `data` (the cluster), `password`, `postgres.log` and `lock`, and may be moved or copied as a
    whole while nothing runs on it.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        """Nothing is started yet.

        Args:
            directory: made if it is missing.
            durable: False trades safety at a power cut (not at a kill) for speed; for databases that a test throws
                away.
        """
        self._directory = directory.resolve()
        self._durable = durable
        self._lock: DirectoryLock | None = None
        self._guard: Guard | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """`postgresql://…` with the password: show it to nobody."""
        if self._url is None:
            raise PostgresError(f"Postgres on {self._directory} is not running. Expected: start() first")
        return self._url

    @property
    def pid(self) -> int | None:
        """Process id of the main Postgres process; another one after a restart, None before the start."""
        return self._guard.pid if self._guard is not None else None

    @property
    def failure(self) -> str | None:
        """Why Postgres went down for good, or None."""
        return self._guard.failure if self._guard is not None else None

    def start(self) -> str:
        """Return the database URL once connections are accepted.

        Raises:
            DirectoryInUse: another process runs Postgres here.
            ClusterUnusable: the files here are not a cluster of ours.
            NoUnprivilegedAccount: root, and nobody to run Postgres as.
            PostgresError: anything else, with the last words of Postgres's log.
        """
        if self._lock is not None:
            raise PostgresError(f"Postgres on {self._directory} was started already. Expected: stop() before")
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = DirectoryLock(self._directory / "lock")
        except OSError as error:
            raise PostgresError(f"cannot keep a database in {self._directory}: {error}") from error
        try:
            self._url = self._start(self._lock)
        except BaseException:
            self.stop()
            raise
        return self._url

    def stop(self) -> None:
        """Stop Postgres: fast, then hard, always within 12 s. May be called twice."""
        if self._guard is not None:
            self._guard.stop()
        if self._lock is not None:
            self._lock.release()
        self._guard = self._lock = self._url = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self, lock: DirectoryLock) -> str:
        data = self._directory / "data"
        cluster = Cluster(data, account_for(data))
        binaries = binaries_for(cluster.account)
        password = password_of(self._directory)
        is_new = not data.exists()
        if is_new:
            create_cluster(cluster, binaries, password)
        check_cluster(data)
        port = self._start_on_a_free_port(cluster, binaries.postgres, lock)
        if is_new and self._durable:
            threading.Thread(target=os.sync, name="postgres-sync", daemon=True).start()
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{port}/{DATABASE}"

    def _start_on_a_free_port(self, cluster: Cluster, postgres: Path, lock: DirectoryLock) -> int:
        log = self._directory / "postgres.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        settings = SETTINGS if self._durable else SETTINGS | {"fsync": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        for _ in range(PORT_ATTEMPTS):
            port = free_port()
            said_before = log.stat().st_size if log.exists() else 0
            self._guard = Guard(
                Watched(
                    command=[str(postgres), "-D", cluster.data_argument, "-p", str(port), *options],
                    data=cluster.data,
                    log=log,
                    lock=lock.fileno(),
                    uid=cluster.account.uid if cluster.account is not None else None,
                    gid=cluster.account.gid if cluster.account is not None else None,
                    environment=environment(),
                )
            )
            try:
                self._guard.start()
            except PostgresError as error:
                words = _last_words(log, said_before)
                if PORT_TAKEN in words:
                    continue
                raise PostgresError(f"Postgres on {self._directory} did not start: {error}. Its log: {words}") from None
            return port
        raise PostgresError(f"found no free port on {HOST} for Postgres in {PORT_ATTEMPTS} attempts")


def _last_words(log: Path, since: int) -> str:
    """The last lines Postgres wrote from byte `since` on."""
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().decode("utf-8", "replace").splitlines()
    return " / ".join(lines[-LOG_LINES_IN_ERRORS:]) or "(nothing)"
