"""What the coach remembers of a cook across sessions."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.models.analysis import PastSession
from shared.models.base import Model

LearningVelocity = Literal["fast", "steady", "slow", "plateau"]


class RecurringMistake(Model):
    """A mistake seen before, counted by its code."""

    mistake_code: str
    seen_count: int = Field(ge=1)


class LearnerState(Model):
    """One per user; updated once per session id."""

    skills_acquired: list[str] = []
    """Slugs of principles."""
    skills_developing: list[str] = []
    recurring_mistakes: list[RecurringMistake] = []
    learning_velocity: LearningVelocity | None = None
    """None until three sessions have a severity to compare."""
    session_summaries: list[PastSession] = []
    """Oldest first."""
    next_focus: str = Field(default="", max_length=200)
    """Slug of the principle behind the most frequent live mistake, or empty."""
    ready_for_next_dish: bool = False

    def knows(self, session_id: UUID) -> bool:
        """Whether this session has been counted already."""
        return any(summary.session_id == session_id for summary in self.session_summaries)
