"""Signals written by hand, second by second: for tests that need one fact about a film and nothing else."""

from collections.abc import Sequence

import numpy as np

from functions.analyze.signs.curves import Film
from functions.analyze.signs.find import find_signs
from shared.models.analysis import Evidence, Sign
from shared.models.media import Signals

Points = Sequence[tuple[float, float]]
"""(second, value), straight between."""

QUIET_DB = -60.0
STILL, STIRRED = 0.004, 0.04
FRYING_SHARE, ROOM_SHARE = 0.7, 0.02


def curve(points: Points, seconds: int) -> list[float]:
    """The values of a curve in the middle of each second."""
    middle = np.arange(seconds) + 0.5
    return [float(value) for value in np.interp(middle, [time for time, _ in points], [level for _, level in points])]


def film(
    seconds: int = 60,
    *,
    sizzle: Points = ((0, QUIET_DB),),
    stirred: Sequence[tuple[float, float]] = (),
    browning: Points = ((0, 0.0),),
    haze: Points = ((0, 0.0),),
    crackles: Points = ((0, 0.0),),
    luminance: float = 0.5,
    voice: float = 0.0,
    has_sound: bool = True,
    dropped_s: Sequence[float] = (),
    still: float = STILL,
) -> Film:
    """A film.

    Args:
        seconds: its length.
        sizzle: loudness of the frying, dB; at `QUIET_DB` nothing fries.
        stirred: stretches (from, to) in which something moves.
        browning: colour.
        haze: density of a veil.
        crackles: bursts per second.
        luminance: brightness throughout.
        voice: share of each second with a pitch.
        has_sound: without it, sound is at its floor.
        dropped_s: when something lands in the pan.
        still: how much the picture changes when nothing moves.
    """
    level = curve(sizzle, seconds)
    frying = [value > QUIET_DB + 3 for value in level]
    motion = [STIRRED if any(begin <= t < end for begin, end in stirred) else still for t in range(seconds)]
    onsets = [0] * seconds
    for dropped in dropped_s:
        onsets[int(dropped)], motion[int(dropped)] = 2, STIRRED
    share = [FRYING_SHARE if fries else ROOM_SHARE for fries in frying]
    rms = [value - 10 * np.log10(part) for value, part in zip(level, share, strict=True)]
    floor = [-90.0] * seconds
    return Film(
        Signals(
            seconds=seconds,
            has_sound=has_sound,
            rms_db=[float(value) for value in rms] if has_sound else floor,
            onsets=onsets if has_sound else [0] * seconds,
            crackles=[round(value) for value in curve(crackles, seconds)],
            sizzle=share if has_sound else [0.0] * seconds,
            silence=[0.0] * seconds,
            voice=[voice] * seconds,
            motion=motion,
            luminance=[luminance] * seconds,
            browning=curve(browning, seconds),
            haze=curve(haze, seconds),
            shot_changes_s=[],
        )
    )


def hot(start_s: float, end_s: float, level_db: float = -25.0) -> list[tuple[float, float]]:
    """A pan that is loud at once and silent at once."""
    return [(0, QUIET_DB), (start_s, QUIET_DB), (start_s + 0.5, level_db), (end_s, level_db), (end_s + 1, QUIET_DB)]


def seen(shown: Film, sign: Sign) -> Evidence | None:
    """The clearest evidence of a sign, if there is any worth the name."""
    found = [evidence for evidence in find_signs(shown) if evidence.sign is sign and evidence.strength >= 0.4]
    return max(found, key=lambda evidence: evidence.strength, default=None)


def rhythm(start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Stirring with short pauses."""
    return [(time, min(time + 4, end_s)) for time in np.arange(start_s, end_s - 1, 7)]
