"""Our side of the worker: start it in a process of its own, listen, stop it in time, and believe nothing unchecked.

The worker can crash, hang or be taken over by what it decodes without harm: it has a bare environment, no credentials
and no terminal, its answer is validated like any other input, and whatever ends it early is an unreadable video.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from functions.prepare.contract import NO_SPACE, Found, Job, Said
from shared.errors import Permanent, Transient
from shared.models.session import FailureCode

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MAX_ANSWER_BYTES = 16 * 1024**2
"""An hour of signals takes about half a megabyte of JSON."""
LAST_BREATH_S = 2.0
LAST_WORDS_BYTES = 300
"""How much of what the worker last wrote to its log goes into the failure's detail."""


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
        RuntimeError: the worker could not even start.
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
        listener = Listener(progress)
        try:
            if worker.stdout is not None:
                listener.listen(worker.stdout)
            if listener.last is None:
                _let_end(worker)
        finally:
            watch.cancel()
            _kill(worker)
            worker.wait()
        if listener.last is None:
            raise _failure(worker.returncode, _last_words(log), listener, time_limit_s if overdue.is_set() else None)
    if listener.last.refused is not None:
        raise Permanent(listener.last.refused.code, listener.last.refused.detail)
    return _with_files(listener.last.result, work_dir)


class Listener:
    """Takes in the worker's lines."""

    def __init__(self, progress: Callable[[float], None]) -> None:
        """`progress` is called with the share done."""
        self._progress = progress
        self.ready = False
        """Whether the worker got as far as opening the upload."""
        self.last: Said | None = None
        """The result or the refusal; None when the worker ended without either."""
        self.nonsense = ""
        """What it said instead of an answer."""

    def listen(self, lines: IO[bytes]) -> None:
        """Read until the last line, something that is not an answer, or the end."""
        heard = 0
        while (line := lines.readline(MAX_ANSWER_BYTES)) and (heard := heard + len(line)) <= MAX_ANSWER_BYTES:
            try:
                said = Said.model_validate_json(line)
            except ValidationError as error:
                self.nonsense = error.errors(include_url=False)[0]["msg"]
                return
            self.ready = True
            if said.result is not None or said.refused is not None:
                self.last = said
                return
            self._progress(said.progress)


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
        with contextlib.suppress(ProcessLookupError):  # it ended in between
            os.killpg(worker.pid, signal.SIGKILL)


def _failure(return_code: int, last_words: str, listener: Listener, overdue_s: float | None) -> Exception:
    """What it means that the worker ended without an answer."""
    ended = f"signal {signal.Signals(-return_code).name}" if return_code < 0 else f"exit code {return_code}"
    if return_code == NO_SPACE:
        return Transient("no room on the disk for stills")
    if overdue_s is not None:
        found = f"still reading after {overdue_s:g} s"
    elif listener.nonsense:
        found = f"an answer that is none: {listener.nonsense}"
    elif not listener.ready:
        return RuntimeError(f"the worker is expected to start. Found: {ended}: {last_words}")
    else:
        found = f"the decoder ended with {ended}: {last_words}"
    return Permanent(FailureCode.UNREADABLE_VIDEO, f"expected to be readable within the limits. Found: {found}")


def _last_words(log: IO[bytes]) -> str:
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - LAST_WORDS_BYTES))
    return log.read().decode(errors="replace").strip().replace("\n", " ")


def _with_files(found: Found | None, work_dir: Path) -> Found:
    """The result, once every file it speaks of is there."""
    names = [] if found is None else [still.file_name for still in (found.poster, *found.key_frames)]
    missing = [name for name in names if not (work_dir / name).is_file()]
    if found is None or missing:
        detail = f"expected measurements and stills from the worker. Missing: {', '.join(missing) or 'all'}"
        raise Permanent(FailureCode.UNREADABLE_VIDEO, detail)
    return found
