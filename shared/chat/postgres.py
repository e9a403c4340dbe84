"""The chat store in Postgres, for machines without Firestore. Every change is announced with NOTIFY on channel `live`
(payload: JSON with `kind`, `uid` and what changed), so that a listener sees it as it happens."""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.database import Connection, Database
from shared.models.chat import LiveView, Message, Notification, Room

CHANNEL = "live"
_SCHEMA = Path(__file__).with_name("postgres.sql")


class PostgresChat:
    """Implements `shared.chat.Chat`."""

    def __init__(self, database: Database) -> None:
        """`database`: where schema `live` is or will be."""
        self._database = database

    def create_schema(self) -> None:
        """Create the tables that are missing."""
        with self._database.transaction() as connection:
            connection.execute("select pg_advisory_xact_lock(hashtext('live schema'))")
            connection.execute(_SCHEMA.read_bytes())

    def create_message(self, uid: str, room: Room, message: Message) -> bool:
        """See `Chat.create_message`."""
        body = message.model_dump(mode="json", exclude={"id", "created_at"}, exclude_none=True)
        with self._database.transaction() as connection:
            created = connection.execute(
                "insert into live.messages (uid, room, id, message) values (%s, %s, %s, %s) on conflict do nothing",
                [uid, room, message.id, Jsonb(body)],
            )
            if created.rowcount == 1:
                _announce(connection, kind="message", uid=uid, room=room, id=message.id)
            return created.rowcount == 1

    def messages(self, uid: str, room: Room, *, before: datetime | None = None, limit: int = 30) -> list[Message]:
        """See `Chat.messages`."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                """select id, message, created_at from live.messages
                   where uid = %s and room = %s and (%s::timestamptz is null or created_at < %s)
                   order by created_at desc, id desc limit %s""",
                [uid, room, before, before, limit],
            ).fetchall()
        return [
            Message.model_validate({**row["message"], "id": row["id"], "created_at": row["created_at"]}) for row in rows
        ]

    def set_live_view(self, uid: str, session_id: UUID, view: LiveView) -> None:
        """See `Chat.set_live_view`."""
        body = view.model_dump(mode="json")
        with self._database.transaction() as connection:
            connection.execute(
                """insert into live.sessions (uid, session_id, view) values (%s, %s, %s)
                   on conflict (uid, session_id) do update set view = excluded.view""",
                [uid, session_id, Jsonb(body)],
            )
            _announce(connection, kind="session", uid=uid, session_id=str(session_id), view=body)

    def live_view(self, uid: str, session_id: UUID) -> LiveView | None:
        """See `Chat.live_view`."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "select view from live.sessions where uid = %s and session_id = %s", [uid, session_id]
            ).fetchone()
        return None if row is None else LiveView.model_validate(row["view"])

    def create_notification(self, uid: str, notification: Notification) -> bool:
        """See `Chat.create_notification`."""
        body = notification.model_dump(mode="json", exclude={"id"})
        with self._database.transaction() as connection:
            created = connection.execute(
                "insert into live.notifications (uid, id, notification) values (%s, %s, %s) on conflict do nothing",
                [uid, notification.id, Jsonb(body)],
            )
            if created.rowcount == 1:
                _announce(connection, kind="notification", uid=uid, id=notification.id)
            return created.rowcount == 1

    def notifications(self, uid: str) -> list[Notification]:
        """See `Chat.notifications`."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "select id, notification from live.notifications where uid = %s order by created_at desc, id desc",
                [uid],
            ).fetchall()
        return [Notification.model_validate({**row["notification"], "id": row["id"]}) for row in rows]


def _announce(connection: Connection, **what: object) -> None:
    connection.execute("select pg_notify(%s, %s)", [CHANNEL, json.dumps(what, ensure_ascii=False)])
