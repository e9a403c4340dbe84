"""Rows that tests of the shared rooms start from."""

from typing import Any
from uuid import UUID, uuid4

from shared.database import Connection, Database, runs, sessions, stage_runs, users
from shared.models.base import Model
from shared.models.session import Session, SessionStatus, User
from shared.settings import Settings
from shared.wiring import Services

DISH_SLUG = "fried-rice"


def add_dish(connection: Connection, slug: str = DISH_SLUG) -> UUID:
    """The id of a dish, added when it is new."""
    row = connection.execute(
        """insert into moment.dishes (slug, name_ja, name_en, description_ja, principles, month_unlocked, position)
           values (%s, 'チャーハン', 'Fried rice', '', '{preheat-the-pan}', 1, 1)
           on conflict (slug) do update set slug = excluded.slug returning id""",
        [slug],
    ).fetchone()
    assert row is not None
    dish_id: UUID = row["id"]
    return dish_id


def add_user(connection: Connection, uid: str = "cook", **fields: object) -> User:
    """A cook called 花子."""
    return users.find_or_create(connection, uid, **{"first_name": "花子", **fields})


def add_uploaded_session(
    database: Database,
    uid: str = "cook",
    **columns: Any,  # noqa: ANN401  # any column
) -> tuple[UUID, Session]:
    """A run's id and its session, uploaded and on that run."""
    run_id = uuid4()
    with database.transaction() as connection:
        user = add_user(connection, uid)
        session = sessions.insert(
            connection, user_id=user.id, dish_id=add_dish(connection), session_number=1, custom_dish_name=None
        )
        runs.insert_or_lock(connection, run_id, session.id)
        sessions.save(connection, session.id, raw_video_path="v.mp4", current_run=run_id, **columns)
        sessions.move(connection, session, SessionStatus.UPLOADED)
        return run_id, sessions.get(connection, session.id)


def services_on(database_url: str, *, lease_s: float = 20.0) -> Services:
    """Services on this database; buckets are named but not reached."""
    return Services(
        Settings.model_validate(
            {
                "database_url": database_url,
                "uploads_bucket": "uploads",
                "media_bucket": "media",
                "google_cloud_project": "test",
                "lease_s": lease_s,
            }
        )
    )


def store_output(database: Database, run_id: UUID, stage: str, output: Model) -> None:
    """Leave the output of a stage behind, as if it had run."""
    owner = uuid4()
    with database.transaction() as connection:
        claim = stage_runs.claim(
            connection, run_id=run_id, stage=stage, fingerprint=uuid4().hex * 2, owner=owner, lease_s=60
        )
        stage_runs.succeed(
            connection,
            claim.stage_run_id,
            owner,
            output=output.model_dump(mode="json"),
            answer={},
            cost={},
            model="",
            prompt_version="",
        )
