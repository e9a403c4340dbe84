"""The owner's side of the guardian process: starts it, hears its news, replaces it when it is killed."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from local.postgres.errors import PostgresError

log = structlog.get_logger()

GUARDIAN = Path(__file__).with_name("guardian.py")
GUARDIAN_RESTARTS = 5
START_WITHIN_S = 90.0
"""Longest wait for the first word; the guardian itself gives up earlier and says why."""
STOP_WITHIN_S = 12.0
"""A little more than the guardian allows Postgres (see `SHUTDOWN_STEPS` there)."""


@dataclass(frozen=True)
class Watched:
    """What the guardian is to run."""

    command: list[str]
    data: Path
    log: Path
    lock: int
    """Descriptor of the directory's lock, which the guardian holds along with us."""
    uid: int | None
    gid: int | None
    environment: dict[str, str]


class Guard:
    """One watched Postgres. `failure` is None while it is up or being brought up again."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._guardian: subprocess.Popen[bytes] | None = None
        self._settled = threading.Event()
        self._stopping = False
        self._changing = threading.Lock()
        """Held while a guardian is started or told to stop, so that none is started behind the back of `stop`."""
        self._listener: threading.Thread | None = None
        self.failure: str | None = None
        """Why Postgres is down for good."""
        self.pid: int | None = None
        """Process id of the main Postgres process, as last heard."""

    def start(self) -> None:
        """Return when Postgres accepts connections. Raises `PostgresError` with the guardian's reason."""
        self._launch()
        self._listener = threading.Thread(target=self._listen, name="postgres-guard", daemon=True)
        self._listener.start()
        if not self._settled.wait(START_WITHIN_S):
            self.failure = f"no word from its guardian within {START_WITHIN_S:.0f} s"
        if self.failure is not None:
            reason = self.failure
            self.stop()
            raise PostgresError(reason)

    def stop(self) -> None:
        """Stop Postgres and the guardian; returns within `STOP_WITHIN_S`, whatever they do."""
        with self._changing:
            self._stopping = True
            guardian = self._guardian
        if guardian is not None:
            if guardian.stdin is not None:
                guardian.stdin.close()
            try:
                guardian.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                log.warning("postgres_guardian_hangs", pid=guardian.pid, killed_after_s=STOP_WITHIN_S)
                guardian.kill()
                guardian.wait()
        if self._listener is not None:
            self._listener.join(STOP_WITHIN_S)

    def _launch(self) -> None:
        watched = self._watched
        orders = {
            "command": watched.command,
            "data": str(watched.data),
            "log": str(watched.log),
            "owner": os.getpid(),
            "uid": watched.uid,
            "gid": watched.gid,
        }
        with watched.log.open("ab") as errors:
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", str(GUARDIAN), json.dumps(orders)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=watched.environment,
                cwd="/",
                pass_fds=[watched.lock],
                start_new_session=True,  # Ctrl-C is for us: we stop Postgres when our own work is done
            )

    def _listen(self) -> None:
        """Hear every guardian to its end, and replace one that ended without a word."""
        for _ in range(GUARDIAN_RESTARTS + 1):
            self._hear_out()
            with self._changing:
                if self._stopping or self.failure is not None:
                    break
                log.warning("postgres_guardian_died", status=self._guardian.wait() if self._guardian else None)
                self._launch()
        else:
            self.failure = f"its guardian died {GUARDIAN_RESTARTS + 1} times"
        if not self._stopping and self._settled.is_set():
            log.error("postgres_down", reason=self.failure)
        self._settled.set()

    def _hear_out(self) -> None:
        """Until the guardian's output ends."""
        if self._guardian is None or self._guardian.stdout is None:
            return
        with self._guardian.stdout as news:
            for line in news:
                self._hear(json.loads(line))

    def _hear(self, news: dict[str, Any]) -> None:
        match news["event"]:
            case "ready" if not self._settled.is_set():
                self.pid = news["pid"]
                log.info("postgres_ready", pid=self.pid, seconds=news["seconds"])
                self._settled.set()
            case "ready" | "restarted":
                self.pid = news["pid"]
                log.warning("postgres_restarted", pid=self.pid, seconds=news["seconds"])
            case "died":
                log.warning("postgres_died", pid=self.pid, status=news["status"])
            case "failed":
                self.failure = news["reason"]
