"""A book in one SQLite file, with one writer at a time.

A transaction that was committed is on the disk (WAL with a full sync), so what was acknowledged survives a kill and a
power cut.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.storage.errors import disk_full_refused


class Database:
    """The connection and its lock. Every use is a short transaction."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open or create the book. `schema` must do nothing where the book has it already."""
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.execute("pragma foreign_keys = on")
        self._connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and nobody else in between."""
        with self._lock, disk_full_refused():
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:  # SQLite has rolled back by itself after some errors
                    self._connection.execute("rollback")
                raise

    def rows(self, query: str, *parameters: object) -> list[sqlite3.Row]:
        """Read."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def row(self, query: str, *parameters: object) -> sqlite3.Row | None:
        """Read the first row."""
        rows = self.rows(query, *parameters)
        return rows[0] if rows else None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the book as it is while files are opened by what it says."""
        with self._lock:
            yield

    def close(self) -> None:
        """Write everything into the one file and let go of it."""
        with self._lock:
            self._connection.close()


def dump(resource: Mapping[str, Any]) -> str:
    """JSON as it is kept in the book."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
