"""What the render is given and what it gives back: local files in, local files out, nothing of databases or buckets."""

from pathlib import Path

from pydantic import Field

from shared.models.base import Model
from shared.models.media import MediaInfo
from shared.models.video import Chapter, Part


class RenderOptions(Model):
    """What may be turned without touching code."""

    outro_s: float = Field(default=12.0, ge=5, le=24)
    """Length of the recap, seconds."""
    lead_s: float = Field(default=3.0, ge=0, le=10)
    """How long before the key moment the clip begins, seconds."""
    height: int = Field(default=720, ge=120, le=1080, multiple_of=2)
    """The shorter side of the picture, pixels: the height of a landscape video, the width of a portrait one."""
    pictures_per_second: float = Field(default=10.0, ge=6, le=30)
    """How many different pictures a second the time-lapse shows when it is made of stills."""
    preset: str = Field(default="superfast", pattern="^(superfast|veryfast|faster|fast|medium)$")
    """Of x264: slower is smaller at the same quality. `ultrafast` is not there: it does not make the High profile."""
    crf: int = Field(default=26, ge=15, le=32)
    """Quality of x264: lower is better and larger."""
    deadline_s: float = Field(default=600.0, gt=0, le=1700)
    """A render that takes longer than this is given up, seconds."""


class VoicedSentence(Model):
    """One recorded sentence of the script."""

    part: Part
    text: str
    """As written, for the captions."""
    wav: Path
    """Mono 16-bit PCM without silence at its ends."""
    duration_s: float = Field(gt=0)


class RenderOrder(Model):
    """Everything one video is made of."""

    source: Path
    media: MediaInfo
    key_moment_s: float = Field(ge=0)
    """Seconds from the start of the source."""
    gamma: float = Field(default=1.0, ge=1.0, le=2.5)
    """Above 1, dark footage is brightened."""
    sentences: list[VoicedSentence] = Field(min_length=3)
    """In speaking order: part 1, the pivot, part 2."""
    pause_s: float = Field(ge=0, le=2)
    """Silence wished for between two sentences."""
    dish_name: str
    session_number: int = Field(ge=1, le=3)
    next_action: str
    """For the recap card."""
    success_sign: str
    options: RenderOptions = RenderOptions()


class RenderedVideo(Model):
    """The files, and what was measured on them."""

    video: Path
    poster: Path
    captions: Path
    """WebVTT."""
    duration_s: float
    width: int
    height: int
    size_bytes: int
    chapters: list[Chapter]
    loudness_lufs: float
    true_peak_dbtp: float
    warnings: list[str]
    """English, for ops: what was made differently from the plan, such as a damaged stretch that was left out."""


class RenderFailed(RuntimeError):
    """No video came out that may be shown. Says what was expected and what was found."""


class RenderCancelled(RuntimeError):
    """Whoever ordered the video no longer wants it. Nothing is left running."""
