"""Outputs of `speak` and `render`: the voice with its timings, and the finished video."""

from typing import Literal

from pydantic import Field

from shared.models.base import Model

Part = Literal["part1", "pivot", "part2"]


class SpokenSentence(Model):
    """One synthesised sentence, as one file."""

    part: Part
    text: str
    """As written, for captions (the voice may have been given readings instead)."""
    path: str
    """Object name in the media bucket: mono 16-bit PCM WAV, without leading or trailing silence."""
    duration_s: float = Field(gt=0)
    """Exact: samples divided by the sample rate."""


class Speech(Model):
    """Output of `speak`."""

    sentences: list[SpokenSentence]
    """In speaking order."""
    pause_s: float = Field(ge=0)
    """Silence between two sentences of a part."""
    sample_rate_hz: int
    voice: str
    characters: int
    """Characters sent to the voice, the unit it is billed by."""


class Chapter(Model):
    """An MP4 chapter."""

    title: str
    start_s: float = Field(ge=0)
    end_s: float = Field(gt=0)


class CoachingVideo(Model):
    """Output of `render`: verified before it is reported."""

    video_path: str
    poster_path: str
    captions_path: str
    """WebVTT."""
    duration_s: float
    width: int
    height: int
    size_bytes: int
    chapters: list[Chapter]
    loudness_lufs: float
    true_peak_dbtp: float
    warnings: list[str] = []
