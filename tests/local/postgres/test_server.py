"""Starting, using, stopping."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from local.postgres import ClusterUnusable, DirectoryInUse, EmbeddedPostgres, PostgresError
from tests.local.postgres.conftest import postgres_processes


def test_cold_start_gives_postgres_16_with_pgvector(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "home" / "postgres") as postgres, psycopg.connect(postgres.url) as connection:
        assert connection.info.server_version // 10000 == 16
        connection.execute("create extension vector")
        distance = connection.execute("select '[3,4]'::vector <-> '[0,0]'").fetchone()
        assert distance == (5.0,)
    assert postgres_processes(tmp_path / "home" / "postgres") == []


def test_rows_outlive_stop_and_start(directory: Path) -> None:
    with EmbeddedPostgres(directory) as postgres, psycopg.connect(postgres.url) as connection:
        connection.execute("create table dish (name text)")
        connection.execute("insert into dish values ('チャーハン')")
    with EmbeddedPostgres(directory) as postgres, psycopg.connect(postgres.url) as connection:
        assert connection.execute("select name from dish").fetchall() == [("チャーハン",)]


def test_start_twice_in_a_row_is_quick(directory: Path) -> None:
    began = time.monotonic()
    with EmbeddedPostgres(directory):
        pass
    assert time.monotonic() - began < 3.0


def test_commits_survive_a_power_cut_by_default(directory: Path) -> None:
    with EmbeddedPostgres(directory) as postgres, psycopg.connect(postgres.url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"show {setting}").fetchone() == ("on",)


def test_connections_need_the_password(directory: Path) -> None:
    with EmbeddedPostgres(directory) as postgres:
        password = (directory / "password").read_text().strip()
        assert password in postgres.url
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(postgres.url.replace(password, "guess"))
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(postgres.url.replace(f":{password}", ""))


def test_only_this_machine_and_only_the_owner_can_get_in(directory: Path) -> None:
    with EmbeddedPostgres(directory) as postgres, psycopg.connect(postgres.url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("show unix_socket_directories").fetchone() == ("",)
    assert stat.S_IMODE((directory / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE((directory / "data").stat().st_mode) == 0o700


def test_directory_is_closed_to_others(tmp_path: Path) -> None:
    before = stat.S_IMODE(tmp_path.stat().st_mode)
    with EmbeddedPostgres(tmp_path / "postgres", durable=False):
        pass
    assert stat.S_IMODE((tmp_path / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == before


def test_two_directories_run_side_by_side(copy_of_made_cluster: Callable[[str], Path]) -> None:
    with (
        EmbeddedPostgres(copy_of_made_cluster("one")) as one,
        EmbeddedPostgres(copy_of_made_cluster("two")) as two,
        psycopg.connect(one.url) as first,
        psycopg.connect(two.url) as second,
    ):
        first.execute("create table mark ()")
        assert second.execute("select to_regclass('mark')").fetchone() == (None,)


def test_second_start_in_the_same_process_is_refused(directory: Path) -> None:
    with (
        EmbeddedPostgres(directory),
        pytest.raises(DirectoryInUse, match=f"in use by process {os.getpid()}"),
        EmbeddedPostgres(directory),
    ):
        pass


def test_start_is_refused_while_another_process_has_the_directory(directory: Path) -> None:
    with EmbeddedPostgres(directory):
        script = (
            "import sys, pathlib, local.postgres; local.postgres.EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()"
        )
        other = subprocess.run([sys.executable, "-c", script, directory], capture_output=True, text=True, check=False)
    assert f"DirectoryInUse: {directory} is in use by process {os.getpid()}." in other.stderr


def test_a_directory_that_was_moved_still_starts(own_directory: Path, tmp_path: Path) -> None:
    with EmbeddedPostgres(own_directory) as postgres, psycopg.connect(postgres.url) as connection:
        connection.execute("create table kept ()")
    own_directory.rename(tmp_path / "moved")
    with EmbeddedPostgres(tmp_path / "moved") as postgres, psycopg.connect(postgres.url) as connection:
        assert connection.execute("select to_regclass('kept')::text").fetchone() == ("kept",)


def test_a_path_with_spaces_japanese_and_more_than_107_bytes_works(tmp_path: Path) -> None:
    home = tmp_path / ("わたしの 台所" * 8) / "postgres"
    with EmbeddedPostgres(home, durable=False) as postgres, psycopg.connect(postgres.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_cluster_of_another_major_version_is_refused(own_directory: Path) -> None:
    (own_directory / "data" / "PG_VERSION").write_text("15\n")
    with (
        pytest.raises(ClusterUnusable, match=r"was made by Postgres 15. Expected: 16"),
        EmbeddedPostgres(own_directory),
    ):
        pass


def test_folder_that_is_no_cluster_is_refused_and_left_alone(own_directory: Path) -> None:
    (own_directory / "data" / "PG_VERSION").unlink()
    with pytest.raises(ClusterUnusable, match="PG_VERSION is missing"), EmbeddedPostgres(own_directory):
        pass
    assert (own_directory / "data" / "base").is_dir()


def test_corrupt_cluster_fails_with_the_words_of_its_log(own_directory: Path) -> None:
    control = own_directory / "data" / "global" / "pg_control"
    control.write_bytes(control.read_bytes()[:100])
    with (
        pytest.raises(PostgresError, match=r"did not start: exited with status .*pg_control"),
        EmbeddedPostgres(own_directory),
    ):
        pass


def test_lost_password_is_an_error_not_a_new_password(own_directory: Path) -> None:
    (own_directory / "password").unlink()
    with pytest.raises(ClusterUnusable, match="password is missing"), EmbeddedPostgres(own_directory):
        pass


def test_what_a_killed_first_start_left_is_replaced(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "half").write_text("written")
    with EmbeddedPostgres(tmp_path / "postgres", durable=False):
        assert not unfinished.exists()


def test_url_is_not_given_before_start(tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match="is not running"):
        _ = EmbeddedPostgres(tmp_path / "postgres").url
