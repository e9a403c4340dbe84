"""What the coach remembers: the learner state after one more session, as a pure function.

A session counts once, whoever asks how often: a state that knows its id is given back unchanged.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from knowledge_base.catalogue import Catalogue
from shared.models.analysis import Outcome, PastSession, VideoAnalysis
from shared.models.learner import LearnerState, LearningVelocity, RecurringMistake

NO_ISSUE = Outcome.NO_ISSUE.value
LAST_SESSION_OF_A_DISH = 3
VELOCITY_SESSIONS = 3
"""How many sessions, the newest, learning velocity is read from."""
NO_ISSUE_SEVERITY = 0
"""A session without an issue, on the scale of severities (1 to 5)."""


def advanced(
    state: LearnerState,
    *,
    session_id: UUID,
    dish_slug: str,
    session_number: int,
    analysis: VideoAnalysis,
    key_progress: str,
    catalogue: Catalogue,
) -> LearnerState:
    """The state after this session.

    Args:
        state: the state before it, or after it (then it is given back unchanged).
        session_id: names the session; a state counts each once.
        dish_slug: a dish of the catalogue.
        session_number: 1, 2 or 3.
        analysis: what the video showed; coachable or without an issue.
        key_progress: one Japanese sentence for the summary.
        catalogue: the dish's principles, and the principle behind each mistake.
    """
    if state.knows(session_id):
        return state
    code = analysis.mistake_code
    summary = PastSession(
        session_id=session_id,
        dish=dish_slug,
        session_number=session_number,
        key_issue=NO_ISSUE if code is None else code,
        key_progress=key_progress,
        severity=analysis.severity,
    )
    summaries = [*state.session_summaries, summary]
    principles = catalogue.dishes[dish_slug].principles
    developing, acquired = list(state.skills_developing), list(state.skills_acquired)
    if session_number == 1:
        developing += [slug for slug in principles if slug not in developing and slug not in acquired]
    if session_number == LAST_SESSION_OF_A_DISH:
        mastered = {slug for slug in principles if slug in developing and not _goes_against(code, slug, catalogue)}
        acquired += [slug for slug in developing if slug in mastered]
        developing = [slug for slug in developing if slug not in mastered]
    recurring = _counted(state.recurring_mistakes, code)
    last_two = [each.key_issue for each in summaries[-2:]]
    return LearnerState(
        skills_acquired=acquired,
        skills_developing=developing,
        recurring_mistakes=recurring,
        learning_velocity=_velocity(summaries),
        session_summaries=summaries,
        next_focus=_next_focus(recurring, summaries, acquired, catalogue),
        ready_for_next_dish=session_number == LAST_SESSION_OF_A_DISH or last_two == [NO_ISSUE, NO_ISSUE],
    )


def _goes_against(code: str | None, principle: str, catalogue: Catalogue) -> bool:
    """Whether a mistake is one of a principle's."""
    if code is None:
        return False
    return code in catalogue.principles[principle].mistake_codes or catalogue.mistakes[code].principle == principle


def _counted(recurring: Iterable[RecurringMistake], code: str | None) -> list[RecurringMistake]:
    counts = Counter({mistake.mistake_code: mistake.seen_count for mistake in recurring})
    if code is not None:
        counts[code] += 1
    return [RecurringMistake(mistake_code=name, seen_count=count) for name, count in counts.items()]


def _velocity(summaries: list[PastSession]) -> LearningVelocity | None:
    """How severity moves over the newest three sessions; None before there are three.

    Between "falling overall" and "rising" lies a severity that ends where it began: no progress, a plateau.
    """
    if len(summaries) < VELOCITY_SESSIONS:
        return None
    first, second, last = (
        NO_ISSUE_SEVERITY if summary.severity is None else summary.severity
        for summary in summaries[-VELOCITY_SESSIONS:]
    )
    if last < first:
        return "fast" if first > second > last else "steady"
    return "slow" if last > first else "plateau"


def _next_focus(
    recurring: list[RecurringMistake], summaries: list[PastSession], acquired: list[str], catalogue: Catalogue
) -> str:
    """The principle behind the most frequent mistake that is still live: one whose principle is not acquired.

    Of equally frequent ones the mistake seen last; empty when none is live.
    """
    seen_at = {summary.key_issue: position for position, summary in enumerate(summaries)}
    live = [
        mistake
        for mistake in recurring
        if mistake.mistake_code in catalogue.mistakes
        and catalogue.mistakes[mistake.mistake_code].principle not in acquired
    ]
    if not live:
        return ""
    focus = max(live, key=lambda mistake: (mistake.seen_count, seen_at.get(mistake.mistake_code, -1)))
    return catalogue.mistakes[focus.mistake_code].principle
