"""Weighing: how much each mistake of a dish is supported by what was seen and heard, rated, said and known before.

A mistake's score is a sum a cook could follow: for each of its signs in `mistakes.yaml` the weight times how clearly
the sign shows, plus what ratings, memo and history add. Every part leaves a reason, and the reasons stay in the record.
"""

from dataclasses import dataclass, field

from functions.analyze.memo import Memo
from knowledge_base.models import DishEntry, MemoSign, Mistake, RatingSign, SignalSign
from shared.models.analysis import Candidate, Evidence, PastSession
from shared.models.learner import LearnerState
from shared.models.session import SelfRatings

LOW_RATING_STEP = 0.25
"""Each point below the limit makes a rating sign this much weightier."""
RECURRING_WEIGHT = 0.2
"""Added per earlier time the mistake was seen, …"""
RECURRING_MOST = 3
"""… at most this often …"""
ROOT_CAUSE_WEIGHT = 0.4
"""… and this if it was the issue of the session before on the same dish: sessions 2 and 3 work on the root cause."""
HISTORY_NEEDS = 0.8
"""History only tips the scale where the film itself supports a mistake at least this much."""
SEVERITY_STEP = 0.03
"""A graver mistake goes first when two are equally likely: per step of severity."""
DISH_PRIOR = 0.3
"""What the first principle of a dish is worth without any evidence; later ones less."""


@dataclass(frozen=True)
class Case:
    """Everything that is weighed."""

    dish: DishEntry
    evidence: list[Evidence]
    ratings: SelfRatings | None = None
    memo: Memo = field(default_factory=lambda: Memo(""))
    learner: LearnerState = field(default_factory=LearnerState)
    session_number: int = 1

    def strongest(self, sign: object) -> Evidence | None:
        """The clearest evidence of a sign."""
        found = [evidence for evidence in self.evidence if evidence.sign is sign]
        return max(found, key=lambda evidence: evidence.strength, default=None)

    @property
    def previous(self) -> PastSession | None:
        """The session before this one, on the same dish."""
        earlier = [
            summary
            for summary in self.learner.session_summaries
            if summary.dish == self.dish.slug and summary.session_number < self.session_number
        ]
        return earlier[-1] if earlier else None


@dataclass
class Weighed:
    """One mistake with its score, taken apart."""

    mistake: Mistake
    signals: float = 0.0
    words: float = 0.0
    """Ratings and memo."""
    history: float = 0.0
    prior: float = 0.0
    support: list[tuple[float, Evidence]] = field(default_factory=list)
    """What the film shows for it, with its share of the score."""
    memo_words: float = 0.0
    low_ratings: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def observed(self) -> float:
        """Score from this film and this cook's own words."""
        return self.signals + self.words

    @property
    def score(self) -> float:
        """All of it."""
        gravity = 1.0 + SEVERITY_STEP * (self.mistake.severity - 3)
        return (self.observed + self.history) * gravity + self.prior

    def candidate(self) -> Candidate:
        """As it goes into the record."""
        return Candidate(mistake_code=self.mistake.code, score=round(self.score, 3), reasons=self.reasons)


def weigh(case: Case, mistakes: tuple[Mistake, ...]) -> list[Weighed]:
    """All mistakes that can happen in the dish, the best supported first."""
    weighed = [_weigh_one(case, mistake) for mistake in mistakes]
    return sorted(weighed, key=lambda item: (-item.score, -item.mistake.severity, item.mistake.code))


def _weigh_one(case: Case, mistake: Mistake) -> Weighed:
    weighed = Weighed(mistake)
    for sign in mistake.signs:
        match sign:
            case SignalSign():
                _add_signal(weighed, case, sign)
            case RatingSign():
                _add_rating(weighed, case, sign)
            case MemoSign():
                _add_memo(weighed, case, sign)
    _add_history(weighed, case)
    if mistake.principle in case.dish.principles:
        place = case.dish.principles.index(mistake.principle)
        weighed.prior = DISH_PRIOR / (1 + place)
        weighed.reasons.append(f"principle {place + 1} of {case.dish.slug}: {weighed.prior:+.2f}")
    return weighed


def _add_signal(weighed: Weighed, case: Case, sign: SignalSign) -> None:
    evidence = case.strongest(sign.signal)
    if evidence is None:
        return
    share = sign.weight * evidence.strength
    weighed.signals += share
    weighed.support.append((share, evidence))
    shown = f"{sign.signal.value} at {evidence.time_s:.0f} s, strength {evidence.strength:.2f}"
    weighed.reasons.append(f"{shown} x {sign.weight:g}: {share:+.2f}")


def _add_rating(weighed: Weighed, case: Case, sign: RatingSign) -> None:
    rating = None if case.ratings is None else int(getattr(case.ratings, sign.rating))
    if rating is None or rating > sign.at_most:
        return
    share = sign.weight * (1.0 + LOW_RATING_STEP * (sign.at_most - rating))
    weighed.words += share
    weighed.low_ratings.append(sign.rating)
    weighed.reasons.append(f"{sign.rating} rated {rating}, at most {sign.at_most}: {share:+.2f}")


def _add_memo(weighed: Weighed, case: Case, sign: MemoSign) -> None:
    mention = case.memo.mention_of(sign.memo)
    if mention is None:
        return
    share = sign.weight * mention.weight
    weighed.words += share
    weighed.memo_words += share
    weighed.reasons.append(f"memo mentions {mention.word}: {share:+.2f}")


def _add_history(weighed: Weighed, case: Case) -> None:
    code = weighed.mistake.code
    sure = min(1.0, weighed.observed / HISTORY_NEEDS)
    times = next((item.seen_count for item in case.learner.recurring_mistakes if item.mistake_code == code), 0)
    if times:
        share = RECURRING_WEIGHT * min(times, RECURRING_MOST) * sure
        weighed.history += share
        weighed.reasons.append(f"seen {times} times before: {share:+.2f}")
    if case.previous is not None and case.previous.key_issue == code:
        share = ROOT_CAUSE_WEIGHT * sure
        weighed.history += share
        weighed.reasons.append(f"issue of session {case.previous.session_number}: {share:+.2f}")
