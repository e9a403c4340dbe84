"""One owner per directory: a lock that the kernel takes back however its holder ends.

A child process may inherit it (`fileno`), so that the lock outlives an owner that was killed until what the child
guards is down too: the guardian of the embedded Postgres does.
"""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

PREDECESSOR_STOPS_WITHIN_S = 20.0
"""A child whose parent was killed needs at most this long to bring down what it guards."""
POLL_S = 0.02


class DirectoryInUse(RuntimeError):
    """Another live process owns this directory."""


class DirectoryLock:
    """An exclusive lock on a file that names the process holding it."""

    def __init__(self, path: Path) -> None:
        """Wait for a predecessor that is just going down, if there is one.

        Raises:
            DirectoryInUse: a live process holds the lock; the message names it.
        """
        self._path = path
        self._file = path.open("a+")
        try:
            self._wait()
            self._file.truncate(0)
            self._file.write(f"{os.getpid()}\n")
            self._file.flush()
        except BaseException:
            self._file.close()
            raise

    def fileno(self) -> int:
        """The descriptor a guardian inherits to hold the lock as well."""
        return self._file.fileno()

    def release(self) -> None:
        """Give the directory back."""
        self._file.close()

    def __enter__(self) -> "DirectoryLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def _wait(self) -> None:
        give_up_at = time.monotonic() + PREDECESSOR_STOPS_WITHIN_S
        while not self._taken():
            holder = self._holder()
            if (holder is not None and psutil.pid_exists(holder)) or time.monotonic() > give_up_at:
                raise DirectoryInUse(
                    f"{self._path.parent} is in use by process {holder or 'unknown'}. Expected: one process per home. "
                    "Stop that process first, or use another home"
                )
            time.sleep(POLL_S)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> int | None:
        """The process named in the file; None in the moment between taking the lock and writing the name."""
        self._file.seek(0)
        with suppress(ValueError):
            return int(self._file.read())
        return None
