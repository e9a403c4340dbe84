"""Our side of the worker: start it in a process of its own, listen, stop it in time, and believe nothing unchecked.

The worker can crash, hang or be taken over by what it decodes without harm: it has a bare environment, no credentials
and no terminal, its answer is validated like any other input, and whatever ends it early is an unreadable video.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from functions.prepare.worker import NO_SPACE, Job, Still
from shared.errors import Permanent, Transient
from shared.models.base import Model
from shared.models.media import MediaInfo, Signals
from shared.models.session import FailureCode

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MAX_ANSWER_BYTES = 16 * 1024**2
"""An hour of signals takes about half a megabyte of JSON."""
LAST_BREATH_S = 2.0
SPOKEN_ERROR_BYTES = 300
"""How much of the worker's last words goes into the failure's detail."""


class Found(Model):
    """What the worker measured. Files are in the work directory."""

    media: MediaInfo
    signals: Signals
    key_frames: list[Still]
    poster: str


class Refusal(Model):
    """Why the worker will not have this file."""

    code: FailureCode
    detail: str


def measure_apart(
    upload: Path,
    work_dir: Path,
    job: Job,
    *,
    time_limit_s: float,
    progress: Callable[[float], None] = lambda _: None,
) -> Found:
    """Measure an upload in a limited process.

    Args:
        upload: the file as it came.
        work_dir: an empty directory; stills are written there.
        job: what to do, and the worker's limits.
        time_limit_s: wall time after which the worker is stopped, seconds.
        progress: called with the share done, 0 to 1.

    Raises:
        Permanent: the video is refused, or the worker crashed or took too long on it (`unreadable_video`).
        Transient: the disk is full.
    """
    with (work_dir / "worker.log").open("w+b") as log:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "functions.prepare.worker", str(upload), str(work_dir), job.model_dump_json()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=work_dir,
            env=_bare_environment(),
            start_new_session=True,
        )
        overdue = threading.Event()
        watch = threading.Timer(time_limit_s, _stop, (worker, overdue))
        watch.start()
        try:
            answer = None if worker.stdout is None else _listen(worker.stdout, progress)
            if answer is None:
                _let_end(worker)
        finally:
            watch.cancel()
            _kill(worker)
            worker.wait()
        if worker.returncode == NO_SPACE:
            raise Transient(f"no room for stills in {work_dir}")
        if answer is None:
            raise Permanent(FailureCode.UNREADABLE_VIDEO, _why(worker.returncode, overdue.is_set(), time_limit_s, log))
    return _checked(answer, work_dir)


def _bare_environment() -> dict[str, str]:
    environment = {
        "PYTHONPATH": str(PROJECT_ROOT),
        "OPENBLAS_NUM_THREADS": "1",  # each of its threads would claim address space
        "LC_ALL": "C.UTF-8",
    }
    for name in ("PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment


def _listen(lines: IO[bytes], progress: Callable[[float], None]) -> dict[str, Any] | None:
    """Read until the result, a refusal, or the end; None when the worker ended without either."""
    heard = 0
    while line := lines.readline(MAX_ANSWER_BYTES):
        heard += len(line)
        if heard > MAX_ANSWER_BYTES:
            return None
        try:
            said = json.loads(line)
        except ValueError:
            return None
        if not isinstance(said, dict):
            return None
        share = said.get("progress")
        if not isinstance(share, (int, float)):
            return said
        progress(min(1.0, max(0.0, float(share))))
    return None


def _checked(answer: dict[str, Any], work_dir: Path) -> Found:
    try:
        if "refused" in answer:
            refusal = Refusal.model_validate(answer["refused"])
            raise Permanent(refusal.code, refusal.detail)
        found = Found.model_validate(answer.get("result"))
    except ValidationError as error:
        detail = f"expected measurements from the worker. Found: {error.errors(include_url=False)[0]['msg']}"
        raise Permanent(FailureCode.UNREADABLE_VIDEO, detail) from error
    missing = [name for name in _names(found) if not (work_dir / name).is_file()]
    if missing:
        raise Permanent(FailureCode.UNREADABLE_VIDEO, f"expected stills from the worker. Missing: {', '.join(missing)}")
    return found


def _names(found: Found) -> list[str]:
    return [found.poster, *(still.file_name for still in found.key_frames)]


def _let_end(worker: subprocess.Popen[bytes]) -> None:
    """A worker that fell silent is mostly about to end by itself, and how it ends says why."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.wait(timeout=LAST_BREATH_S)


def _stop(worker: subprocess.Popen[bytes], overdue: threading.Event) -> None:
    overdue.set()
    _kill(worker)


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """End the worker and whatever it may have started."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)


def _why(return_code: int, overdue: bool, time_limit_s: float, log: IO[bytes]) -> str:
    if overdue:
        return f"expected to be read within {time_limit_s:g} s. Found: still working then"
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - SPOKEN_ERROR_BYTES))
    words = log.read().decode(errors="replace").strip().replace("\n", " ")
    ended = f"signal {signal.Signals(-return_code).name}" if return_code < 0 else f"exit code {return_code}"
    return f"expected to be readable within the limits. Found: the decoder ended with {ended}: {words}"
