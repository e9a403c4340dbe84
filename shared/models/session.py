"""The people, dishes, sessions and runs of the system of record, and the rules of a session's status.

The same rules stand in the database as checks and triggers (`migrations/`): code that forgets them is stopped there.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import Field

from shared.models.base import Model

RUN_NAMESPACE = UUID("6f1d3a52-2c1b-5b8e-9d3e-7a0c4c5f1e90")
"""Namespace of run ids: a run is named by the upload that caused it, so a second event finds the first one's run."""


class SessionStatus(StrEnum):
    """Where a session stands. Only the moves in `LEGAL_MOVES` exist."""

    PENDING_UPLOAD = "pending_upload"
    UPLOADED = "uploaded"
    PROCESSING = "processing"
    TEXT_READY = "text_ready"
    COMPLETED = "completed"
    FAILED = "failed"


LEGAL_MOVES: frozenset[tuple[SessionStatus, SessionStatus]] = frozenset(
    {
        (SessionStatus.PENDING_UPLOAD, SessionStatus.UPLOADED),
        (SessionStatus.UPLOADED, SessionStatus.PROCESSING),
        (SessionStatus.UPLOADED, SessionStatus.FAILED),
        (SessionStatus.PROCESSING, SessionStatus.TEXT_READY),
        (SessionStatus.PROCESSING, SessionStatus.FAILED),
        (SessionStatus.TEXT_READY, SessionStatus.COMPLETED),
        (SessionStatus.FAILED, SessionStatus.UPLOADED),
        (SessionStatus.FAILED, SessionStatus.PROCESSING),
    }
)


class FailureCode(StrEnum):
    """Why a session has no lesson, or no video. The cook reads a sentence for each (`shared/texts/ja.yaml`)."""

    NOT_COOKING = "not_cooking"
    UNREADABLE_VIDEO = "unreadable_video"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    INTERNAL = "internal"
    RENDER_FAILED = "render_failed"
    """The text was delivered and stays: the status is still `text_ready`."""


class IllegalMove(ValueError):
    """A status change outside the eight legal moves."""

    def __init__(self, current: SessionStatus, to: SessionStatus) -> None:
        legal = sorted(target.value for source, target in LEGAL_MOVES if source is current)
        expected = ", ".join(legal) or "no further move"
        super().__init__(f"a session that is {current.value} cannot become {to.value}. Expected: {expected}")
        self.current = current
        self.to = to


def check_move(current: SessionStatus, to: SessionStatus) -> None:
    """Raise `IllegalMove` unless a session that is `current` may become `to`."""
    if (current, to) not in LEGAL_MOVES:
        raise IllegalMove(current, to)


class SelfRatings(Model):
    """How the cook rates the result, 1 (poor) to 5 (excellent)."""

    appearance: int = Field(ge=1, le=5)
    taste: int = Field(ge=1, le=5)
    texture: int = Field(ge=1, le=5)
    aroma: int = Field(ge=1, le=5)


class User(Model):
    """A cook."""

    id: UUID
    firebase_uid: str
    email: str | None
    first_name: str = Field(max_length=100)
    name_reading: str | None
    """Kana, for the voice. None: the voice reads the name as written."""
    subscription_status: Literal["free", "active", "past_due", "cancelled"]
    subscription_started_at: datetime | None
    period_end: datetime | None
    learner_profile: dict[str, Any]
    notification_prefs: dict[str, Any]


class Dish(Model):
    """A dish that is taught, seeded from `knowledge_base/dishes.yaml`."""

    id: UUID
    slug: str
    name_ja: str
    name_en: str
    description_ja: str
    principles: list[str]
    """Slugs."""
    transferable_to: list[str]
    """Slugs of dishes."""
    month_unlocked: int = Field(ge=1)
    position: int


class Session(Model):
    """One cook of one dish, without the large outputs (those are read where they are needed)."""

    id: UUID
    user_id: UUID
    dish_id: UUID
    session_number: int = Field(ge=1, le=3)
    custom_dish_name: str | None
    raw_video_path: str | None
    """Object name in the uploads bucket."""
    voice_memo_path: str | None
    typed_memo: str | None
    self_ratings: SelfRatings | None
    status: SessionStatus
    failure_code: FailureCode | None
    coaching_text_delivered_at: datetime | None
    current_run: UUID | None
    created_at: datetime


class RunStatus(StrEnum):
    """Where a run stands."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Run(Model):
    """One upload on its way through the workflow."""

    id: UUID
    session_id: UUID
    execution_name: str | None
    """Full resource name of the Workflows execution; None until it was created."""
    workflow_revision: str | None
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None
    error: str | None


def run_id_of(bucket: str, object_name: str, generation: str) -> UUID:
    """The one run that belongs to this generation of this object."""
    return uuid5(RUN_NAMESPACE, f"{bucket}/{object_name}#{generation}")
