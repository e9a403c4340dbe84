"""A small process between us and Postgres, so that neither can be left without the other.

It is run by path with `python -I`, not imported: it starts in a few hundredths of a second and, having one thread, may
tie Postgres's life to its own (on Linux the kernel signals a child when the *thread* that started it ends). It

- starts Postgres and says when it accepts connections,
- starts it again, on the same port, when it dies,
- stops it when told to, or when the owner is gone: then its standard input ends, or its parent changes.

Orders come as standard input (anything, or its end, means stop), news go as JSON lines to standard output.

| killed with -9 | what happens |
|---|---|
| the owner | input ends; the guardian stops Postgres and itself |
| Postgres | the guardian starts it again |
| the guardian | the kernel stops Postgres (Linux); the owner starts a new guardian |
| owner and guardian | the kernel stops Postgres (Linux); elsewhere the next start does |
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

SHUTDOWN_STEPS = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 2.0))
"""Fast shutdown (disconnects clients, writes a checkpoint), immediate shutdown, the end; and how long each may take,
seconds."""
LEFTOVER_STEPS = ((signal.SIGQUIT, 0.5), (signal.SIGKILL, 2.0))
"""Immediate shutdown of what lost its owner: recovery from the log repairs the files either way."""
RESTARTS = 5
RESTART_WINDOW_S = 60.0
"""More deaths than `RESTARTS` within this time mean that starting again does not help."""
RESTART_PAUSE_S = 0.2
STARTUP_S = 60.0
"""Longest recovery that is waited for."""
STARTING_POLL_S = 0.005
OWNER_POLL_S = 1.0
PR_SET_PDEATHSIG = 1
STATUS_LINE = 7
"""Line of `postmaster.pid`, from 0, that says `ready` once connections are accepted (Postgres 10 and later)."""


@dataclass(frozen=True)
class Orders:
    """What the owner hands over, as one JSON argument."""

    command: list[str]
    data: str
    log: str
    owner: int
    """Process id."""
    uid: int | None
    """Account of Postgres; None: ours."""
    gid: int | None


class Stop(Exception):  # not an error: the way out of every wait
    """The owner asked to stop, or is gone."""


class Guardian:
    """Keeps one Postgres running."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._data = Path(orders.data)
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths: list[float] = []
        self._failure = ""
        self._terminated = False
        self._wake, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._terminate)
        self._prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def run(self) -> int:
        """Guard until told to stop or until Postgres cannot be kept up. Returns the exit status."""
        try:
            up = self._start("ready")
            while up:
                self._wait(OWNER_POLL_S)
                up = (self._process is not None and self._process.poll() is None) or self._restart()
        except Stop:
            self._shut_down()
            return 0
        _tell(event="failed", reason=self._failure)
        return 1

    def _terminate(self, *_: object) -> None:
        self._terminated = True

    def _start(self, event: str) -> bool:
        began = time.monotonic()
        self._clear_leftovers()
        with Path(self._orders.log).open("ab") as log:
            self._process = self._spawn(log)
        while time.monotonic() - began < STARTUP_S:
            self._wait(STARTING_POLL_S)
            if self._process.poll() is not None:
                self._failure = f"exited with status {self._process.returncode} while starting"
                return False
            if self._accepts_connections(self._process.pid):
                _tell(event=event, pid=self._process.pid, seconds=round(time.monotonic() - began, 3))
                return True
        self._shut_down()
        self._failure = f"not ready within {STARTUP_S:.0f} s"
        return False

    def _spawn(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        orders = self._orders
        guardian = os.getpid()

        def end_with_the_guardian() -> None:
            """Runs in the child, after the change of user, which would clear the request."""
            if self._prctl is not None:
                self._prctl(PR_SET_PDEATHSIG, signal.SIGINT)
                if os.getppid() != guardian:
                    os._exit(1)

        return subprocess.Popen(
            orders.command,
            cwd=orders.data,
            user=orders.uid,
            group=orders.gid,
            extra_groups=None if orders.uid is None else [],
            preexec_fn=end_with_the_guardian,  # noqa: PLW1509  # safe: this process has one thread
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def _restart(self) -> bool:
        """Start again after a death, and after a start that failed, as long as that may help."""
        self._failure = "died"
        while self._death_allows_restart():
            if self._start("restarted"):
                return True
            self._wait(RESTART_PAUSE_S)
        self._failure += f", {len(self._deaths)} deaths within {RESTART_WINDOW_S:.0f} s"
        return False

    def _death_allows_restart(self) -> bool:
        _tell(event="died", status=self._process.returncode if self._process is not None else None)
        now = time.monotonic()
        self._deaths = [moment for moment in self._deaths if now - moment < RESTART_WINDOW_S] + [now]
        return len(self._deaths) <= RESTARTS

    def _wait(self, seconds: float) -> None:
        """Sleep until a child ends or the time is up. Raises `Stop`."""
        readable, _, _ = select.select([sys.stdin.fileno(), self._wake], [], [], seconds)
        if sys.stdin.fileno() in readable or self._terminated or os.getppid() != self._orders.owner:
            raise Stop
        if self._wake in readable:
            os.read(self._wake, 4096)

    def _accepts_connections(self, pid: int) -> bool:
        lines = self._pid_file_lines()
        return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"

    def _pid_file_lines(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return []

    def _clear_leftovers(self) -> None:
        """End what an earlier life left running on these files, and its pid file if it names a stranger.

        The owner holds the lock of the directory, so whatever still runs here has lost its owner. Postgres itself
        refuses to start while the number in its pid file is in use, even by a program that has nothing to do with it.
        """
        lines = self._pid_file_lines()
        if not lines:
            return
        import psutil  # not at the top: a start after a clean end does not pay for it

        leftovers = [process for process in psutil.process_iter() if _works_in(self._data, process)]
        for kill, patience_s in LEFTOVER_STEPS:
            for process in leftovers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(kill)
            give_up_at = time.monotonic() + patience_s
            while leftovers and time.monotonic() < give_up_at:
                time.sleep(STARTING_POLL_S)
                leftovers = [process for process in leftovers if _works_in(self._data, process)]
        if lines[0].isdigit() and psutil.pid_exists(int(lines[0])):
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _shut_down(self) -> None:
        process = self._process
        if process is None:
            return
        for step, patience_s in SHUTDOWN_STEPS:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(step)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)
                break
        self._clear_leftovers()  # after a kill; a clean end has removed the pid file


def _works_in(data: Path, process: "psutil.Process") -> bool:
    """Whether this is a Postgres process, main or helper, of this data directory: they keep it as working directory."""
    import psutil

    try:
        return process.name().startswith("postgres") and process.cwd() == str(data)
    except (psutil.Error, OSError):  # gone meanwhile, or somebody else's
        return False


def _tell(**news: object) -> None:
    with contextlib.suppress(BrokenPipeError):  # the owner is gone; the next wait notices
        os.write(sys.stdout.fileno(), f"{json.dumps(news)}\n".encode())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(Guardian(Orders(**json.loads(sys.argv[1]))).run())
