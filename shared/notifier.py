"""Telling a cook that something is ready. At most one notification per event and session: the id says so.

Failing to notify never fails a run: whoever calls gets no exception for a channel that is down, only a log line.
"""

from typing import Protocol
from uuid import UUID

import structlog

from shared.chat import Chat
from shared.models.chat import Notification
from shared.models.session import User
from shared.texts import notification_texts

log = structlog.get_logger()


class Notifier(Protocol):
    """Sends one notification over every channel the user wants."""

    def notify(self, user: User, notification: Notification) -> bool:
        """Send; False when this notification had been sent before."""
        ...


class InAppNotifier:
    """The embedded default: an in-app notification, and a line in the log."""

    def __init__(self, chat: Chat) -> None:
        """`chat`: where in-app notifications are kept."""
        self._chat = chat

    def notify(self, user: User, notification: Notification) -> bool:
        """See `Notifier.notify`."""
        if not self._chat.create_notification(user.firebase_uid, notification):
            return False
        log.info("notified", user_id=str(user.id), notification=notification.id, notification_event=notification.event)
        return True


def wanted(user: User, event: str) -> bool:
    """Whether the user's preferences allow this event: on unless switched off."""
    return user.notification_prefs.get(event, True) is not False


def notification_of(event: str, session_id: UUID, dish: str) -> Notification:
    """The one notification of this event of this session, in the cook's language."""
    title, body = notification_texts(event, dish=dish)
    return Notification.model_validate(
        {"id": f"{session_id}-{event}", "event": event, "title": title, "body": body, "session_id": session_id}
    )
