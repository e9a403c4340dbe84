"""Finds an FFmpeg that can do the job, and runs it beside the process that reads the upload.

Two processes, one pipe between them. Both have limits and a deadline, both end when the order is cancelled, and the
reader cannot outlive this process.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from threading import Event
from typing import IO, cast

from functions.render.footage.reader import REPORT_PREFIX, UNREADABLE, ReadingReport, ReadingRequest
from functions.render.order import RenderCancelled, RenderFailed

NEEDED_FILTERS = frozenset(
    {"ass", "blackdetect", "crop", "ebur128", "eq", "fade", "fps", "freezedetect", "gblur", "lut3d", "overlay", "scale"}
    | {"setparams", "tpad", "transpose", "trim", "xfade"}
)
NEEDED_ENCODERS = frozenset({"libx264", "aac", "mjpeg"})
MEMORY_KB = 6 * 1024**2
"""Address space of FFmpeg."""
LARGEST_FILE_BLOCKS = 2 * 1024**2
"""Of 512 bytes: 1 GB."""
ROOT = Path(__file__).parents[2]
"""Where `functions` is imported from."""
PATIENCE_S = 0.2
"""How often a running render looks up whether it should stop."""


@cache
def ffmpeg_binary() -> str:
    """An FFmpeg with everything the render needs: from PATH, else the one inside the wheel `imageio-ffmpeg`.

    Raises:
        RenderFailed: there is none; says what each one that was found lacks.
    """
    found: list[str] = []
    for candidate in _candidates():
        missing = _missing(candidate)
        if not missing:
            return candidate
        found.append(f"{candidate} (lacks {', '.join(sorted(missing))})")
    raise RenderFailed(
        "expected an FFmpeg with libass and libx264: install it (Debian: apt install ffmpeg) or the package "
        f"imageio-ffmpeg. Found: {'; '.join(found) or 'none'}"
    )


def _candidates() -> list[str]:
    candidates = [shutil.which("ffmpeg")]
    try:
        import imageio_ffmpeg
    except ImportError:  # in the container there is only Debian's
        return [candidate for candidate in candidates if candidate]
    try:
        candidates.append(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # the wheel for this machine holds no binary
        candidates.append(None)
    return [candidate for candidate in candidates if candidate]


def _missing(binary: str) -> set[str]:
    """Which of the needed filters and encoders a binary lacks; all of them if it cannot be run."""
    lacking: set[str] = set()
    for listing, needed in (("-filters", NEEDED_FILTERS), ("-encoders", NEEDED_ENCODERS)):
        try:
            run = subprocess.run(
                [binary, "-hide_banner", listing], capture_output=True, text=True, timeout=20, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return set(NEEDED_FILTERS | NEEDED_ENCODERS)
        lacking |= needed - {word for line in run.stdout.splitlines() for word in line.split()[1:2]}
    return lacking


class Encoding:
    """One run of reader and FFmpeg. Use it as a context: leaving it ends whatever still runs."""

    def __init__(self, arguments: list[str], request: ReadingRequest, directory: Path, *, deadline_s: float) -> None:
        """Args:
        arguments: FFmpeg's, its path first.
        request: what the reader is asked for.
        directory: working directory; the log goes there too.
        deadline_s: after this many seconds both are ended.
        """
        self._deadline = time.monotonic() + deadline_s
        self._log = directory / "ffmpeg.log"
        self._report = directory / "reader.log"
        with self._report.open("wb") as report:
            self._reader = subprocess.Popen(
                [sys.executable, "-m", "functions.render.footage.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=report,
                env=_environment(directory) | {"PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )
        asked, pictures = cast("IO[bytes]", self._reader.stdin), cast("IO[bytes]", self._reader.stdout)
        with self._log.open("wb") as log:
            self._ffmpeg = subprocess.Popen(
                _limited(arguments, cpu_s=request.cpu_s),
                cwd=directory,
                stdin=pictures,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(directory),
                start_new_session=True,
            )
        pictures.close()  # so that either end notices when the other one is gone
        with asked:
            asked.write(json.dumps(asdict(request)).encode())

    def __enter__(self) -> "Encoding":
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._ffmpeg, self._reader):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if self._ffmpeg.stdout is not None:
            self._ffmpeg.stdout.close()

    def wait(self, frames: int, on_progress: Callable[[float], None], cancelled: Event) -> ReadingReport:
        """Wait for the end, reporting how much of `frames` is encoded, 0 to 1.

        Raises:
            RenderCancelled: `cancelled` was set.
            RenderFailed: the deadline passed, or one of the two failed.
        """
        progress = _Progress(cast("IO[bytes]", self._ffmpeg.stdout))
        while self._ffmpeg.poll() is None:
            if cancelled.is_set():
                raise RenderCancelled("the order was cancelled")
            if time.monotonic() > self._deadline:
                raise RenderFailed(
                    f"expected the video before the deadline. Found: {progress.frame} of {frames} frames"
                )
            if progress.read(PATIENCE_S):
                on_progress(min(1.0, progress.frame / frames))
        report = self._reading_report()
        if self._reader.returncode == UNREADABLE:
            raise RenderFailed(f"the source could not be read: {'; '.join(report.warnings)}")
        if self._ffmpeg.returncode != 0:
            raise RenderFailed(f"FFmpeg {self._ended(self._ffmpeg)}. {_tail(self._log)}")
        if self._reader.returncode != 0:
            raise RenderFailed(f"the reader of the source {self._ended(self._reader)}. {_tail(self._report)}")
        return report

    def _reading_report(self) -> ReadingReport:
        self._reader.wait(timeout=10)
        for line in self._report.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(REPORT_PREFIX):
                return ReadingReport(**json.loads(line.removeprefix(REPORT_PREFIX)))
        return ReadingReport(warnings=[_tail(self._report)] if self._report.stat().st_size else [])

    @staticmethod
    def _ended(process: "subprocess.Popen[bytes]") -> str:
        code = process.returncode
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


class _Progress:
    """Reads FFmpeg's `-progress` without ever blocking for long."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self.frame = 0
        os.set_blocking(pipe.fileno(), False)

    def read(self, patience_s: float) -> bool:
        """Wait a moment for news; whether there were any."""
        time.sleep(patience_s)
        news = self._pipe.read() or b""
        frames = [line.removeprefix(b"frame=") for line in news.splitlines() if line.startswith(b"frame=")]
        if not frames or not frames[-1].strip().isdigit():
            return False
        self.frame = int(frames[-1])
        return True


def _limited(arguments: list[str], *, cpu_s: int) -> list[str]:
    """The command under limits on processor time, file size and memory. A shell that cannot set one goes on without."""
    script = 'ulimit -t "$1"; ulimit -f "$2"; ulimit -v "$3" 2>/dev/null; shift 3; exec "$@"'
    return ["/bin/sh", "-c", script, "limited", str(cpu_s), str(LARGEST_FILE_BLOCKS), str(MEMORY_KB), *arguments]


def _environment(directory: Path) -> dict[str, str]:
    """Nothing of this process's environment but the path: the credentials in it are none of their business."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "FONTCONFIG_FILE": str(directory / "fonts.conf"),
    }


def _tail(path: Path, characters: int = 600) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-characters:].strip()
