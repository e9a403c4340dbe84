"""Bringing a database to the newest revision, without paying for Alembic when it is there already."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[1]
_VERSIONS = ROOT / "migrations" / "versions"


class MigrationError(RuntimeError):
    """The schema could not be brought up to date."""


def newest_revision() -> str:
    """The revision of the newest migration: the number its file name begins with."""
    return max(file.name.split("_")[0] for file in _VERSIONS.glob("[0-9]*.py"))


def migrate(database_url: str) -> bool:
    """Apply the migrations that are missing; False when there was none.

    Raises:
        MigrationError: with what Alembic said.
    """
    if _revision(database_url) == newest_revision():
        return False
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), "upgrade", "head"],
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["(nothing)"]
        raise MigrationError(f"the database schema could not be brought up to date. Alembic said: {last[0]}")
    return True


def _revision(database_url: str) -> str | None:
    with psycopg.connect(database_url) as connection:
        if connection.execute("select to_regclass('moment.alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("select version_num from moment.alembic_version").fetchone()
        return None if row is None else str(row[0])
