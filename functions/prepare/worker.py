"""The process that touches the upload: `python -m functions.prepare.worker UPLOAD WORK_DIR JOB`.

An upload is made by strangers and decoders have bugs, so this process binds itself before it opens the file: processor
time, memory, size and number of files; it holds no credentials, and FFmpeg may open nothing but local files. It writes
stills into the work directory, and `Said` as JSON lines to standard output.
"""

import errno
import resource
import sys
from pathlib import Path

from functions.prepare import probe, signals
from functions.prepare.contract import NO_SPACE, Found, Job, Refusal, Said, Still
from functions.prepare.picture import stills


def main(arguments: list[str]) -> int:
    """Measure one upload; 0 when it was measured or refused, `NO_SPACE` when the stills found no room."""
    upload, work_dir, job = Path(arguments[0]), Path(arguments[1]), Job.model_validate_json(arguments[2])
    bind(job)
    _say(Said())
    try:
        _say(Said(progress=1.0, result=_measured(upload, work_dir, job)))
    except probe.Refused as refusal:
        _say(Said(progress=1.0, refused=Refusal(code=refusal.code, detail=refusal.detail)))
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


def _measured(upload: Path, work_dir: Path, job: Job) -> Found:
    size_bytes = probe.check_size(upload)
    with probe.opened(upload) as container:
        header = probe.read_header(container, size_bytes)
    if header.duration_s:
        probe.check_duration(header.duration_s, minimum_s=job.minimum_s, maximum_s=job.maximum_s)
    with probe.opened(upload) as container:
        measured = signals.measure(
            container,
            header,
            signals.Limits(job.minimum_s, job.maximum_s),
            stills=job.key_frames,
            progress=lambda share: _say(Said(progress=round(share, 3))),
        )
    best = measured.stills.poster()
    poster = Still(time_s=round(best.time_s, 3), file_name="poster.jpg")
    stills.write_jpeg(best.rgb, stills.POSTER_LONG_SIDE, work_dir / poster.file_name)
    key_frames = []
    for number, chosen in enumerate(measured.stills.key_frames(), start=1):
        still = Still(time_s=round(chosen.time_s, 3), file_name=f"key_frame_{number:02d}.jpg")
        stills.write_jpeg(chosen.rgb, stills.KEY_FRAME_LONG_SIDE, work_dir / still.file_name)
        key_frames.append(still)
    return Found(media=measured.media, signals=measured.signals, key_frames=key_frames, poster=poster)


def _say(said: Said) -> None:
    sys.stdout.write(said.model_dump_json(exclude_defaults=True) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
