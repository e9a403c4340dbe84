"""What `prepare` learns of an upload: the probe of the file, and its signals, one value per second of film."""

from typing import Literal, Self

from pydantic import Field, model_validator

from shared.models.base import Model

Hdr = Literal["none", "hlg", "pq"]
Rotation = Literal[0, 90, 180, 270]


class MediaInfo(Model):
    """The probe of one uploaded video. Sizes are as shown to a viewer, after the rotation in the metadata."""

    container: str
    """FFmpeg's short name of the demuxer, such as `mov,mp4,m4a,3gp,3g2,mj2`."""
    duration_s: float = Field(ge=0)
    """Length of the picture, seconds."""
    size_bytes: int = Field(ge=0)
    video_codec: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    rotation_degrees: Rotation
    """Clockwise turn the player applies to the coded picture."""
    frame_rate: float = Field(gt=0)
    """Average frames per second."""
    variable_frame_rate: bool
    pixel_format: str
    hdr: Hdr
    """Transfer function: HLG (ARIB STD-B67), PQ (SMPTE ST 2084) or neither."""
    audio_codec: str | None
    """None when the file has no sound track at all."""

    @property
    def portrait(self) -> bool:
        """Whether the picture is taller than wide, as shown."""
        return self.height > self.width


class Signals(Model):
    """Sound and picture of a video, one value per started second; all lists have the same length, `seconds`.

    Every value is measured, none is guessed: a file without a sound track has `has_sound=False` and sound values at
    their floor.
    """

    seconds: int = Field(ge=0)
    has_sound: bool
    """False when there is no sound track or it is digitally silent throughout."""

    rms_db: list[float]
    """Loudness of the second, dB relative to full scale, −90 (silence) to 0."""
    onsets: list[int]
    """Sudden starts of sound in the second (spectral flux peaks): drops, knocks, strokes of the spatula."""
    sizzle: list[float]
    """Share of the second's sound energy in the band where frying sounds, weighed by steadiness, 0 to 1."""
    silence: list[float]
    """Share of the second below −50 dBFS, 0 to 1."""
    crackles: list[int] = []
    """Sudden starts within the band of frying sounds: bursting drops, spitting fat. Empty: not measured."""
    voice: list[float] = []
    """Share of the second in which a pitch is heard: speech, song, instruments, hum, 0 to 1. Empty: not measured."""

    motion: list[float]
    """Mean absolute change of luma between pictures, 0 to 1."""
    luminance: list[float]
    """Mean luma, 0 (black) to 1 (white)."""
    browning: list[float]
    """How much of the picture has taken on the colour of browned food since its shot began, 0 to 1."""
    haze: list[float]
    """Steam or smoke: loss of local contrast against the recent past, 0 (clear) to 1 (nothing to be seen)."""
    shot_changes_s: list[float]
    """Times at which the picture changes as a whole, seconds."""

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        for name in ("rms_db", "onsets", "sizzle", "silence", "motion", "luminance", "browning", "haze"):
            length = len(getattr(self, name))
            if length != self.seconds:
                raise ValueError(f"{name} is expected to hold one value per second ({self.seconds}). Found: {length}")
        for name in ("crackles", "voice"):
            length = len(getattr(self, name))
            if length not in (0, self.seconds):
                raise ValueError(
                    f"{name} is expected to hold no value or one per second ({self.seconds}). Found: {length}"
                )
        return self


class KeyFrame(Model):
    """A small still of the upload in the media bucket."""

    time_s: float = Field(ge=0)
    path: str
    """Object name in the media bucket (JPEG)."""


class Preparation(Model):
    """Output of `prepare`."""

    media: MediaInfo
    signals: Signals
    key_frames: list[KeyFrame]
    poster_path: str
