"""A made cluster to copy, so that only the tests about making one wait for `initdb`."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
def made_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped directory with the vector extension in its database."""
    import psycopg

    directory = tmp_path_factory.mktemp("made") / "postgres"
    with EmbeddedPostgres(directory, durable=False) as postgres, psycopg.connect(postgres.url) as connection:
        connection.execute("create extension vector")
    return directory


@pytest.fixture
def copy_of_made_cluster(made_cluster: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copies the made cluster, with its owner, to a name under this test's folder."""

    def copy(name: str) -> Path:
        copied = tmp_path / name
        shutil.copytree(made_cluster, copied)
        owner = (made_cluster / "data").stat()
        for path in [copied / "data", *(copied / "data").rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
        return copied

    return copy


@pytest.fixture
def directory(made_cluster: Path) -> Iterator[Path]:
    """A stopped directory that tests share: it must stay usable, and nothing may be left running on it."""
    yield made_cluster
    assert postgres_processes(made_cluster) == []


@pytest.fixture
def own_directory(copy_of_made_cluster: Callable[[str], Path]) -> Path:
    """A stopped directory of the test's own, to be damaged."""
    return copy_of_made_cluster("postgres")


def postgres_processes(directory: Path) -> list[int]:
    """Ids of the processes that work inside the data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(directory.resolve() / "data"):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found
