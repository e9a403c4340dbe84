"""Table `moment.sessions`: reading one, opening one, moving its status, and saving what the stages found."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.database.connection import Connection
from shared.models.session import FailureCode, Session, SessionStatus, check_move

_COLUMNS = """id, user_id, dish_id, session_number, custom_dish_name, raw_video_path, voice_memo_path, typed_memo,
    self_ratings, status, failure_code, coaching_text_delivered_at, current_run, created_at"""

_JSON_COLUMNS = frozenset(
    {
        "media",
        "video_analysis",
        "retrieved_context",
        "coaching_text",
        "narration_script",
        "structured_input",
        "self_ratings",
    }
)


def get(connection: Connection, session_id: UUID) -> Session:
    """The session with this id.

    Raises:
        LookupError: there is none.
    """
    return _one(connection, "id = %s", [session_id], f"session {session_id}")


def lock(connection: Connection, session_id: UUID) -> Session:
    """The session, locked until the transaction ends."""
    return _one(connection, "id = %s for update", [session_id], f"session {session_id}")


def of_user(connection: Connection, user_id: UUID, *, dish_id: UUID | None = None) -> list[Session]:
    """A user's sessions, oldest first; of one dish when given."""
    rows = connection.execute(
        f"""select {_COLUMNS} from moment.sessions
            where user_id = %s and (%s::uuid is null or dish_id = %s) order by created_at, session_number""",
        [user_id, dish_id, dish_id],
    ).fetchall()
    return [Session.model_validate(row) for row in rows]


def record(connection: Connection, session_id: UUID) -> dict[str, Any]:
    """The whole row, with every output, as plain values: for people who look into a session."""
    row = connection.execute("select * from moment.sessions where id = %s", [session_id]).fetchone()
    if row is None:
        raise LookupError(f"no session {session_id}")
    return row


def insert(
    connection: Connection, *, user_id: UUID, dish_id: UUID, session_number: int, custom_dish_name: str | None
) -> Session:
    """A new session in `pending_upload`.

    Raises:
        psycopg.errors.UniqueViolation: this number of this dish exists already.
    """
    row = connection.execute(
        f"""insert into moment.sessions (user_id, dish_id, session_number, custom_dish_name)
            values (%s, %s, %s, %s) returning {_COLUMNS}""",
        [user_id, dish_id, session_number, custom_dish_name],
    ).fetchone()
    return Session.model_validate(row)


def move(connection: Connection, session: Session, to: SessionStatus, *, failure: FailureCode | None = None) -> None:
    """Change the status, with the reason when `to` is `failed`; leaving `failed` forgets the old reason.

    Raises:
        IllegalMove: the move is none of the eight.
        LookupError: somebody else moved the session since it was read.
    """
    check_move(session.status, to)
    moved = connection.execute(
        "update moment.sessions set status = %s, failure_code = %s where id = %s and status = %s",
        [to.value, None if failure is None else failure.value, session.id, session.status.value],
    )
    if moved.rowcount != 1:
        raise LookupError(f"session {session.id} is no longer {session.status.value}")


def save(connection: Connection, session_id: UUID, **columns: object) -> None:
    """Set columns by name; JSON columns take what `json` can write."""
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    values = {
        name: Jsonb(value) if name in _JSON_COLUMNS and value is not None else value for name, value in columns.items()
    }
    connection.execute(
        f"update moment.sessions set {assignments} where id = %(session_id)s", {**values, "session_id": session_id}
    )


def _one(connection: Connection, where: str, parameters: list[Any], what: str) -> Session:
    row = connection.execute(f"select {_COLUMNS} from moment.sessions where {where}", parameters).fetchone()
    if row is None:
        raise LookupError(f"no {what}")
    return Session.model_validate(row)
