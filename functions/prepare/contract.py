"""What passes between the stage and its worker process: the job in, and one answer out, all of it plain data."""

from pydantic import Field

from shared.models.base import Model
from shared.models.media import MediaInfo, Signals
from shared.models.session import FailureCode

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
    file_bytes: int = 16 * 1024**2
    """Largest file it may write."""
    open_files: int = 64


class Still(Model):
    """A JPEG in the work directory."""

    time_s: float
    file_name: str = Field(pattern=r"^[a-z0-9_]+\.jpg$")


class Found(Model):
    """What the worker measured."""

    media: MediaInfo
    signals: Signals
    key_frames: list[Still]
    poster: Still


class Refusal(Model):
    """Why the worker will not have this file."""

    code: FailureCode
    detail: str


class Said(Model):
    """One line of the worker. The first says that it is ready, the last holds the result or the refusal."""

    progress: float = Field(default=0.0, ge=0, le=1)
    result: Found | None = None
    refused: Refusal | None = None
