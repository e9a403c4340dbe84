"""What is left running, and what comes back, when processes are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from local.postgres import EmbeddedPostgres
from tests.local.postgres.conftest import postgres_processes

OWNER = """
import sys, threading, time
from pathlib import Path
from local.postgres import EmbeddedPostgres

postgres = EmbeddedPostgres(Path(sys.argv[1]))
starter = threading.Thread(target=postgres.start)
starter.start()
starter.join()   # the thread that started everything is gone now; that must not matter
print(postgres.url, postgres.pid, file=sys.stderr, flush=True)
time.sleep(60)
"""


@contextmanager
def owner_process(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """Another process that has started Postgres: it, the database URL, the id of the main Postgres process."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(directory)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert owner.stderr is not None
        url, pid = owner.stderr.readline().split()
        yield owner, url, int(pid)
    finally:
        owner.kill()
        owner.wait()
        if owner.stderr is not None:
            owner.stderr.close()


def wait_until(condition: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not so within {within_s} s"
        time.sleep(0.02)


def connect_again(url: str, within_s: float) -> psycopg.Connection:
    deadline = time.monotonic() + within_s
    while True:
        try:
            return psycopg.connect(url, connect_timeout=2)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def guardian_of(postgres_pid: int) -> psutil.Process:
    guardian = psutil.Process(postgres_pid).parent()
    assert guardian is not None
    assert "guardian.py" in " ".join(guardian.cmdline())
    return guardian


def test_nothing_runs_on_when_the_owner_is_killed(directory: Path) -> None:
    with owner_process(directory) as (owner, url, pid):
        guardian = guardian_of(pid)
        busy = psycopg.connect(url)
        threading.Thread(target=run_until_disconnected, args=(busy,), daemon=True).start()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        wait_until(lambda: postgres_processes(directory) == [] and not guardian.is_running(), within_s=5)
        busy.close()


def run_until_disconnected(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select pg_sleep(60)")


def test_nothing_runs_on_when_owner_and_guardian_are_killed_at_once(directory: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux ends a child with its parent; elsewhere the next start clears it away")
    with owner_process(directory) as (owner, _, pid):
        guardian = guardian_of(pid)
        owner.send_signal(signal.SIGSTOP)  # so that it cannot replace the guardian in between
        guardian.kill()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        wait_until(lambda: postgres_processes(directory) == [], within_s=5)


def test_start_right_after_the_owner_was_killed_waits_for_its_postgres_to_end(directory: Path) -> None:
    with owner_process(directory) as (owner, url, _):
        with psycopg.connect(url) as connection:
            connection.execute("create table kept ()")
        owner.kill()
        owner.wait()
        with EmbeddedPostgres(directory) as postgres, psycopg.connect(postgres.url) as connection:
            assert connection.execute("select to_regclass('kept')::text").fetchone() == ("kept",)


def test_killed_postgres_comes_back_on_the_same_port_with_every_commit(directory: Path) -> None:
    with EmbeddedPostgres(directory) as postgres:
        with psycopg.connect(postgres.url) as connection:
            connection.execute("create table step (number int)")
            connection.execute("insert into step values (1)")
        uncommitted = psycopg.connect(postgres.url)
        uncommitted.execute("insert into step values (2)")
        killed = postgres.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        began = time.monotonic()
        with connect_again(postgres.url, within_s=5) as connection:
            assert time.monotonic() - began < 2.0
            assert connection.execute("select number from step").fetchall() == [(1,)]
        wait_until(lambda: postgres.pid != killed, within_s=1)
        uncommitted.close()


def test_backend_in_the_middle_of_a_computation_does_not_keep_postgres_from_coming_back(directory: Path) -> None:
    with EmbeddedPostgres(directory) as postgres:
        busy = psycopg.connect(postgres.url)
        counting = threading.Thread(target=count_until_disconnected, args=(busy,), daemon=True)
        counting.start()
        wait_until(lambda: any_query_runs(postgres.url), within_s=5)
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        connect_again(postgres.url, within_s=5).close()
        counting.join(5)
        assert not counting.is_alive()
        busy.close()


def count_until_disconnected(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select count(*) from generate_series(1, 10000000000)")


def any_query_runs(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where state = 'active' and query like '%generate_series(1%' "
            "and pid <> pg_backend_pid()"
        ).fetchone()
    return row is not None and row[0] > 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_guardian_that_was_killed_is_replaced(directory: Path, how: signal.Signals) -> None:
    with EmbeddedPostgres(directory) as postgres:
        assert postgres.pid is not None
        first = guardian_of(postgres.pid)
        first.send_signal(how)
        psutil.wait_procs([first], timeout=5)
        wait_until(lambda: postgres.pid is not None and psutil.pid_exists(postgres.pid), within_s=5)
        with connect_again(postgres.url, within_s=5) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_postgres_that_keeps_dying_is_given_up(own_directory: Path) -> None:
    with EmbeddedPostgres(own_directory) as postgres:
        assert postgres.pid is not None
        control = own_directory / "data" / "global" / "pg_control"
        whole = control.read_bytes()
        control.write_bytes(whole[:100])
        os.kill(postgres.pid, signal.SIGKILL)
        wait_until(lambda: postgres.failure is not None, within_s=15)
        assert postgres.failure == "exited with status -6 while starting, 6 deaths within 60 s"


def test_stale_pid_file_of_a_reused_process_id_is_seen_through(directory: Path) -> None:
    data = directory / "data"
    bystander = subprocess.Popen(["/bin/sleep", "60"], user=data.stat().st_uid if os.geteuid() == 0 else None)
    try:
        lines = [str(bystander.pid), str(data), "1700000000", "5432", "", "127.0.0.1", "", "ready"]
        (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        with EmbeddedPostgres(directory) as postgres, psycopg.connect(postgres.url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_stale_pid_file_of_a_dead_process_is_seen_through(directory: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (directory / "data" / "postmaster.pid").write_text(f"{dead.pid}\n{directory}/data\n1700000000\n5432\n\n\n\nready\n")
    with EmbeddedPostgres(directory) as postgres, psycopg.connect(postgres.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_stop_is_quick_although_clients_are_connected(directory: Path) -> None:
    postgres = EmbeddedPostgres(directory)
    client = psycopg.connect(postgres.start())
    client.execute("create table unfinished ()")
    began = time.monotonic()
    postgres.stop()
    assert time.monotonic() - began < 5
    postgres.stop()
    client.close()


@pytest.mark.soak
def test_stop_is_bounded_when_postgres_does_not_answer(directory: Path) -> None:
    postgres = EmbeddedPostgres(directory)
    postgres.start()
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGSTOP)
    began = time.monotonic()
    postgres.stop()
    assert time.monotonic() - began < 12
