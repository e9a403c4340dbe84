"""Stage `prepare`: is this a video we can coach on, and what can be seen and heard in it."""

import errno
import tempfile
from pathlib import Path, PurePosixPath

from pydantic import Field

from functions.prepare.contract import Found, Job
from functions.prepare.sandbox import measure_apart
from shared.database import Connection, sessions
from shared.models.chat import Message, MessageMetadata
from shared.models.media import KeyFrame, Preparation
from shared.models.session import FailureCode
from shared.stage import Permanent, StageRequest, StageResult, StageRun, Transient, stage
from shared.storage import MAX_VIDEO_BYTES, ObjectNotFound

CPU_SECONDS_PER_SECOND = 2
"""The decoder works on two pictures at a time."""
COOK_BUCKETS = 100
"""A cook is always in the same one, so that the workflow can give a share of all cooks another treatment."""
DOWNLOADED, MEASURED = 0.2, 0.9
"""Share of the stage that is done when the upload is here, and when it has been read."""


class PrepareRequest(StageRequest):
    """What ops may turn."""

    min_duration_s: float = Field(default=5.0, gt=0)
    """Shorter films are refused (compared at a tenth of a second)."""
    max_duration_s: float = Field(default=3600.0, gt=0)
    key_frames: int = Field(default=12, ge=1, le=60)
    """How many stills are kept for later looks."""
    time_limit_s: float = Field(default=240.0, gt=0)
    """A file that takes longer to read is refused as unreadable; wall time, seconds."""
    memory_limit_mb: int = Field(default=1024, ge=256)
    """Address space of the process that decodes."""


@stage(
    "prepare",
    request=PrepareRequest,
    output=Preparation,
    session_inputs=("raw_video_path", "typed_memo", "voice_memo_path"),
    starts_processing=True,
)
def prepare(run: StageRun, request: PrepareRequest) -> StageResult[Preparation]:
    """Read the upload, keep its stills, and show it in the cook's room of videos."""
    raw_video_path = run.session.raw_video_path
    if raw_video_path is None:
        raise Permanent(FailureCode.INTERNAL, f"session {run.session.id} has no upload to prepare")
    with tempfile.TemporaryDirectory(prefix="prepare-") as directory:
        upload = Path(directory) / f"upload{PurePosixPath(raw_video_path).suffix}"
        work_dir = Path(directory) / "stills"
        work_dir.mkdir()
        _download(run, raw_video_path, upload)
        run.progress(DOWNLOADED)
        job = Job(
            minimum_s=request.min_duration_s,
            maximum_s=request.max_duration_s,
            key_frames=request.key_frames,
            cpu_s=max(1, round(CPU_SECONDS_PER_SECOND * request.time_limit_s)),
            memory_bytes=request.memory_limit_mb * 1024**2,
        )
        found = measure_apart(
            upload,
            work_dir,
            job,
            time_limit_s=request.time_limit_s,
            progress=lambda share: run.progress(DOWNLOADED + (MEASURED - DOWNLOADED) * share),
        )
        preparation = _keep(run, found, work_dir)
    _show_upload(run, raw_video_path, preparation)
    has_memo = bool(run.session.typed_memo or run.session.voice_memo_path)

    def save(connection: Connection) -> None:
        sessions.save(connection, run.session.id, media=preparation.media.model_dump(mode="json"))

    return StageResult(
        preparation,
        answer={
            "duration_s": preparation.media.duration_s,
            "has_memo": has_memo,
            "cook_bucket": run.user.id.int % COOK_BUCKETS,
        },
        effect=save,
        cost={"source_s": preparation.media.duration_s, "source_bytes": preparation.media.size_bytes},
    )


def _download(run: StageRun, raw_video_path: str, upload: Path) -> None:
    storage = run.services.storage
    try:
        size_bytes = storage.upload_size(raw_video_path)
        if size_bytes > MAX_VIDEO_BYTES:
            raise Permanent(FailureCode.TOO_LARGE, f"expected at most {MAX_VIDEO_BYTES} bytes. Found: {size_bytes}")
        storage.download_upload(raw_video_path, upload)
    except ObjectNotFound as error:
        raise Permanent(
            FailureCode.INTERNAL, f"expected the upload of session {run.session.id}. Found: {error}"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Transient(f"no room for the upload of session {run.session.id}: {error}") from error
        raise


def _keep(run: StageRun, found: Found, work_dir: Path) -> Preparation:
    """Put the stills into the media bucket."""
    storage = run.services.storage
    poster_path = run.media_path("poster.jpg")
    storage.upload_media(poster_path, work_dir / found.poster.file_name, "image/jpeg")
    key_frames = []
    for still in found.key_frames:
        path = run.media_path(f"key_frames/{still.file_name}")
        storage.upload_media(path, work_dir / still.file_name, "image/jpeg")
        key_frames.append(KeyFrame(time_s=still.time_s, path=path))
    return Preparation(media=found.media, signals=found.signals, key_frames=key_frames, poster_path=poster_path)


def _show_upload(run: StageRun, raw_video_path: str, preparation: Preparation) -> None:
    """Post the cook's own video to the room of videos; a repetition finds it there."""
    message = Message(
        id=f"{run.id}-raw",
        sender="user",
        video_path=raw_video_path,
        session_id=run.session.id,
        metadata=MessageMetadata(
            type="cooking_video", poster_path=preparation.poster_path, duration_s=preparation.media.duration_s
        ),
    )
    run.services.chat.create_message(run.user.firebase_uid, "cooking_videos", message)
