"""The analysis by rules, put together: signs, weighing, outcome, the moment, and what is said about it."""

from functions.analyze.outcome import confidence_in, outcome_of, severity_of
from functions.analyze.praise import praise_for, signs_of, steadiest
from functions.analyze.rules import Case, Weighed, weigh
from functions.analyze.signs.curves import Film
from functions.analyze.wording import DiagnosisKind, pick, sentences, time_code
from knowledge_base.models import Mistake
from shared.models.analysis import Event, Evidence, Outcome, Sign, VideoAnalysis

KEPT_CANDIDATES = 8
"""How many of the weighed mistakes stay in the record."""
MOST_EVENTS = 16
ALARMING = 0.55
"""A dangerous sign this strong is warned of."""
KEY_MOMENT_MARGIN_S = 0.5
"""The lesson needs something to show after its moment."""


def analyze_film(
    film: Film,
    case: Case,
    mistakes: tuple[Mistake, ...],
    *,
    duration_s: float,
    dish_name: str,
    hedge_below: float,
    variety: str,
) -> VideoAnalysis:
    """Decide what the lesson is about.

    Args:
        film: the curves of the film.
        case: the evidence in it, and what else is known.
        mistakes: those that can happen in the dish; at least one.
        duration_s: length of the film.
        dish_name: the dish as the cook calls it.
        hedge_below: a choice with less confidence than this is worded as a guess.
        variety: picks among equal wordings; the same for the same run.
    """
    weighed = weigh(case, mistakes)
    best = weighed[0]
    outcome = outcome_of(film, case, best)
    confidence = confidence_in(outcome, film, weighed)
    chosen = best if outcome is Outcome.COACHABLE else None
    criticised = signs_of(list(best.mistake.signs)) if chosen is not None else frozenset[Sign]()
    praise, praised_s = praise_for(film, case, criticised, variety=variety)
    if outcome is Outcome.UNUSABLE:
        praise = sentences().something_else
    moment_s = _key_moment(film, case, chosen, praised_s)
    return VideoAnalysis(
        outcome=outcome,
        mistake_code=None if chosen is None else chosen.mistake.code,
        key_moment_s=round(max(0.0, min(moment_s, duration_s - KEY_MOMENT_MARGIN_S)), 2),
        diagnosis=""
        if chosen is None
        else _diagnosis(chosen, dish_name, hedged=confidence < hedge_below, variety=variety),
        praise=praise,
        severity=None if chosen is None else severity_of(chosen),
        confidence=confidence,
        events=_events(film, case.evidence) if outcome in (Outcome.COACHABLE, Outcome.NO_ISSUE) else [],
        safety_alerts=_alerts(case.evidence, chosen) if outcome in (Outcome.COACHABLE, Outcome.NO_ISSUE) else [],
        evidence=case.evidence,
        candidates=[item.candidate() for item in weighed[:KEPT_CANDIDATES]],
        has_sound=film.has_sound,
        engine="rules",
    )


def _key_moment(film: Film, case: Case, chosen: Weighed | None, praised_s: float) -> float:
    """Where the chosen mistake shows best; else where most happens."""
    if chosen is None:
        return praised_s
    evidence = _main_evidence(chosen) or max(case.evidence, key=lambda item: item.strength, default=None)
    if evidence is not None:
        return evidence.time_s
    cooking = film.cooking
    busiest = film.arrival_near(cooking.start, cooking.end - 1)
    return float(busiest if busiest is not None else cooking.start + cooking.length // 3)


def _main_evidence(chosen: Weighed) -> Evidence | None:
    return max(chosen.support, key=lambda share: share[0])[1] if chosen.support else None


def _diagnosis(chosen: Weighed, dish_name: str, *, hedged: bool, variety: str) -> str:
    words = sentences()
    evidence = _main_evidence(chosen)
    kind: DiagnosisKind
    if chosen.signals >= max(chosen.words, 0.3) and evidence is not None:
        kind = "hedged" if hedged else "clear"
    elif chosen.memo_words > 0:
        kind = "memo"
    elif chosen.low_ratings:
        kind = "ratings"
    else:
        kind = "unsure"
    rating = chosen.low_ratings[0] if chosen.low_ratings else "taste"
    return pick(words.diagnosis[kind], variety).format(
        time=time_code(evidence.time_s) if evidence is not None else "",
        shows=words.signs[evidence.sign].shows if evidence is not None else "",
        mistake=chosen.mistake.name_ja,
        rating=words.ratings[rating],
        dish=dish_name,
    )


def _events(film: Film, evidence: list[Evidence]) -> list[Event]:
    """What happens in the pan, in order: every clear sign, the food going in, the steadiest frying."""
    words = sentences()
    strongest = sorted(evidence, key=lambda item: -item.strength)[: MOST_EVENTS - 2]
    events = [
        Event(
            time_s=item.time_s,
            duration_s=item.duration_s,
            description_ja=words.signs[item.sign].event,
            pan_temperature=words.signs[item.sign].pan_temperature,
            failure_signs=list(words.signs[item.sign].failure_signs),
        )
        for item in strongest
    ]
    went_in = film.arrival_near(film.cooking.start - 2, film.cooking.start + 1) if film.fries else None
    if went_in is not None:
        events.append(Event(time_s=went_in, duration_s=1.0, description_ja=words.course.food_in))
    steady = steadiest(film)
    if steady is not None:
        events.append(
            Event(
                time_s=steady.start,
                duration_s=steady.length,
                description_ja=words.course.steady_frying,
                pan_temperature="correct",
            )
        )
    return sorted(events, key=lambda event: event.time_s)


def _alerts(evidence: list[Evidence], chosen: Weighed | None) -> list[str]:
    """Warnings: of dangerous signs, and of the chosen mistake where it is dangerous in itself."""
    words = sentences()
    alerts = [words.signs[item.sign].safety for item in evidence if item.strength >= ALARMING]
    if chosen is not None:
        alerts.append(chosen.mistake.safety_ja)
    return list(dict.fromkeys(alert for alert in alerts if alert))
