"""Runs FFmpeg beside the process that reads the upload.

Two processes, one pipe between them. Both have limits and a deadline and end when the order is cancelled. If this
process is killed, the system ends the reader at once, and FFmpeg, whose input has then ended, a moment later.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import IO, cast

from functions.render.footage.reader import REPORT_PREFIX, UNREADABLE, ReadingReport, ReadingRequest
from functions.render.order import RenderCancelled, RenderFailed

MEMORY_KB = 6 * 1024**2
"""Address space of FFmpeg."""
LARGEST_FILE_BLOCKS = 2 * 1024**2
"""Of 512 bytes: 1 GB."""
ROOT = Path(__file__).parents[2]
"""Where `functions` is imported from."""
PATIENCE_S = 0.2
"""How often a running render looks up whether it should stop."""


class Encoding:
    """One run of reader and FFmpeg. Use it as a context: leaving it ends whatever still runs."""

    def __init__(self, request: ReadingRequest, directory: Path, *, deadline_s: float) -> None:
        """Start the reader, which gets its first pictures ready.

        Args:
            request: what it is asked for.
            directory: working directory; the logs go there too.
            deadline_s: after this many seconds both are ended.
        """
        self._deadline = time.monotonic() + deadline_s
        self._directory = directory
        self._cpu_s = request.cpu_s
        self._log = directory / "ffmpeg.log"
        self._report = directory / "reader.log"
        self._ffmpeg: subprocess.Popen[bytes] | None = None
        with self._report.open("wb") as report:
            self._reader = subprocess.Popen(
                [sys.executable, "-m", "functions.render.footage.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=report,
                env=_environment(directory) | {"PYTHONPATH": str(ROOT)},
            )
        with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", self._reader.stdin) as asked:
            asked.write(json.dumps(asdict(request)).encode())  # a reader that could not start is found out at the end

    def __enter__(self) -> "Encoding":
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._ffmpeg, self._reader):
            if process is None:
                continue
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def encode(
        self, arguments: list[str], frames: int, on_progress: Callable[[float], None], cancelled: Event
    ) -> ReadingReport:
        """Encode what the reader sends, until the end.

        Args:
            arguments: FFmpeg's, its path first. Everything it reads besides the pictures must be there by now.
            frames: how many there will be.
            on_progress: told which share of them is encoded, 0 to 1.
            cancelled: set it from another thread to stop.

        Raises:
            RenderCancelled: `cancelled` was set.
            RenderFailed: the deadline passed, or one of the two failed.
        """
        pictures = cast("IO[bytes]", self._reader.stdout)
        with self._log.open("wb") as log, pictures:  # closed here, so that either end notices when the other is gone
            ffmpeg = self._ffmpeg = subprocess.Popen(
                _limited(arguments, cpu_s=self._cpu_s),
                cwd=self._directory,
                stdin=pictures,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(self._directory),
            )
        self._follow(ffmpeg, frames, on_progress, cancelled)
        return self._outcome(ffmpeg)

    def _follow(
        self,
        ffmpeg: "subprocess.Popen[bytes]",
        frames: int,
        on_progress: Callable[[float], None],
        cancelled: Event,
    ) -> None:
        progress = _Progress(cast("IO[bytes]", ffmpeg.stdout))
        while ffmpeg.poll() is None:
            if cancelled.is_set():
                raise RenderCancelled("the order was cancelled")
            if time.monotonic() > self._deadline:
                raise RenderFailed(
                    f"expected the video before the deadline. Found: {progress.frame} of {frames} frames"
                )
            if progress.read(PATIENCE_S):
                on_progress(min(1.0, progress.frame / frames))

    def _outcome(self, ffmpeg: "subprocess.Popen[bytes]") -> ReadingReport:
        """The reader's report, once both have ended. If one failed, the other did too: name the one that began."""
        report = self._reading_report()
        if self._reader.returncode == UNREADABLE:
            raise RenderFailed(f"the source could not be read: {'; '.join(report.warnings)}")
        if self._reader.returncode < 0:
            raise RenderFailed(f"the reader of the source {self._ended(self._reader)}. {_tail(self._report)}")
        if ffmpeg.returncode != 0:
            raise RenderFailed(f"FFmpeg {self._ended(ffmpeg)}. {_tail(self._log)}")
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
