"""Where one machine keeps its state: the database, the buckets, its keys and its logs.

One process at a time uses a home; a second one is told which process holds it.
"""

import os
from pathlib import Path
from typing import Self

from local.directory_lock import DirectoryLock

DEFAULT_HOME = Path(".moment")


def unwritable(folder: Path) -> str | None:
    """Why nothing can be written into this folder, which need not exist yet; None when it can."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        return f"{place} is no folder"
    return None if os.access(place, os.W_OK | os.X_OK) else f"{place} cannot be written"


class Home:
    """The directory of one machine's state, held by a lock while it is used."""

    def __init__(self, directory: Path) -> None:
        """`directory` is created, readable by its owner alone, when it does not exist."""
        self.directory = directory.absolute()
        self._lock: DirectoryLock | None = None

    @property
    def postgres(self) -> Path:
        """The database."""
        return self.directory / "postgres"

    @property
    def storage(self) -> Path:
        """The buckets."""
        return self.directory / "storage"

    @property
    def events(self) -> Path:
        """Finalize events on their way."""
        return self.directory / "events"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.directory / "logs"

    def __enter__(self) -> Self:
        """Hold the home.

        Raises:
            DirectoryInUse: names the process that holds it.
            OSError: the directory cannot be made or written.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        self._lock = DirectoryLock(self.directory / "lock")
        return self

    def __exit__(self, *_: object) -> None:
        """Let the home go."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
