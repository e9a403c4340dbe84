"""What every chat store must do. Writing under an id that exists already changes nothing and says so: that is how a
retried stage posts once."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.models.chat import LiveView, Message, Notification, Room


class Chat(Protocol):
    """Rooms, live views and notifications of users, named by their identity (`firebase_uid`)."""

    def create_message(self, uid: str, room: Room, message: Message) -> bool:
        """Post a message; False when one of this id is there already (then nothing changes)."""
        ...

    def messages(self, uid: str, room: Room, *, before: datetime | None = None, limit: int = 30) -> list[Message]:
        """The newest messages of a room, newest first, created before `before`."""
        ...

    def set_live_view(self, uid: str, session_id: UUID, view: LiveView) -> None:
        """Replace the live view of a session."""
        ...

    def live_view(self, uid: str, session_id: UUID) -> LiveView | None:
        """The live view of a session, or None."""
        ...

    def create_notification(self, uid: str, notification: Notification) -> bool:
        """Add an in-app notification; False when one of this id is there already."""
        ...

    def notifications(self, uid: str) -> list[Notification]:
        """Every in-app notification of a user, newest first."""
        ...
