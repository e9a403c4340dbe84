"""A pool of Postgres connections that survives a restart of the server and the transaction pooler in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[dict[str, Any]]

CONNECT_TIMEOUT_S = 10


class Database:
    """Hands out transactions. Connections are opened when first needed and checked before each use."""

    def __init__(self, url: str, *, connections: int) -> None:
        """`url`: postgresql://…; `connections`: most connections held at once, ≥ 1."""
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=0,
            max_size=connections,
            timeout=CONNECT_TIMEOUT_S,
            open=True,
            check=ConnectionPool.check_connection,
            kwargs={
                "row_factory": dict_row,
                "prepare_threshold": None,  # a transaction pooler gives every transaction another server connection
                "connect_timeout": CONNECT_TIMEOUT_S,
                "application_name": "moment",
            },
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside a transaction: committed when the block ends, rolled back when it raises.

        Raises:
            psycopg.OperationalError: the server cannot be reached or went away in the middle.
        """
        with self._pool.connection() as connection, connection.transaction():
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
