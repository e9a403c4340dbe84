"""The database keeps the rules by itself, whatever the code above it forgets."""

from itertools import product
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from shared.database import Connection, Database, sessions
from shared.models.session import LEGAL_MOVES, FailureCode, SessionStatus


def a_user(connection: Connection) -> UUID:
    """A user's id."""
    row = connection.execute(
        "insert into moment.users (firebase_uid) values (%s) returning id", [uuid4().hex]
    ).fetchone()
    assert row is not None
    user_id: UUID = row["id"]
    return user_id


def a_dish(connection: Connection) -> UUID:
    """A dish's id."""
    row = connection.execute(
        """insert into moment.dishes (slug, name_ja, name_en, description_ja, principles, month_unlocked, position)
           values (%s, 'チャーハン', 'Fried rice', '', '{}', 1, 1) returning id""",
        [f"dish-{uuid4().hex}"],
    ).fetchone()
    assert row is not None
    dish_id: UUID = row["id"]
    return dish_id


def a_session(connection: Connection) -> UUID:
    """A session's id, pending its upload, with everything later states ask for."""
    session = sessions.insert(
        connection, user_id=a_user(connection), dish_id=a_dish(connection), session_number=1, custom_dish_name=None
    )
    sessions.save(
        connection, session.id, raw_video_path="v.mp4", coaching_text={"praise": "…"}, coaching_video_path="c.mp4"
    )
    return session.id


PATHS: dict[SessionStatus, list[SessionStatus]] = {
    SessionStatus.PENDING_UPLOAD: [],
    SessionStatus.UPLOADED: [SessionStatus.UPLOADED],
    SessionStatus.PROCESSING: [SessionStatus.UPLOADED, SessionStatus.PROCESSING],
    SessionStatus.TEXT_READY: [SessionStatus.UPLOADED, SessionStatus.PROCESSING, SessionStatus.TEXT_READY],
    SessionStatus.COMPLETED: [
        SessionStatus.UPLOADED,
        SessionStatus.PROCESSING,
        SessionStatus.TEXT_READY,
        SessionStatus.COMPLETED,
    ],
    SessionStatus.FAILED: [SessionStatus.UPLOADED, SessionStatus.FAILED],
}


def set_status(connection: Connection, session_id: UUID, to: SessionStatus) -> None:
    """Write a status past all code, with the failure code it needs."""
    failure = FailureCode.INTERNAL.value if to is SessionStatus.FAILED else None
    connection.execute(
        "update moment.sessions set status = %s, failure_code = %s where id = %s", [to.value, failure, session_id]
    )


def test_the_database_allows_exactly_the_legal_moves(database: Database) -> None:
    allowed = set()
    for current, to in product(SessionStatus, SessionStatus):
        if current is to:
            continue
        with database.transaction() as connection:
            session_id = a_session(connection)
            for step in PATHS[current]:
                set_status(connection, session_id, step)
        try:
            with database.transaction() as connection:
                set_status(connection, session_id, to)
            allowed.add((current, to))
        except psycopg.errors.CheckViolation:
            pass
    assert allowed == LEGAL_MOVES


def test_a_session_begins_pending(database: Database) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
        connection.execute(
            """insert into moment.sessions (user_id, dish_id, session_number, status, raw_video_path)
               values (%s, %s, 1, 'uploaded', 'v.mp4')""",
            [a_user(connection), a_dish(connection)],
        )


@pytest.mark.parametrize("number", [0, 4])
def test_there_are_three_sessions_of_a_dish(database: Database, number: int) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
        sessions.insert(
            connection,
            user_id=a_user(connection),
            dish_id=a_dish(connection),
            session_number=number,
            custom_dish_name=None,
        )


def test_a_session_number_is_used_once_per_user_and_dish(database: Database) -> None:
    with database.transaction() as connection:
        user_id, dish_id = a_user(connection), a_dish(connection)
        sessions.insert(connection, user_id=user_id, dish_id=dish_id, session_number=1, custom_dish_name=None)
    with pytest.raises(psycopg.errors.UniqueViolation), database.transaction() as connection:
        sessions.insert(connection, user_id=user_id, dish_id=dish_id, session_number=1, custom_dish_name=None)


@pytest.mark.parametrize(
    "ratings",
    [
        {"appearance": 0, "taste": 3, "texture": 3, "aroma": 3},
        {"appearance": 6, "taste": 3, "texture": 3, "aroma": 3},
        {"appearance": 2.5, "taste": 3, "texture": 3, "aroma": 3},
        {"appearance": "3", "taste": 3, "texture": 3, "aroma": 3},
        {"appearance": 3, "taste": 3, "texture": 3},
        {"appearance": 3, "taste": 3, "texture": 3, "aroma": 3, "price": 3},
        [1, 2, 3, 4],
    ],
)
def test_ratings_out_of_range_are_refused(database: Database, ratings: object) -> None:
    with database.transaction() as connection:
        session_id = a_session(connection)
    with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
        connection.execute("update moment.sessions set self_ratings = %s where id = %s", [Jsonb(ratings), session_id])


def test_ratings_in_range_are_kept(database: Database) -> None:
    with database.transaction() as connection:
        session_id = a_session(connection)
        sessions.save(connection, session_id, self_ratings={"appearance": 1, "taste": 5, "texture": 3, "aroma": 4})
        assert sessions.get(connection, session_id).self_ratings is not None


@pytest.mark.parametrize(
    ("status", "failure"),
    [("failed", None), ("failed", "render_failed"), ("uploaded", "internal"), ("text_ready", "internal")],
)
def test_a_failure_code_belongs_to_a_failure(database: Database, status: str, failure: str | None) -> None:
    with database.transaction() as connection:
        session_id = a_session(connection)
        for step in PATHS[SessionStatus(status)][:-1]:
            set_status(connection, session_id, step)
    with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
        connection.execute(
            "update moment.sessions set status = %s, failure_code = %s where id = %s", [status, failure, session_id]
        )


def test_a_render_failure_leaves_the_text_ready(database: Database) -> None:
    with database.transaction() as connection:
        session_id = a_session(connection)
        for step in PATHS[SessionStatus.TEXT_READY]:
            set_status(connection, session_id, step)
        sessions.save(connection, session_id, failure_code="render_failed")
        assert sessions.get(connection, session_id).status is SessionStatus.TEXT_READY


def test_row_level_security_is_on_everywhere_and_nobody_has_a_policy(database: Database) -> None:
    with database.transaction() as connection:
        tables = connection.execute(
            """select relname, relrowsecurity from pg_class
               where relnamespace = 'moment'::regnamespace and relkind = 'r' and relname <> 'alembic_version'"""
        ).fetchall()
        policies = connection.execute("select 1 from pg_policies where schemaname = 'moment'").fetchall()
    assert len(tables) == 10
    assert all(table["relrowsecurity"] for table in tables)
    assert policies == []


def test_a_role_of_the_public_api_sees_nothing(database: Database) -> None:
    with database.transaction() as connection:
        role = f"anon_{uuid4().hex}"
        connection.execute(f"create role {role}".encode())
        connection.execute(f"set local role {role}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("select * from moment.users")
        connection.execute("reset role")
        connection.execute(f"drop role {role}".encode())


def test_an_embedding_has_768_dimensions(database: Database) -> None:
    with pytest.raises(psycopg.errors.DataException), database.transaction() as connection:
        connection.execute(
            """insert into moment.cooking_principles
                   (slug, title, principle_text, category, content_hash, embedding_model, embedding, keywords)
               values ('a', 'a', 'a', 'a', 'a', 'a', '[1,2,3]', '')"""
        )


def test_updated_at_follows_every_change(database: Database) -> None:
    with database.transaction() as connection:
        session_id = a_session(connection)
    with database.transaction() as connection:
        sessions.save(connection, session_id, typed_memo="火が強かったかも")
        row: dict[str, Any] = sessions.record(connection, session_id)
    assert row["updated_at"] > row["created_at"]
