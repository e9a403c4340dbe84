"""The process that touches the upload: `python -m functions.prepare.worker UPLOAD WORK_DIR JOB`.

An upload is made by strangers and decoders have bugs, so this process binds itself before it opens the file: processor
time, memory, size and number of files; it holds no credentials, and FFmpeg may open nothing but local files. It writes
stills into the work directory and JSON lines to standard output: `{"progress": 0.4}` as it goes, and at the end either
`{"result": …}` or `{"refused": …}`.
"""

import errno
import json
import resource
import sys
from pathlib import Path
from typing import Any

from pydantic import Field

from shared.models.base import Model

NO_SPACE = 75
"""Exit code for a full disk (`EX_TEMPFAIL` of sysexits.h): not the upload's fault."""


class Job(Model):
    """What the worker is asked to do, and how far it may go."""

    minimum_s: float = Field(gt=0)
    maximum_s: float = Field(gt=0)
    key_frames: int = Field(ge=1, le=60)
    cpu_s: int = Field(ge=1)
    """Processor seconds."""
    memory_bytes: int = Field(ge=128 * 1024**2)
    """Address space, which is more than what is used."""
    file_bytes: int = Field(default=16 * 1024**2)
    """Largest file it may write."""
    open_files: int = 64


class Still(Model):
    """A JPEG in the work directory."""

    time_s: float
    file_name: str = Field(pattern=r"^[a-z0-9_]+\.jpg$")


def main(arguments: list[str]) -> int:
    """Measure one upload; 0 when it was measured or refused, `NO_SPACE` when the stills found no room."""
    upload, work_dir, job = Path(arguments[0]), Path(arguments[1]), Job.model_validate_json(arguments[2])
    bind(job)
    # The decoder is loaded only now: whatever it does happens within the limits.
    from functions.prepare.probe import Refused

    try:
        _say({"result": _measured(upload, work_dir, job)})
    except Refused as refusal:
        _say({"refused": {"code": refusal.code.value, "detail": refusal.detail}})
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return NO_SPACE
    return 0


def bind(job: Job) -> None:
    """Give up everything beyond the job's limits, for good."""
    for limit, value in (
        (resource.RLIMIT_CPU, job.cpu_s),
        (resource.RLIMIT_AS, job.memory_bytes),
        (resource.RLIMIT_FSIZE, job.file_bytes),
        (resource.RLIMIT_NOFILE, job.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))


def _measured(upload: Path, work_dir: Path, job: Job) -> dict[str, Any]:
    from functions.prepare import probe, signals, stills

    size_bytes = probe.check_size(upload)
    with probe.opened(upload) as container:
        header = probe.read_header(container, size_bytes)
    if header.duration_s:
        probe.check_duration(header.duration_s, minimum_s=job.minimum_s, maximum_s=job.maximum_s)
    with probe.opened(upload) as container:
        found = signals.measure(
            container,
            header,
            signals.Limits(job.minimum_s, job.maximum_s),
            stills=job.key_frames,
            progress=lambda share: _say({"progress": round(share, 3)}),
        )
    stills.write_jpeg(found.stills.poster().rgb, stills.POSTER_LONG_SIDE, work_dir / "poster.jpg")
    key_frames = []
    for number, still in enumerate(found.stills.key_frames(), start=1):
        name = f"key_frame_{number:02d}.jpg"
        stills.write_jpeg(still.rgb, stills.KEY_FRAME_LONG_SIDE, work_dir / name)
        key_frames.append({"time_s": round(still.time_s, 3), "file_name": name})
    return {
        "media": found.media.model_dump(mode="json"),
        "signals": found.signals.model_dump(mode="json"),
        "key_frames": key_frames,
        "poster": "poster.jpg",
    }


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
