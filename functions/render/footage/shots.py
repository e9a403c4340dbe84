"""Which pictures of the source are shown when. Pure: numbers in, numbers out.

The time-lapse must show the whole cooking in the time the voice needs, however long the cooking was, and cost the same
for ten minutes as for sixty. Three ways, by how the source was coded:

    whole   a short source: every picture is decoded and played quicker (or a little slower, then over again)
    stills  a long source with enough key frames: only key frames are decoded, evenly spread
    shots   in between: short stretches, each beginning at a key frame, evenly spread, played quicker

The clip is one stretch at natural speed; a source too short for it is slowed down a little, then shown again.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from functions.render.timeline import FRAME_RATE

FULL_HD_RATE = 1920 * 1080 * 30
"""Pixels per second of the usual phone video."""
DECODED_PER_SHOWN = 1.6
"""Seconds of such video that may be decoded for each second of the time-lapse."""
FASTEST, SLOWEST = 4.0, 0.8
"""Limits of the speed at which consecutive pictures are played."""
FEWEST_STILLS_PER_S = 5.0
"""Fewer different pictures a second are a slide show, not a time-lapse."""
SHOT_S = 1.5
"""Length of a shot, as shown."""
SLOWEST_CLIP = 1 / 1.25


class Source(NamedTuple):
    """What the plan needs to know of the file."""

    duration_s: float
    key_times_s: Sequence[float]
    """When key frames are shown, ascending; empty when the file has no index."""
    pixels: int
    """Of one picture."""
    frame_rate: float


class Still(NamedTuple):
    """One key frame, shown from an output frame on until the next picture."""

    time_s: float
    at_frame: int


class Stretch(NamedTuple):
    """Consecutive pictures."""

    start_s: float
    """In the source."""
    at_frame: int
    """First output frame."""
    frames: int
    """Number of output frames."""
    speed: float
    """Seconds of the source per second shown."""

    @property
    def end_s(self) -> float:
        """Where it ends in the source."""
        return self.start_s + self.frames / FRAME_RATE * self.speed


class TimeLapse(NamedTuple):
    """What the time-lapse is made of: stills, or stretches."""

    way: str
    """`whole`, `stills` or `shots`."""
    stills: list[Still]
    stretches: list[Stretch]


def plan_time_lapse(source: Source, frames: int, *, pictures_per_second: float) -> TimeLapse:
    """What is shown on output frames 0 to `frames`.

    Args:
        source: the file.
        frames: length of the time-lapse.
        pictures_per_second: wished number of different pictures a second, if it is made of stills.
    """
    length_s = frames / FRAME_RATE
    fastest = min(FASTEST, max(1.0, DECODED_PER_SHOWN * FULL_HD_RATE / (source.pixels * source.frame_rate)))
    if source.duration_s <= length_s * fastest:
        return TimeLapse("whole", [], _whole(source.duration_s, frames))
    keys = list(source.key_times_s)
    if len(keys) >= length_s * FEWEST_STILLS_PER_S:
        heavy = FULL_HD_RATE / 30 / source.pixels
        per_second = max(FEWEST_STILLS_PER_S, min(1.0, heavy) * pictures_per_second)
        return TimeLapse("stills", _stills(keys, frames, min(len(keys), round(length_s * per_second))), [])
    return TimeLapse("shots", [], _shots(keys, source.duration_s, frames, fastest))


def plan_clip(
    key_moment_s: float, duration_s: float, frames: int, *, lead_s: float, at_frame: int
) -> tuple[list[Stretch], list[int]]:
    """The clip: its stretches, and the output frames on which the key moment is seen.

    It begins `lead_s` before the key moment. Where the source ends too early, the window is extended towards the start;
    where the whole source is too short, it is slowed down by at most a quarter, then shown again from its start.
    """
    length_s = frames / FRAME_RATE
    if duration_s >= length_s:
        start_s = min(max(0.0, key_moment_s - lead_s), duration_s - length_s)
        speed = 1.0
    else:
        start_s = 0.0
        speed = max(SLOWEST_CLIP, duration_s / length_s)
    stretches = _repeated(start_s, duration_s - start_s, frames, speed, at_frame)
    moments = []
    for stretch in stretches:
        frame = stretch.at_frame + round((key_moment_s - stretch.start_s) / speed * FRAME_RATE)
        if stretch.at_frame <= frame < stretch.at_frame + stretch.frames:
            moments.append(frame)
    return stretches, moments


def _whole(duration_s: float, frames: int) -> list[Stretch]:
    """The whole source, as often as needed so that no pass is slower than `SLOWEST`; all passes are complete."""
    length_s = frames / FRAME_RATE
    passes = max(1, math.ceil(SLOWEST * length_s / duration_s))
    bounds = [frames * number // passes for number in range(passes + 1)]
    return [Stretch(0.0, begin, end - begin, passes * duration_s / length_s) for begin, end in pairwise(bounds)]


def _repeated(start_s: float, available_s: float, frames: int, speed: float, at_frame: int) -> list[Stretch]:
    """As many passes over a piece of the source as fill `frames`; the last one may be cut short."""
    per_pass = max(1, math.floor(available_s / speed * FRAME_RATE + 1e-6))
    return [
        Stretch(start_s, at_frame + done, min(per_pass, frames - done), speed) for done in range(0, frames, per_pass)
    ]


def _stills(keys: list[float], frames: int, count: int) -> list[Still]:
    return [Still(keys[number * len(keys) // count], number * frames // count) for number in range(count)]


def _shots(keys: list[float], duration_s: float, frames: int, speed: float) -> list[Stretch]:
    """Stretches evenly spread over the source, each from the key frame nearest to its place.

    Where key frames are so far apart that two shots would begin at the same one, there are fewer, longer shots.
    """
    count, starts = 0, list[float]()
    wished = max(1, round(frames / FRAME_RATE / SHOT_S))
    while count != wished:
        count = wished
        last_start_s = max(0.0, duration_s - frames / FRAME_RATE / count * speed)
        targets = [last_start_s * number / max(1, count - 1) for number in range(count)]
        starts = sorted({_nearest(keys, target, last_start_s) for target in targets}) if keys else targets
        wished = len(starts)
    bounds = [frames * number // count for number in range(count + 1)]
    return [
        Stretch(start_s, begin, end - begin, speed)
        for start_s, (begin, end) in zip(starts, pairwise(bounds), strict=True)
    ]


def _nearest(keys: list[float], target_s: float, last_start_s: float) -> float:
    """The key frame nearest to a time, among those a whole shot fits behind."""
    position = bisect_left(keys, target_s)
    near = [key for key in keys[max(0, position - 1) : position + 1] if key <= last_start_s]
    return min(near, key=lambda key: abs(key - target_s)) if near else min(keys[0], last_start_s)
