"""What tests of more than one room share: a real Postgres with the real schema, one fresh database per test."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from local.migrations import migrate
from local.postgres import EmbeddedPostgres
from shared.chat.postgres import PostgresChat
from shared.database import Database

CONNECTIONS = 8


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of this test session (database `postgres`, empty)."""
    directory: Path = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(directory, durable=False) as postgres:
        yield postgres.url


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a database with the whole schema, from which the tests' databases are copied."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database template_moment")
    url = with_database(postgres_url, "template_moment")
    migrate(url)
    database = Database(url, connections=1)
    PostgresChat(database).create_schema()
    database.close()
    return "template_moment"


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """A fresh database with the whole schema and no rows."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template_database}".encode())
        yield with_database(postgres_url, name)
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The fresh database, opened."""
    opened = Database(database_url, connections=CONNECTIONS)
    yield opened
    opened.close()


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return url.rsplit("/", 1)[0] + f"/{name}"
