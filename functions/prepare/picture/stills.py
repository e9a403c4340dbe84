"""Choosing stills while the pictures go by: the sharpest well-lit picture of each stretch of film, and the poster.

The length of the film need not be known: stretches double whenever there are too many of them, so memory holds a fixed
number of pictures whatever comes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from functions.prepare.arrays import ByteArray, FloatArray
from functions.prepare.picture.colour import to_sdr
from shared.models.media import Hdr, Rotation

POSTER_LONG_SIDE = 960
KEY_FRAME_LONG_SIDE = 512
FIRST_STRETCH_S = 2.0
HEAD_SHARE = 0.2
"""The first part of a film shows a hand on the phone and an empty pan: no poster from there."""
IDEAL_LUMINANCE = 0.5
BETTER_BY = 1.05
"""A later picture replaces an earlier one only when it is this many times as good, which spares conversions."""
JPEG_QSCALE = "4"


@dataclass
class Still:
    """One candidate, in display orientation and SDR."""

    time_s: float
    score: float
    rgb: ByteArray


class StillChooser:
    """Keeps the best picture of each stretch."""

    def __init__(self, count: int, rotation: Rotation, transfer: Hdr) -> None:
        """`count`: how many stills are wanted in the end."""
        self._count = count
        self._turns = rotation // 90
        self._transfer: Hdr = transfer
        self._stretch_s = FIRST_STRETCH_S
        self._best: dict[int, Still] = {}

    def offer(self, time_s: float, frame: VideoFrame, small_rgb: FloatArray) -> None:
        """Show a picture; it is converted only when it beats what its stretch has.

        Args:
            time_s: its time, seconds from the start.
            frame: as decoded.
            small_rgb: the same picture, small, 0 to 1.
        """
        score = beauty(small_rgb)
        stretch = int(time_s / self._stretch_s)
        held = self._best.get(stretch)
        if held is not None and score < held.score * BETTER_BY:
            return
        self._best[stretch] = Still(time_s, score, self._convert(frame))
        while len(self._best) > 2 * self._count:
            self._stretch_s *= 2
            merged: dict[int, Still] = {}
            for still in self._best.values():
                index = int(still.time_s / self._stretch_s)
                if index not in merged or still.score > merged[index].score:
                    merged[index] = still
            self._best = merged

    def key_frames(self) -> list[Still]:
        """At most `count` stills, in order of time: the best of as many equal stretches of what was seen."""
        stills = sorted(self._best.values(), key=lambda still: still.time_s)
        if len(stills) <= self._count:
            return stills
        groups = np.array_split(np.arange(len(stills)), self._count)
        return [max((stills[index] for index in group), key=lambda still: still.score) for group in groups]

    def poster(self) -> Still:
        """The best still that is not from the very start, unless there is no other.

        Raises:
            LookupError: no picture was offered.
        """
        stills = sorted(self._best.values(), key=lambda still: still.time_s)
        if not stills:
            raise LookupError("no picture was offered")
        later = [still for still in stills if still.time_s > HEAD_SHARE * stills[-1].time_s]
        return max(later or stills, key=lambda still: still.score)

    def _convert(self, frame: VideoFrame) -> ByteArray:
        scale = min(1.0, POSTER_LONG_SIDE / max(frame.width, frame.height))
        width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
        rgb = sdr_rgb(frame, width, height, self._transfer)
        return np.ascontiguousarray(np.rot90(np.round(rgb * 255).astype(np.uint8), -self._turns))


def sdr_rgb(frame: VideoFrame, width: int, height: int, transfer: Hdr) -> FloatArray:
    """A decoded frame, scaled: height × width × 3, gamma-coded SDR, 0 to 1. Not rotated."""
    if transfer == "none":
        scaled = frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
        return scaled.astype(np.float32) / np.float32(255)
    scaled = frame.reformat(width, height, "rgb48le", interpolation="AREA").to_ndarray()
    return to_sdr(scaled.astype(np.float32) / np.float32(65535), transfer)


def beauty(rgb: FloatArray) -> float:
    """How good a still a picture makes: sharp, neither dark nor blown out, with some colour."""
    luma = rgb.mean(axis=-1)
    sharpness = float(np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean())
    lit = max(0.0, 1.0 - abs(float(luma.mean()) - IDEAL_LUMINANCE) / IDEAL_LUMINANCE)
    clipped = float(((luma < 0.02) | (luma > 0.98)).mean())
    colour = float((rgb.max(axis=-1) - rgb.min(axis=-1)).mean())
    return (0.01 + sharpness) * (0.2 + lit) * (1.2 - clipped) * (0.5 + colour)


def write_jpeg(rgb: ByteArray, long_side: int, path: Path) -> None:
    """Write a picture as JPEG, no larger than `long_side`; nothing of the source's metadata goes with it."""
    frame = VideoFrame.from_ndarray(rgb, format="rgb24")
    scale = min(1.0, long_side / max(frame.width, frame.height))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    frame.reformat(width, height, "yuvj420p", interpolation="AREA").save(str(path), qscale=JPEG_QSCALE)
