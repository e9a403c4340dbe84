"""The system of record: one small module per table, each a set of typed functions over a psycopg connection.

Whoever calls owns the transaction: `with database.transaction() as connection:` and several calls inside it are one.
"""

from shared.database.connection import Connection, Database

__all__ = ["Connection", "Database"]
