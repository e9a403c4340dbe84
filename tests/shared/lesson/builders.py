"""Lessons to write about, without a database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from knowledge_base.catalogue import load_catalogue
from shared.lesson.lesson import Lesson, lesson_of
from shared.models.analysis import (
    Evidence,
    Outcome,
    PastSession,
    RetrievedContext,
    Sign,
    StructuredInput,
    VideoAnalysis,
)
from shared.models.learner import LearnerState
from shared.models.session import SelfRatings, Session, SessionStatus, User

_NAMES = UUID("5f0d3a52-2c1b-5b8e-9d3e-7a0c4c5f1e90")


def make_analysis(
    mistake_code: str | None = "cold_pan_start",
    *,
    severity: int = 3,
    moment_s: float = 42.0,
    signs: dict[Sign, float] | None = None,
    has_sound: bool = True,
    praise: str = "",
) -> VideoAnalysis:
    """What a video showed; with a mistake it is coachable, without one there is nothing to correct."""
    return VideoAnalysis(
        outcome=Outcome.NO_ISSUE if mistake_code is None else Outcome.COACHABLE,
        mistake_code=mistake_code,
        severity=None if mistake_code is None else severity,
        key_moment_s=moment_s,
        diagnosis="",
        praise=praise,
        confidence=0.8,
        has_sound=has_sound,
        evidence=[
            Evidence(sign=sign, time_s=time_s, duration_s=5.0, strength=0.8) for sign, time_s in (signs or {}).items()
        ],
        engine="rules",
    )


def make_lesson(
    analysis: VideoAnalysis | None = None,
    *,
    seed: str = "lesson",
    first_name: str = "花子",
    dish: str = "fried-rice",
    custom_dish: str | None = None,
    number: int = 1,
    film_s: float = 180.0,
    ratings: tuple[int, int, int, int] | None = None,
    memo: StructuredInput | None = None,
    unheard_memo: bool = False,
    before: tuple[str, int] | None = None,
    state: LearnerState | None = None,
    profile: dict[str, Any] | None = None,
) -> Lesson:
    """A lesson; the same seed is the same session."""
    session_id, user_id = uuid5(_NAMES, seed), uuid5(_NAMES, f"cook/{first_name}")
    session = Session(
        id=session_id,
        user_id=user_id,
        dish_id=uuid5(_NAMES, dish),
        session_number=number,
        custom_dish_name=custom_dish,
        raw_video_path=None,
        voice_memo_path=None,
        typed_memo=None,
        self_ratings=None
        if ratings is None
        else SelfRatings(appearance=ratings[0], taste=ratings[1], texture=ratings[2], aroma=ratings[3]),
        status=SessionStatus.PROCESSING,
        failure_code=None,
        coaching_text_delivered_at=None,
        current_run=None,
        created_at=datetime(2026, 4, 1, 9, 0, tzinfo=UTC),
    )
    user = User(
        id=user_id,
        firebase_uid=f"uid-{user_id}",
        email=None,
        first_name=first_name,
        name_reading=None,
        subscription_status="free",
        subscription_started_at=None,
        period_end=None,
        learner_profile=profile or {},
        notification_prefs={},
    )
    catalogue = load_catalogue()
    return lesson_of(
        session,
        user,
        dish_slug=dish,
        dish_name=custom_dish or catalogue.dishes[dish].name_ja,
        duration_s=film_s,
        analysis=analysis or make_analysis(),
        context=RetrievedContext(query="", principles=[], fallback=True, past_sessions=[]),
        memo=memo or StructuredInput(),
        unheard_memo=unheard_memo,
        state=state or _history(dish, number, before),
        catalogue=catalogue,
    )


def _history(dish: str, number: int, before: tuple[str, int] | None) -> LearnerState:
    if before is None or number == 1:
        return LearnerState()
    key_issue, severity = before
    summary = PastSession(
        session_id=uuid5(_NAMES, f"{dish}/{number - 1}"),
        dish=dish,
        session_number=number - 1,
        key_issue=key_issue,
        key_progress="ここまで来ました。",
        severity=None if key_issue == "no_issue" else severity,
    )
    return LearnerState(session_summaries=[summary])
