"""What tests of more than one room share: a real Postgres with the real schema, empty at the start of each test."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.migrations import migrate
from local.postgres import EmbeddedPostgres
from shared.chat.postgres import PostgresChat
from shared.database import Database
from shared.wiring import Services
from tests.shared.builders import services_on

CONNECTIONS = 8


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of this test session (database `postgres`, empty)."""
    directory: Path = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(directory, durable=False) as postgres:
        yield postgres.url


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    """A database with the whole schema."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database moment_test")
    url = postgres_url.rsplit("/", 1)[0] + "/moment_test"
    migrate(url)
    database = Database(url, connections=1)
    PostgresChat(database).create_schema()
    database.close()
    return url


@pytest.fixture
def database_url(migrated_url: str) -> str:
    """The database with the whole schema and no rows (emptied before each test: a fresh one would take longer)."""
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        tables = connection.execute(
            """select format('%I.%I', schemaname, tablename) from pg_tables
               where schemaname in ('moment', 'live') and tablename <> 'alembic_version'"""
        ).fetchall()
        connection.execute(f"truncate {', '.join(name for (name,) in tables)} cascade".encode())
    return migrated_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The empty database, opened."""
    opened = Database(database_url, connections=CONNECTIONS)
    yield opened
    opened.close()


@pytest.fixture
def services(database_url: str) -> Iterator[Services]:
    """Services on the empty database; buckets are named but not reached."""
    opened = services_on(database_url)
    yield opened
    opened.database.close()
