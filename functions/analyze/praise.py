"""One specific praise: the best of what was really observed, said with its time."""

from dataclasses import dataclass

import numpy as np

from functions.analyze.rules import Case
from functions.analyze.signs.curves import Film, Span, runs
from functions.analyze.wording import PraiseKind, pick, sentences, time_code
from knowledge_base.models import SignalSign
from shared.models.analysis import Sign

STEADY_DB = 2.5
"""A sizzle within this of its own level is steady."""
STEADY_LEAST_S = 8
JUMP_DB = 8.0
"""A hot pan answers with at least this much within two seconds."""
NOTICED = 0.4
"""Signs at least this strong speak against a praise, or for one of the dish's own."""


@dataclass(frozen=True)
class Observation:
    """Something done well."""

    kind: PraiseKind
    time_s: float
    worth: float
    """0 to 1."""


def praise_for(film: Film, case: Case, mistake_signs: frozenset[Sign], *, variety: str) -> tuple[str, float]:
    """A sentence and the moment it speaks of.

    Args:
        film: the curves.
        case: evidence and dish.
        mistake_signs: the signs of the chosen mistake: what is criticised is not praised in the same breath.
        variety: picks among equal wordings.
    """
    noticed = {evidence.sign for evidence in case.evidence if evidence.strength >= NOTICED} | mistake_signs
    dish_praise = _of_the_dish(case, mistake_signs)
    if dish_praise is not None:
        return dish_praise
    fitting = [seen for seen in observations(film) if not noticed & set(sentences().praise[seen.kind].against)]
    if not fitting:
        always = case.dish.praise_ja.get("always", "")
        kind = sentences().praise["filmed_well"].variants
        return pick([always] if always else kind, variety).format(dish=case.dish.name_ja, time="0:00"), 0.0
    best = max(fitting, key=lambda seen: seen.worth)
    template = pick(sentences().praise[best.kind].variants, variety)
    return template.format(time=time_code(best.time_s), dish=case.dish.name_ja), best.time_s


def observations(film: Film) -> list[Observation]:
    """Everything that went well, as far as it can be seen and heard."""
    found = [_quick_start(film), _steady_sizzle(film), _even_rhythm(film), _even_browning(film)]
    found += [_steady_hands(film), _clear_air(film)]
    return [seen for seen in found if seen is not None]


def steadiest(film: Film) -> Span | None:
    """The longest stretch of even frying, or None."""
    if not film.fries:
        return None
    best: Span | None = None
    for span in runs(film.frying):
        level = film.sizzle_db[span.start : span.end]
        even = np.abs(level - np.median(level)) < STEADY_DB
        for part in runs(even):
            if best is None or part.length > best.length:
                best = Span(span.start + part.start, span.start + part.end)
    return best if best is not None and best.length >= STEADY_LEAST_S else None


def _of_the_dish(case: Case, mistake_signs: frozenset[Sign]) -> tuple[str, float] | None:
    """Praise a dish keeps for a sign that is good in it."""
    for evidence in sorted(case.evidence, key=lambda item: -item.strength):
        words = case.dish.praise_ja.get(evidence.sign.value)
        if words and evidence.strength >= 2 * NOTICED and evidence.sign not in mistake_signs:
            return words, evidence.time_s
    return None


def _quick_start(film: Film) -> Observation | None:
    if not film.fries or film.always_frying or film.cooking.start < 2:
        return None
    start = film.cooking.start
    jump = float(film.sizzle_db[min(start + 2, film.seconds - 1)] - film.sizzle_db[start - 2])
    at_once = float(film.sizzle_db[min(start + 2, film.seconds - 1)]) >= film.usual_db - 3.0
    return Observation("quick_start", start, 0.9) if jump >= JUMP_DB and at_once else None


def _steady_sizzle(film: Film) -> Observation | None:
    span = steadiest(film)
    if span is None:
        return None
    return Observation("steady_sizzle", span.start, min(0.95, 0.5 + span.length / 60.0))


def _even_rhythm(film: Film) -> Observation | None:
    cooking = film.cooking
    strokes = [span for span in runs(film.moving) if cooking.holds(span.start) and span.length >= 2]
    if len(strokes) < 4:
        return None
    gaps = np.diff([span.start for span in strokes])
    unevenness = float(np.std(gaps) / np.mean(gaps))
    return Observation("even_rhythm", strokes[0].start, 0.75) if unevenness < 0.45 else None


def _even_browning(film: Film) -> Observation | None:
    cooking = film.cooking
    if cooking.length < 20:
        return None
    colour = film.browning[cooking.start : cooking.end]
    gain = float(np.median(colour[-5:]) - np.median(colour[:5]))
    if gain < 0.008:
        return None
    return Observation("even_browning", cooking.start + 0.8 * cooking.length, 0.7)


def _steady_hands(film: Film) -> Observation | None:
    if not film.moving.any() or (film.has_sound and not film.fries):  # perhaps it is no pan that moves there
        return None
    longest = max(runs(film.moving, lapse=1), key=lambda span: span.length)
    return Observation("steady_hands", longest.start, 0.4) if longest.length >= 3 else None


def _clear_air(film: Film) -> Observation | None:
    if not film.fries or float(film.haze.max(initial=0.0)) > 0.02:
        return None
    return Observation("clear_air", film.cooking.start + 0.6 * film.cooking.length, 0.45)


def signs_of(mistake_signs: list[object]) -> frozenset[Sign]:
    """The signals among the signs of a mistake."""
    return frozenset(sign.signal for sign in mistake_signs if isinstance(sign, SignalSign))
