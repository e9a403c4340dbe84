"""What live clients listen to: messages, the live view of a session, in-app notifications."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.models.base import Model
from shared.models.video import Chapter

Room = Literal["coaching", "cooking_videos"]
MessageType = Literal["coaching_ready", "coaching_video", "cooking_video", "answer", "notice"]


class MessageMetadata(Model):
    """What a client needs to show a message well, and what ops need to know where it came from."""

    type: MessageType
    caption: str | None = None
    """The line a client shows under a video."""
    poster_path: str | None = None
    captions_path: str | None = None
    chapters: list[Chapter] = []
    duration_s: float | None = None
    prompt_version: str | None = None
    model: str | None = None
    workflow_revision: str | None = None


class Message(Model):
    """A message in one of a cook's two rooms. Paths are object names in a bucket, never URLs."""

    id: str
    """Deterministic (`{run_id}-text`, `-video`, `-raw`, `-failure`), so that a retry cannot post twice."""
    sender: Literal["user", "ai", "system"]
    text: str | None = Field(default=None, max_length=4096)
    video_path: str | None = None
    session_id: UUID | None
    metadata: MessageMetadata
    created_at: datetime | None = None
    """Set by the store."""

    @model_validator(mode="after")
    def _exactly_one_body(self) -> Self:
        if (self.text is None) == (self.video_path is None):
            raise ValueError("exactly one of text and video_path is expected")
        return self


class LiveView(Model):
    """The state of a session as a client draws it while it waits."""

    status: str
    stage: str | None = None
    label_ja: str = ""
    percent: int = Field(ge=0, le=100)
    eta_seconds: int | None = Field(default=None, ge=0)
    failure: str | None = None
    """A failure code."""


class Notification(Model):
    """An in-app notification, at most one per event and user."""

    id: str
    event: Literal["text_ready", "video_ready", "failed", "reminder"]
    title: str
    body: str
    session_id: UUID | None
