"""Signs that can be seen, some of them told apart by what is heard at the same time."""

import numpy as np

from functions.analyze.signs.curves import Curve, Film, Mask, Span, grade, median_filter, runs
from shared.models.analysis import Evidence, Sign

HAZE = 0.03
"""A veil this dense is one."""
HAZE_CLEAR = 0.09
"""A veil this dense cannot be missed."""
HAZE_LASTS_S = 5
LOUD_PAN = 0.7
"""Heat above which a pan fries rather than stews."""

BROWNED_AREA = 0.012
"""Share of the picture: less than this can be a hand or a spoon."""
LEAST_STILL_SHARE = 0.15
STILL_S = 12.0
"""Untouched for longer than this on the heat is long."""
STIRRED_S = 15.0
PAUSE_S = 5


def smoke_and_steam(film: Film) -> list[Evidence]:
    """Haze that lasts. Over a loud pan, or before anything wet is in it, it is smoke; over a soft one it is steam."""
    found = []
    for span in runs(film.haze >= HAZE, lapse=1):
        if span.length < HAZE_LASTS_S:
            continue
        start = _haze_begins(film, span)
        peak = float(np.percentile(film.haze[span.start : span.end], 65))
        strength = grade(peak, 0.5 * HAZE, HAZE_CLEAR) * grade(span.length, 3.0, 8.0)
        sign = Sign.SMOKE if _is_smoke(film, Span(start, span.end)) else Sign.STEAM
        found += _evidence(sign, start, span.end - start, strength)
    return found


def _haze_begins(film: Film, span: Span) -> int:
    """A veil is seen some seconds after it began: as long as it then took to become twice as dense."""
    doubled = np.flatnonzero(film.haze[span.start : span.end] >= 2 * HAZE)
    lead = int(np.clip(doubled[0] if doubled.size else 3, 1, 8))
    clear = np.flatnonzero(film.haze[: span.start] < 0.2 * HAZE)
    return max(0, span.start - lead, int(clear[-1]) if clear.size and clear[-1] > span.start - lead - 3 else 0)


def _is_smoke(film: Film, span: Span) -> bool:
    if span.start < film.cooking.start:
        return True
    if not film.fries:
        browned = film.browning[span.start : span.end].max(initial=0.0) > 2 * np.median(film.browning) + BROWNED_AREA
        return bool(browned)
    over_heat = film.heat[span.start : min(span.end, film.cooking.end)]
    middle = (span.start + span.end) // 2
    stays = float(np.median(film.haze[middle : span.end])) >= 0.8 * float(np.median(film.haze[span.start : middle]))
    return stays and over_heat.size > 0 and float(np.median(over_heat)) >= LOUD_PAN


def rapid_browning(film: Film) -> list[Evidence]:
    """Most of the colour comes within some eight seconds, several times as fast as on average."""
    browning = _browning(film)
    if browning.size < 15:
        return []
    gains = browning[8:] - browning[:-8]
    gains[: film.cooking.start + 3] = 0.0  # raw food has a colour too
    begun = int(np.argmax(gains))
    gain, whole = float(gains[begun]), float(np.ptp(browning))
    even_gain = whole * 8.0 / max(8.0, float(film.cooking.length))
    strength = grade(gain, 0.5 * BROWNED_AREA, 1.5 * BROWNED_AREA) * grade(gain, 1.8 * even_gain, 2.8 * even_gain)
    strength *= grade(gain, 0.33 * whole, 0.5 * whole)
    return _evidence(Sign.RAPID_BROWNING, _rise_starts(film, begun, gain), 8.0, strength)


def dark_finish(film: Film) -> list[Evidence]:
    """The last part is far browner than the course of the rest would have made it; late smoke that comes with it is a
    witness, the more so as it hides the colour."""
    browning, cooking = _browning(film), film.cooking
    turn = cooking.start + int(0.55 * cooking.length)
    if cooking.length < 15:
        return []
    earlier = browning[cooking.start : turn]
    peak_at = turn + int(np.argmax(browning[turn : cooking.end + 1]))
    slope = max(0.0, float(np.polyfit(np.arange(earlier.size), earlier, 1)[0]))
    expected = float(np.median(earlier)) + slope * (peak_at - (cooking.start + turn) / 2)
    rise = float(browning[peak_at]) - expected
    climb_from = max(cooking.start, peak_at - 16)
    climb = browning[climb_from + 8 : peak_at + 1] - browning[climb_from : peak_at - 7]
    begun = climb_from + int(np.argmax(climb)) if climb.size else max(cooking.start, peak_at - 8)
    quick = grade(float(climb.max(initial=0.0)), 0.3 * rise, 0.5 * rise)
    strength = grade(rise, 0.4 * BROWNED_AREA, 1.5 * BROWNED_AREA) * grade(rise / (expected + 0.003), 0.7, 1.8) * quick
    start = _rise_starts(film, begun, rise)
    smoke = _late_smoke(film, turn, begun, peak_at)
    if smoke is not None:
        strength = max(strength, 0.7 * grade(rise, 0.2 * BROWNED_AREA, 0.6 * BROWNED_AREA))
        start = int(np.clip(start, smoke - 2, smoke + 1))  # what chars, smokes
    return _evidence(Sign.DARK_FINISH, start, cooking.end - begun, strength)


def _late_smoke(film: Film, turn: int, begun: int, peak_at: int) -> int | None:
    """When smoke began that belongs to a colour rising from `begun` to `peak_at`; None if there is none."""
    for span in runs(film.haze >= HAZE, lapse=3):
        if max(turn, begun - 1) - 3 <= span.start <= peak_at + 8 and _is_smoke(film, span):
            return _haze_begins(film, span)
    return None


def no_browning(film: Film) -> list[Evidence]:
    """It fries for long and takes no colour. Shown at the end of the frying, when the colour should be there."""
    frying_s = int(film.frying.sum())
    if frying_s < 15:
        return []
    browning, cooking = _browning(film), film.cooking
    gain = float(np.percentile(browning[cooking.start : cooking.end], 90) - browning[: cooking.start + 1].min())
    strength = (1.0 - grade(gain, 0.3 * BROWNED_AREA, 1.2 * BROWNED_AREA)) * grade(frying_s, 15.0, 30.0)
    return _evidence(Sign.NO_BROWNING, max(cooking.start, cooking.end - 5), 5.0, strength)


def constant_stirring(film: Film) -> list[Evidence]:
    """Moved all the time, with hardly a pause."""
    cooking = _handled(film)
    spans = [span for span in runs(film.moving, lapse=1) if span.length >= STIRRED_S]
    if not spans or cooking.length == 0:
        return []
    span = max(spans, key=lambda candidate: candidate.length)
    restless = grade(float(film.moving[span.start : span.end].mean()), 0.90, 0.97)
    strength = grade(span.length, STIRRED_S, 2.0 * STIRRED_S) * grade(span.length / cooking.length, 0.5, 0.8) * restless
    start = max(span.start, cooking.start + 1 if span.holds(cooking.start) else span.start)
    return _evidence(Sign.CONSTANT_STIRRING, start, span.end - start, strength)


def long_stillness(film: Film) -> list[Evidence]:
    """On the heat and not touched for long, though it was touched before."""
    cooking, moving = _handled(film), film.moving
    found = []
    for span in runs(~moving & _within(film, cooking), lapse=2):
        before = moving[cooking.start : span.start].sum()
        if before < 3:
            continue
        heated = float(film.frying[span.start : span.end].mean()) if film.has_sound else 1.0
        clear = 1.0 - grade(float(np.median(film.haze[span.start : span.end])), 0.05, 0.1)  # a veil hides movement
        strength = grade(span.length, STILL_S - 3.0, STILL_S + 4.0) * grade(heated, 0.4, 0.8) * clear
        found += _evidence(Sign.LONG_STILLNESS, span.start, span.length, strength)
    return found


def uneven_rhythm(film: Film) -> list[Evidence]:
    """Several long pauses between bursts of movement that is hurried for this cook."""
    cooking, moving = _handled(film), film.moving
    pauses = [span for span in runs(~moving & _within(film, cooking), lapse=1) if span.length >= PAUSE_S]
    pauses = [span for span in pauses if cooking.start < span.start and span.end < cooking.end]
    bursts = film.motion[cooking.start : cooking.end][moving[cooking.start : cooking.end]]
    if len(pauses) < 2 or bursts.size < 4:
        return []
    lengths = np.array([span.length for span in pauses])
    hurried = grade(float(np.percentile(bursts, 80)) / max(float(np.median(film.motion)), 1e-4), 1.5, 3.0)
    strength = grade(float(lengths.sum()) / cooking.length, 0.3, 0.6) * hurried * grade(float(lengths.max()), 6.0, 12.0)
    longest = max(pauses, key=lambda span: span.length)
    return _evidence(Sign.UNEVEN_RHYTHM, longest.start, longest.length, strength)


def _handled(film: Film) -> Span:
    """The part of the film in which hands are expected in the pan."""
    return film.cooking


def _within(film: Film, span: Span) -> Mask:
    mask = np.zeros(film.seconds, dtype=bool)
    mask[span.start : span.end] = True
    return mask


def _browning(film: Film) -> Curve:
    """Colour of the food without that of the hand, which comes and goes with the movement.

    What the hand adds is the difference between moments with and without movement. Where nothing ever rests, the lower
    quartile of seven seconds must do.
    """
    if film.browning.size == 0:
        return film.browning
    disturbed = film.moving | np.roll(film.moving, 1)
    still = np.flatnonzero(~disturbed)
    if still.size >= max(5, LEAST_STILL_SHARE * film.seconds) and disturbed.any():
        food = np.interp(np.arange(film.seconds), still, film.browning[still])
        hand = max(0.0, float(np.median((film.browning - food)[disturbed])))
        return median_filter(np.maximum(film.browning - hand * disturbed, 0.0), 5)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(film.browning, 3, mode="edge"), 7)
    return median_filter(np.percentile(windows, 25, axis=1), 3)


def _rise_starts(film: Film, begun: int, rise: float) -> int:
    """The second in which a rise found about `begun` starts: the line through its lower and upper quarter, down to its
    foot."""
    browning = _browning(film)
    foot = float(np.median(browning[max(0, begun - 4) : begun + 2]))
    climb = browning[begun : begun + 14]
    top = min(float(climb.max()), foot + rise)
    quarters = [np.flatnonzero(climb >= foot + share * (top - foot)) for share in (0.25, 0.75)]
    if not all(crossing.size for crossing in quarters):
        return begun
    lower, upper = (int(crossing[0]) for crossing in quarters)
    return begun + max(-2, round(lower - 0.5 * (upper - lower)))


def _evidence(sign: Sign, start: float, length: float, strength: float) -> list[Evidence]:
    if strength < 0.05:
        return []
    return [Evidence(sign=sign, time_s=float(start), duration_s=float(max(1.0, length)), strength=round(strength, 3))]
