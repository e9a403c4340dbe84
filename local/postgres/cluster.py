"""The files of a database cluster: made whole or not at all, and checked before they are used.

Where root has handed the files to an unprivileged account, that account may not be able to walk to them (a home under
/root is closed to everybody else). No mode of any parent is changed for that. Postgres is started *inside* its data
directory and told that the directory is `/proc/self/cwd`: a process needs no permission on the way to where it already
stands. The files stay with the home.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.postgres.account import Account
from local.postgres.binaries import MAJOR_VERSION, Binaries
from local.postgres.errors import ClusterUnusable, PostgresError

SUPERUSER = "postgres"
PASSWORD_BYTES = 24
WAL_SEGMENT_MB = 4
"""A quarter of Postgres's default: a new cluster is 12 MB smaller and the desk never writes that much at once."""
WORKING_DIRECTORY = "/proc/self/cwd"


@dataclass(frozen=True)
class Cluster:
    """A data directory and who runs it."""

    data: Path
    """Absolute, without symbolic links."""
    account: Account | None
    """None: ourselves."""

    @property
    def data_argument(self) -> str:
        """What Postgres is told its data directory is, when it is started inside it."""
        reachable = self.account is None or sys.platform != "linux"
        return str(self.data) if reachable else WORKING_DIRECTORY


def environment() -> dict[str, str]:
    """Our environment without the variables that would redirect Postgres, and with its messages in English."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C", "TZ": "UTC"}


def check_cluster(data: Path) -> None:
    """Raise `ClusterUnusable` unless `data` holds a cluster of our major version."""
    try:
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise ClusterUnusable(
            f"{data} holds no database cluster: PG_VERSION is missing. Expected: a directory made by this program. "
            "Restore it from a copy, or move it away to begin with an empty database"
        ) from None
    if found != MAJOR_VERSION:
        raise ClusterUnusable(
            f"{data} was made by Postgres {found}. Expected: {MAJOR_VERSION}. Dump it with that version and restore "
            "the dump here, or move it away to begin with an empty database"
        )


def password_of(directory: Path) -> str:
    """The superuser's password, made once and kept readable by the owner of the home alone."""
    path = directory / "password"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    if (directory / "data").exists():
        raise ClusterUnusable(
            f"{path} is missing. Expected: the password of the database in {directory / 'data'}. Restore it from a "
            "copy, or move the data directory away to begin with an empty database"
        )
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600, exist_ok=False)
    with unfinished.open("w", encoding="ascii") as file:
        file.write(f"{password}\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    return password


def create_cluster(cluster: Cluster, binaries: Binaries, password: str) -> None:
    """Make the cluster beside its place and move it there when it is whole.

    Raises:
        PostgresError: `initdb` failed (a full disk, for one); nothing is left behind.
    """
    unfinished = cluster.data.with_name(f"{cluster.data.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed; we hold the lock, so it is nobody's
    try:
        unfinished.mkdir(mode=0o700)
        if cluster.account is not None:
            os.chown(unfinished, cluster.account.uid, cluster.account.gid)
        _initdb(Cluster(unfinished, cluster.account), binaries, password)
        unfinished.rename(cluster.data)
    except OSError as error:
        raise PostgresError(f"could not make the database in {cluster.data}: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _initdb(cluster: Cluster, binaries: Binaries, password: str) -> None:
    account = cluster.account
    # The password travels in a file without a name, which the account may open through the inherited descriptor.
    with tempfile.TemporaryFile("w", encoding="ascii") as password_file:
        password_file.write(f"{password}\n")
        password_file.flush()
        if account is not None:
            os.fchown(password_file.fileno(), account.uid, account.gid)
        result = subprocess.run(
            [
                binaries.initdb,
                f"--pgdata={cluster.data_argument}",
                f"--username={SUPERUSER}",
                f"--pwfile=/dev/fd/{password_file.fileno()}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                f"--wal-segsize={WAL_SEGMENT_MB}",
                "--no-instructions",
                "--no-sync",  # 1.4 of 2.1 s; `EmbeddedPostgres.start` flushes the files while work has begun
            ],
            cwd=cluster.data,
            env=environment(),
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            pass_fds=[password_file.fileno()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode != 0:
        reason = " ".join(line.strip() for line in result.stderr.splitlines() if "removing" not in line)
        raise PostgresError(f"could not make the database in {cluster.data.parent}. Found: {reason}")
