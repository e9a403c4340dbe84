"""A database of its own with the whole corpus ingested once: the one the other tests share is emptied before each."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from knowledge_base.evaluation import LabelledQuery, read_queries
from knowledge_base.ingest import ingest
from local.migrations import migrate
from shared.database import Connection, Database
from shared.embeddings import HASHED_NGRAMS, Embedder, embedder_named

QUERIES = Path(__file__).parents[1] / "evals" / "retrieval_queries.yaml"


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return embedder_named(HASHED_NGRAMS)


@pytest.fixture(scope="session")
def corpus(postgres_url: str, embedder: Embedder) -> Iterator[Database]:
    """The ingested corpus. Tests leave it as they find it."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database moment_knowledge")
    url = postgres_url.rsplit("/", 1)[0] + "/moment_knowledge"
    migrate(url)
    database = Database(url, connections=1)
    with database.transaction() as connection:
        ingest(connection, embedder)
    yield database
    database.close()


@pytest.fixture
def connection(corpus: Database) -> Iterator[Connection]:
    """A transaction on the corpus that is rolled back."""
    with corpus.transaction() as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture(scope="session")
def queries() -> list[LabelledQuery]:
    return read_queries(QUERIES)
