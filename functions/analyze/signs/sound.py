"""Signs that can be heard. Each looks at one idea and says when it began, how long it lasted and how clear it is."""

from itertools import pairwise

import numpy as np

from functions.analyze.signs.curves import Curve, Film, Span, grade, median_filter, runs
from shared.models.analysis import Evidence, Sign

HOT = 0.8
"""Heat at which a pan is about as loud as it gets."""
SPLATTER_PER_S = 3.0
"""Loud drops per second that are more than the crackle of a good fry."""
SLOPE_LEAST_S = 10
"""Sinking takes at least this long; what is faster is a fall."""
FIT_GRID = 40
"""Points per side of the grid on which a slope is looked for."""
SILENCED = 0.35
"""A sizzle that falls to silence was more likely switched off than drowned."""
DROWNED_BY_LIQUID = 0.5
"""A fall right after a burst belongs to what burst."""
COLD_DB = 20.0
"""A pan this much softer than usual is not frying yet."""


def weak_sizzle(film: Film) -> list[Evidence]:
    """Food goes in and the sizzle takes long to come up: the pan was not hot.

    A hot pan is loud within two or three seconds. The longer the way from silence to loud, and the softer the first
    seconds after the food went in, the clearer.
    """
    if not film.fries or film.always_frying:
        return []
    hot = next((second for second in range(film.seconds) if _is_hot(film, second)), 0)
    cold = np.flatnonzero(film.sizzle_db[:hot] <= max(film.quiet_db + 4.0, film.usual_db - COLD_DB))
    if cold.size == 0:
        return []
    began = int(cold[-1]) + 1
    went_in = film.arrival_near(began - 12, began + 1)
    start = began if went_in is None else went_in
    answer_db = float(np.mean(film.sizzle_db[start : start + 4][-3:]))
    slow = grade(hot - began, 3.0, 7.0)
    soft = grade(film.usual_db - answer_db, 7.0, 13.0)
    return _found(Sign.WEAK_SIZZLE, start, hot - start, slow * soft)


def _is_hot(film: Film, second: int) -> bool:
    return float(np.min(film.sizzle_db[second : second + 3])) >= film.usual_db - 3.0


def sizzle_collapse(film: Film) -> list[Evidence]:
    """A loud sizzle falls within a few seconds and stays down, though the pan is still in use."""
    best, best_strength = None, 0.0
    cooking = film.cooking
    if not film.fries:
        return []
    for second in range(cooking.start + 5, cooking.end - 6):
        before = float(np.median(film.sizzle_db[second - 5 : second]))
        after = float(np.median(film.sizzle_db[second + 3 : second + 9]))
        fall = before - after
        if not film.frying[second - 3 : second].all() or fall < 5.0:
            continue
        quick = grade(before - float(film.sizzle_db[min(second + 4, film.seconds - 1)]), 0.4 * fall, 0.8 * fall)
        alive = grade(float(np.median(film.heat[second + 5 : second + 12])), 0.12, 0.3)
        went_in = film.arrival_near(second - 2, second + 1) is not None
        strength = grade(fall, 4.0, 11.0) * quick * (1.0 if went_in else 0.8) * max(SILENCED, alive)
        if strength > best_strength + 1e-6:
            best, best_strength = second, strength
    if best is None:
        return []
    if any(abs(burst.time_s - best) <= 5 and burst.strength > best_strength / 3 for burst in late_burst(film)):
        best_strength *= DROWNED_BY_LIQUID
    before = float(np.median(film.sizzle_db[best - 5 : best]))
    start = _last_at_least(film, before - 2.0, best - 3, best + 4)
    went_in_at = film.arrival_near(start - 1, start + 1)
    start = start if went_in_at is None else went_in_at
    low = runs(film.sizzle_db[start:] < before - 4.0, lapse=2)
    return _found(Sign.SIZZLE_COLLAPSE, start, low[0].end if low else 6, best_strength)


def sizzle_fading(film: Film) -> list[Evidence]:
    """The sizzle sinks bit by bit: a level, then a slope of at least ten seconds, found by the best fit of the two."""
    if not film.fries:
        return []
    hot = _first_lasting(film, HOT, 3)
    level = median_filter(film.sizzle_db, 5)[hot : film.cooking.end]
    while level.size > 4 and level[-1] < level[-4] - 3.0:  # the pan leaves the heat
        level = level[:-1]
    if level.size < 18:
        return []
    start, end, fall, error = _level_then_slope(level)
    steepest = float(np.max(level[:-4] - level[4:]))
    gradual = 1.0 - grade(steepest, 0.45 * fall, 0.8 * fall)
    strength = grade(fall, 4.0, 9.0) * gradual * (1.0 - grade(error, 1.5, 3.5))
    return _found(Sign.SIZZLE_FADING, hot + start, end - start, strength)


def fierce_sizzle(film: Film) -> list[Evidence]:
    """The sizzle steps up well above all frying before it, and stays there."""
    best: tuple[float, Span] | None = None
    frying = np.flatnonzero(film.frying)
    for second in range(film.cooking.start + 6, film.cooking.end - 6):
        earlier = frying[(frying < second - 1)]
        if earlier.size < 5 or not film.frying[second - 3]:
            continue
        usual = float(np.percentile(film.sizzle_db[earlier], 80))
        after = film.sizzle_db[second + 1 : second + 9]
        rise = float(np.median(after)) - usual
        sudden = float(film.sizzle_db[min(second + 2, film.seconds - 1)] - film.sizzle_db[second - 2])
        level_before = abs(float(film.sizzle_db[second - 2] - film.sizzle_db[second - 6])) < max(1.5, 0.15 * rise)
        if rise < 3.0 or sudden < 0.6 * rise or not level_before:
            continue
        above = runs(film.sizzle_db[second:] > usual + 0.5 * rise, lapse=2)
        length = above[0].end if above and above[0].start <= 3 else 0
        strength = grade(rise, 2.5, 5.5) * grade(length, 5.0, 11.0)
        if best is None or strength > best[0] + 1e-6:
            start = _first_at_least(film, usual + 0.4 * rise, second - 3, second + 3)
            best = (strength, Span(start, second + length))
    return [] if best is None else _found(Sign.FIERCE_SIZZLE, best[1].start, best[1].length, best[0])


def long_silence(film: Film) -> list[Evidence]:
    """No frying for long between two stretches of frying."""
    spans = [span for span in runs(film.frying, lapse=2) if span.length >= 4]
    found = []
    for earlier, later in pairwise(spans):
        gap = Span(earlier.end, later.start)
        softest = grade(float(np.median(film.heat[gap.start : gap.end])), 0.15, 0.35)
        found += _found(Sign.LONG_SILENCE, gap.start, gap.length, grade(gap.length, 5.0, 11.0) * (1.0 - softest))
    return found


def late_burst(film: Film) -> list[Evidence]:
    """Late in the cooking the sizzle jumps up and is gone again within seconds."""
    best: tuple[float, int, int] | None = None
    cooking = film.cooking
    if not film.fries:
        return []
    raw = film.rms_db + 10.0 * np.log10(np.maximum(film.share, 1e-4))
    for second in range(cooking.start + int(0.5 * cooking.length), cooking.end - 2):
        before = max(film.usual_db, float(np.median(raw[max(0, second - 6) : second + 1])))
        rise = float(np.max(raw[second : second + 2])) - before
        if rise < 2.5 or not film.frying[max(0, second - 4) : second].all():
            continue
        over = np.flatnonzero(raw[second + 1 : second + 12] < before + 0.4 * rise)
        if over.size == 0 or not _still_warm(film, second + 3 + int(over[0])):
            continue
        strength = grade(rise, 2.0, 5.0) * (1.0 - grade(float(over[0]), 6.0, 10.0))
        if best is None or strength > best[0] + 1e-6:
            best = (strength, second, int(over[0]) + 1)
    return [] if best is None else _found(Sign.LATE_BURST, best[1], best[2], best[0])


def _still_warm(film: Film, second: int) -> bool:
    """Whether the pan is still heard for some seconds: a burst is over, the cooking is not."""
    after = film.sizzle_db[second : second + 3]
    return after.size == 3 and float(after.min()) > film.quiet_db + 4.0


def splatter(film: Film) -> list[Evidence]:
    """Single loud bursts, many a second, well above what this pan usually does."""
    if not film.fries:
        return []
    crackles = film.crackles * film.frying  # the noise of a silent room, once coded, crackles too
    usual = float(np.median(crackles[film.frying]))
    dense = np.convolve(crackles, np.ones(4) / 4, mode="same")
    spans = [span for span in runs(dense >= max(SPLATTER_PER_S, 2.0 * usual + 1.0), lapse=2) if span.length >= 3]
    if not spans:
        return []
    span = max(spans, key=lambda candidate: float(crackles[candidate.start : candidate.end].sum()))
    density = float(crackles[span.start : span.end].mean())
    first = np.flatnonzero(crackles[span.start : span.end] >= 0.4 * density)
    start = span.start + (int(first[0]) if first.size else 0)
    strength = grade(density - usual, 1.0, 2.0 * SPLATTER_PER_S) * grade(span.length, 2.0, 5.0)
    return _found(Sign.SPLATTER, start, span.end - start, strength)


def _found(sign: Sign, start: float, length: float, strength: float) -> list[Evidence]:
    if strength < 0.05 or length <= 0:
        return []
    return [Evidence(sign=sign, time_s=float(start), duration_s=float(length), strength=round(strength, 3))]


def _first_lasting(film: Film, heat: float, seconds: int) -> int:
    """The first second from which the heat stays at this level on average for some seconds."""
    for second in range(film.seconds):
        if float(np.mean(film.heat[second : second + seconds])) >= heat and film.heat[second] >= heat - 0.1:
            return second
    return 0


def _last_at_least(film: Film, level_db: float, low: int, high: int) -> int:
    candidates = np.flatnonzero(film.sizzle_db[max(0, low) : high] >= level_db)
    return max(0, low) + int(candidates[-1]) if candidates.size else max(0, low)


def _first_at_least(film: Film, level_db: float, low: int, high: int) -> int:
    candidates = np.flatnonzero(film.sizzle_db[max(0, low) : high] >= level_db)
    return max(0, low) + int(candidates[0]) if candidates.size else high


def _level_then_slope(level: Curve) -> tuple[int, int, float, float]:
    """Best fit of a constant, a falling line of ten seconds or more, a constant: start, end, fall and error in dB.

    Looked for on a coarse grid first, then second by second around the best of it.
    """
    step = max(1, level.size // FIT_GRID)
    starts, ends = range(0, level.size - SLOPE_LEAST_S, step), range(SLOPE_LEAST_S, level.size + 1, step)
    start, end, _, _ = _best_fit(level, starts, ends)
    near_starts = range(max(0, start - step), min(level.size - SLOPE_LEAST_S, start + step) + 1)
    return _best_fit(level, near_starts, range(max(SLOPE_LEAST_S, end - step), min(level.size, end + step) + 1))


def _best_fit(level: Curve, starts: range, ends: range) -> tuple[int, int, float, float]:
    times, centred_level = np.arange(level.size), level - level.mean()
    best = (0, level.size, 0.0, float("inf"))
    for start in starts:
        for end in ends:
            if end - start < SLOPE_LEAST_S:
                continue
            shape = np.clip((times - start) / (end - start), 0.0, 1.0)
            shape -= shape.mean()
            slope = float(shape @ centred_level / (shape @ shape))
            error = float(np.sqrt(np.mean((centred_level - slope * shape) ** 2)))
            if error < best[3]:
                best = (start, end, -slope, error)
    return best
