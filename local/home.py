"""Where one machine keeps its state: the database, the buckets, its keys and its logs.

One process at a time uses a home; a second one is told which process holds it.
"""

import fcntl
import os
from pathlib import Path
from typing import Self

DEFAULT_HOME = Path(".moment")


class HomeInUse(RuntimeError):
    """Another live process works with this home."""


class Home:
    """The directory of one machine's state, held by a lock while it is used."""

    def __init__(self, directory: Path) -> None:
        """`directory` is created, readable by its owner alone, when it does not exist."""
        self.directory = directory.absolute()
        self._lock: int | None = None

    @property
    def postgres(self) -> Path:
        """The database cluster."""
        return self.directory / "postgres"

    @property
    def storage(self) -> Path:
        """The buckets."""
        return self.directory / "storage"

    @property
    def service_account(self) -> Path:
        """The machine's own service account, key included."""
        return self.directory / "service_account.json"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.directory / "logs"

    def __enter__(self) -> Self:
        """Hold the home.

        Raises:
            HomeInUse: names the process that holds it.
            OSError: the directory cannot be made or written.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode().strip() or "unknown"
            os.close(lock)
            raise HomeInUse(
                f"{self.directory} is in use by process {holder}. Wait for it to end, or choose another --home."
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock
        return self

    def __exit__(self, *_: object) -> None:
        """Let the home go."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None
