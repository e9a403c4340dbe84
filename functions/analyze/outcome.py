"""What kind of film this is, and how sure we are. Refusing a cook who did cook is the worst mistake here, so everything
that is not clearly something else is coached, if with little confidence."""

import numpy as np

from functions.analyze.rules import Case, Weighed
from functions.analyze.signs.curves import Film
from shared.models.analysis import Outcome

BLACK = 0.04
"""Mean luminance of a covered lens."""
NEARLY_SILENT_DB = -55.0
FROZEN_PICTURE = 0.0005
"""A camera's own noise changes the picture by more than this from second to second; a photograph does not change."""
TALK_SHARE = 0.35
"""Share of seconds that are mostly voice before talk is what a film is about."""
VOICED = 0.25
STILL_PICTURE = 0.015
"""A person at a desk moves less of the picture than a hand in a pan."""
LEAST_JUDGED_S = 15
"""Shorter films show too little to be called something else."""
UNBROWNED = 0.006
ISSUE_SCORE = 0.9
"""What film and cook must support a mistake with before it is called one."""
LEAST_FRYING_S = 8
"""Frying heard for this long makes a film a cooking film."""
CONTENT_RATING = 4


def outcome_of(film: Film, case: Case, best: Weighed) -> Outcome:
    """The kind of film; `best` is the best supported mistake."""
    if _nothing_to_see(film) and not film.fries:
        return Outcome.UNUSABLE
    if _something_else(film) and best.observed < ISSUE_SCORE and best.memo_words == 0:
        return Outcome.NOT_COOKING
    if best.observed >= ISSUE_SCORE or not _content(case, best):
        return Outcome.COACHABLE
    cooked = int(film.frying.sum()) >= LEAST_FRYING_S
    return Outcome.NO_ISSUE if cooked or case.ratings is not None else Outcome.COACHABLE


def confidence_in(outcome: Outcome, film: Film, weighed: list[Weighed]) -> float:
    """How sure the outcome is, 0 to 1: support of the choice, and its lead over the next one."""
    if outcome is Outcome.UNUSABLE:
        return 0.95
    if outcome is Outcome.NOT_COOKING:
        return 0.7
    best = weighed[0]
    if outcome is Outcome.NO_ISSUE:
        frying = min(1.0, float(film.frying.sum()) / 30.0)
        return round(0.3 + 0.4 * frying * (1.0 - min(1.0, best.observed / ISSUE_SCORE)), 2)
    second = weighed[1].score if len(weighed) > 1 else 0.0
    support = min(1.0, best.observed / 3.5)
    lead = max(0.0, (best.score - second) / max(best.score, 1e-6))
    return round(0.08 + 0.6 * support + 0.27 * lead * support, 2)


def severity_of(best: Weighed) -> int:
    """How grave the mistake was in this film, 1 to 5: as the knowledge base has it, less where it hardly shows, more
    where everything points to it."""
    shown = best.observed
    shift = -1 if shown < ISSUE_SCORE else 1 if shown >= 5.0 else 0
    return int(np.clip(best.mistake.severity + shift, 1, 5))


def _nothing_to_see(film: Film) -> bool:
    if film.seconds == 0 or float(np.percentile(film.luminance, 95)) < BLACK:
        return True
    silent = not film.has_sound or float(np.percentile(film.rms_db, 95)) < NEARLY_SILENT_DB
    frozen = float(film.motion.max()) < FROZEN_PICTURE
    return silent and (frozen or float(np.median(film.luminance)) < BLACK)


def _something_else(film: Film) -> bool:
    """Talk from beginning to end over a picture in which hardly anything moves, browns or steams, and no frying."""
    if film.fries or not film.has_sound or film.seconds < LEAST_JUDGED_S:
        return False
    talk = float((film.voice > VOICED).mean())
    still = film.busiest < STILL_PICTURE and float(film.browning.max(initial=0.0)) < UNBROWNED
    return talk >= TALK_SHARE and still


def _content(case: Case, best: Weighed) -> bool:
    """Whether the cook has nothing to complain of."""
    ratings = case.ratings
    rated_well = ratings is None or min(ratings.model_dump().values()) >= CONTENT_RATING
    return rated_well and best.memo_words == 0
