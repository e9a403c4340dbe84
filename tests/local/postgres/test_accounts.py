"""Who Postgres runs as, and where root and others can run it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from local.postgres import ClusterUnusable, EmbeddedPostgres, NoUnprivilegedAccount, PostgresError
from local.postgres.account import Account, account_for, new_account
from local.postgres.binaries import binaries_for
from local.postgres.cluster import Cluster, create_cluster

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it is about what root does")
NOBODY = 65534


def give(folder: Path, *, uid: int, gid: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, gid)


@needs_root
def test_root_drops_to_an_unprivileged_account_even_in_a_home_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "postgres", durable=False) as postgres:
        assert postgres.pid is not None
        process = psutil.Process(postgres.pid)
        assert process.uids().effective != 0
        assert process.gids().effective != 0
        with psycopg.connect(postgres.url) as connection:
            connection.execute("create table written ()")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "postgres" / "data" / "PG_VERSION").exists()


@needs_root
def test_cluster_stays_with_the_account_it_was_made_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 4321, 4322)  # in no user database: only making a cluster needs an entry there
    assert account_for(data) == Account(uid=4321, gid=4322)


@needs_root
def test_cluster_whose_owner_is_in_no_user_database_still_runs(own_directory: Path) -> None:
    give(own_directory / "data", uid=4321, gid=4322)
    with EmbeddedPostgres(own_directory) as postgres, psycopg.connect(postgres.url) as connection:
        assert postgres.pid is not None
        assert psutil.Process(postgres.pid).uids().effective == 4321
        assert connection.execute("select 1").fetchone() == (1,)


@needs_root
def test_cluster_that_belongs_to_root_is_refused(own_directory: Path) -> None:
    give(own_directory / "data", uid=0, gid=0)
    with pytest.raises(ClusterUnusable, match="belongs to root"), EmbeddedPostgres(own_directory):
        pass


@needs_root
def test_cluster_of_somebody_else_is_refused() -> None:
    """A person on a home that root made."""
    stranger = 4321
    script = f"""
import os
from pathlib import Path
from local.postgres.account import account_for
os.seteuid({stranger})
account_for(Path("/"))
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert f"belongs to user id 0. Expected: ours, {stranger}" in result.stderr


def test_missing_accounts_are_explained() -> None:
    with pytest.raises(NoUnprivilegedAccount, match="useradd --system"):
        new_account(("no-such-account",))


@needs_root
def test_programs_out_of_reach_are_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual environment under /root: the account that root drops to cannot run what lies there."""
    account = Account(uid=NOBODY, gid=NOBODY)
    installed = binaries_for(None).folder.parent
    site_packages = tmp_path / "closed" / "site-packages"
    shutil.copytree(installed, site_packages / installed.name, ignore=shutil.ignore_patterns("pginstall18", "include"))
    shutil.copytree(installed.with_suffix(".libs"), site_packages / f"{installed.name}.libs")
    site_packages.parent.chmod(0o700)
    monkeypatch.syspath_prepend(str(site_packages))
    for parent in tmp_path.parents[:2]:  # pytest's own folders are closed too
        assert not parent.stat().st_mode & 0o001 or parent == Path("/tmp")
    with pytest.raises(PostgresError, match="cannot run"):
        binaries_for(account, tmp_path / "closed" / "copy")
    shared_copy = Path("/var/tmp") / f"moment-test-{os.getpid()}"  # must be open to everybody
    try:
        shared_copy.mkdir(mode=0o755)
        copied = binaries_for(account, shared_copy)
        assert copied.folder.is_relative_to(shared_copy)
        inode = copied.postgres.stat().st_ino
        assert binaries_for(account, shared_copy).postgres.stat().st_ino == inode
        (tmp_path / "postgres").mkdir()
        create_cluster(Cluster(tmp_path / "postgres" / "data", account), copied, "secret")
        assert (tmp_path / "postgres" / "data" / "PG_VERSION").exists()
    finally:
        shutil.rmtree(shared_copy, ignore_errors=True)


@needs_root
def test_works_without_root() -> None:
    """Run as root's own test by dropping to `nobody`, who is given nothing but the right to read the interpreter."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("needs setpriv (util-linux)")
    home = Path("/var/tmp") / f"moment-test-{os.getpid()}"  # must be open to everybody
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    script = f"""
import os, psycopg
from pathlib import Path
from local.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path({str(home)!r}) / "postgres", durable=False) as postgres:
    print(os.geteuid(), psycopg.connect(postgres.url).execute("show data_directory").fetchone()[0])
"""
    reads_everything = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    drop = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *reads_everything]
    try:
        result = subprocess.run([*drop, sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert f"{NOBODY} {home}/postgres/data" in result.stdout, result.stderr
    finally:
        shutil.rmtree(home)


@needs_root
def test_full_disk_leaves_nothing_half_made(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if (
        mount is None
        or unmount is None
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=12m", "tmpfs", small], check=False).returncode != 0
    ):
        pytest.skip("needs the right to mount a small disk")
    try:
        with pytest.raises(PostgresError, match="No space left on device"), EmbeddedPostgres(small / "postgres"):
            pass
        assert sorted(path.name for path in (small / "postgres").iterdir()) == ["lock", "password"]
    finally:
        subprocess.run([unmount, small], check=True)
