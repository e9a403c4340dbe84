"""Keeping a lease alive while a stage works, from a thread of its own.

A worker that dies stops prolonging its lease, so another may take over as soon as the lease ends; a worker that merely
takes long keeps it for as long as it needs.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import structlog

from shared.database import Database, stage_runs

log = structlog.get_logger()

RENEWALS_PER_LEASE = 4
"""Three renewals may fail in a row before the lease is lost."""


@contextmanager
def kept_alive(database: Database, stage_run_id: UUID, owner: UUID, lease_s: float) -> Iterator[None]:
    """Prolong the lease every quarter of its length until the block ends."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease_s / RENEWALS_PER_LEASE):
            try:
                with database.transaction() as connection:
                    if not stage_runs.extend(connection, stage_run_id, owner, lease_s):
                        log.warning("lease lost", stage_run_id=str(stage_run_id))
                        return
            except psycopg.Error as error:  # the database may be back before the lease ends
                log.warning("lease not renewed", stage_run_id=str(stage_run_id), error=str(error))

    thread = threading.Thread(target=renew, name=f"lease-{stage_run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
