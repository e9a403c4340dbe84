"""One lesson on one machine, through the same door as a phone: open the session, hand things in, upload, wait.

`give_lesson` does the whole of it and reports what happens as `Update`s; showing them is somebody else's.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from local.door import upload_resumable
from shared.chat.postgres import CHANNEL
from shared.database import Database, dishes, runs, sessions, users
from shared.models.chat import LiveView, Message
from shared.models.session import Dish, FailureCode, Run, RunStatus, SelfRatings, Session, SessionStatus, User
from shared.opening import Refusal, SessionRefused, open_session
from shared.rerun import rerun
from shared.storage import MAX_MEMO_BYTES, MAX_VIDEO_BYTES, Storage
from shared.upload_names import MEMO_TYPES, VIDEO_TYPES, Kind, upload_name

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud

COOK_UID = "cook-of-this-machine"
START_TIMEOUT_S = 60.0
"""How long a finished upload may take to become a run."""
LOOK_INTERVAL_S = 0.5
"""How often the run's own row is looked at, besides what is announced."""


@dataclass(frozen=True)
class Order:
    """What a cook hands in."""

    video: Path
    dish: str
    first_name: str
    custom_dish_name: str | None = None
    memo_file: Path | None = None
    memo_text: str | None = None
    ratings: SelfRatings | None = None


@dataclass(frozen=True)
class Update:
    """Something happened: a share of the upload is sent, the live view changed, or a message arrived."""

    upload_fraction: float | None = None
    view: LiveView | None = None
    message_id: str | None = None


@dataclass(frozen=True)
class Lesson:
    """How it ended."""

    session: Session
    dish: Dish
    run: Run | None
    failure: FailureCode | None
    messages: list[Message]
    """Of this session, oldest first, both rooms."""


class LessonLost(RuntimeError):
    """The run ended without telling anybody; the cause is in the logs."""


OnUpdate = Callable[[Update], None]


def give_lesson(cloud: "EmbeddedCloud", order: Order, on_update: OnUpdate) -> Lesson:
    """Hand everything in and wait for the end of the run.

    Raises:
        SessionRefused: no session can be opened.
        UploadFailed: the upload did not come through.
        LessonLost: the run ended without a delivery.
    """
    user = the_cook(cloud.services.database, order.first_name)
    session = open_or_continue(cloud.services.database, user, order)
    hand_in(cloud, session, order)
    earlier_run = session.current_run
    send(cloud.services.storage, session, order.video, "video", on_update)
    run = follow(cloud, user, session, earlier_run, on_update)
    return finished(cloud, user, session.id, run)


def give_again(cloud: "EmbeddedCloud", session_id: UUID, from_stage: str, on_update: OnUpdate) -> Lesson:
    """Run a session again from a stage and wait for the end of the run.

    Raises:
        LookupError: there is no such session.
        RerunRefused: it cannot run again from there.
        LessonLost: the run ended without a delivery.
    """
    session = rerun(cloud.services, session_id, from_stage).session
    with cloud.services.database.transaction() as connection:
        user = users.get(connection, session.user_id)
    run = follow(cloud, user, session, None, on_update)
    return finished(cloud, user, session_id, run)


def the_cook(database: Database, first_name: str) -> User:
    """The cook of this machine: a subscriber of long standing, so every dish is open."""
    with database.transaction() as connection:
        user = users.find_or_create(connection, COOK_UID, subscription_status="active")
        connection.execute(
            """update moment.users
               set subscription_started_at = coalesce(subscription_started_at, now() - interval '1 year')
               where id = %s""",
            [user.id],
        )
        users.rename(connection, user.id, first_name=first_name, name_reading=user.name_reading)
        return users.get(connection, user.id)


def open_or_continue(database: Database, user: User, order: Order) -> Session:
    """The next session of the dish, or the one that still waits for a video that works."""
    with database.transaction() as connection:
        try:
            return open_session(connection, user, order.dish, custom_dish_name=order.custom_dish_name)
        except SessionRefused as refused:
            waiting = refused.open_session
            if (
                refused.refusal is Refusal.PREVIOUS_UNFINISHED
                and waiting is not None
                and waiting.status in (SessionStatus.PENDING_UPLOAD, SessionStatus.FAILED)
            ):
                return waiting
            raise


def hand_in(cloud: "EmbeddedCloud", session: Session, order: Order) -> None:
    """The memo and the ratings; before the video, whose arrival starts the run."""
    with cloud.services.database.transaction() as connection:
        sessions.save(
            connection,
            session.id,
            typed_memo=order.memo_text,
            voice_memo_path=None,
            self_ratings=None if order.ratings is None else order.ratings.model_dump(),
        )
    if order.memo_file is not None:
        send(cloud.services.storage, session, order.memo_file, "memo", lambda _: None)
        _wait_for_memo(cloud.services.database, session.id)


def send(storage: Storage, session: Session, file: Path, kind: Kind, on_update: OnUpdate) -> None:
    """Upload one file as a phone does."""
    extension = file.suffix.lstrip(".").lower()
    name = upload_name(session.user_id, session.id, kind, extension)
    types, limit = (VIDEO_TYPES, MAX_VIDEO_BYTES) if kind == "video" else (MEMO_TYPES, MAX_MEMO_BYTES)
    start = storage.sign_upload(name, types[extension], max_bytes=limit)
    upload_resumable(
        start.url, start.headers, file, lambda sent, total: on_update(Update(upload_fraction=sent / total))
    )


def _wait_for_memo(database: Database, session_id: UUID) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        with database.transaction() as connection:
            if sessions.get(connection, session_id).voice_memo_path is not None:
                return
        time.sleep(LOOK_INTERVAL_S / 10)
    raise LessonLost("the voice memo was uploaded, but its arrival was not announced")


def follow(cloud: "EmbeddedCloud", user: User, session: Session, earlier_run: UUID | None, on_update: OnUpdate) -> Run:
    """Report what is announced until the run has ended."""
    started_waiting = time.monotonic()
    last_view: LiveView | None = None
    for announced in _announcements(cloud.database_url):
        if announced is not None and announced.get("uid") == user.firebase_uid:
            if announced["kind"] == "session" and announced["session_id"] == str(session.id):
                last_view = LiveView.model_validate(announced["view"])
                on_update(Update(view=last_view))
            elif announced["kind"] == "message":
                on_update(Update(message_id=announced["id"]))
        run = _current_run(cloud.services.database, session.id)
        if run is None or run.id == earlier_run:
            if time.monotonic() - started_waiting > START_TIMEOUT_S:
                raise LessonLost("the video was uploaded, but no run began")
            continue
        if run.status is not RunStatus.STARTED:
            return run
        if run.execution_name is not None and not cloud.execution_is_active(run.execution_name):
            run = _current_run(cloud.services.database, session.id) or run
            if run.status is RunStatus.STARTED:
                ending = cloud.execution_error(run.execution_name or "")
                raise LessonLost(f"the workflow ended without a delivery: {ending}")
            return run
    raise LessonLost("nothing was announced any more")


def _announcements(url: str) -> Iterator[dict[str, Any] | None]:
    """What the chat store announces, and None whenever nothing was for a while. Survives a restart of the database."""
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"listen {CHANNEL}")
                while True:
                    for notification in connection.notifies(timeout=LOOK_INTERVAL_S, stop_after=1):
                        yield json.loads(notification.payload)
                    yield None
        except psycopg.OperationalError:
            time.sleep(LOOK_INTERVAL_S)
            yield None


def _current_run(database: Database, session_id: UUID) -> Run | None:
    try:
        with database.transaction() as connection:
            run_id = sessions.get(connection, session_id).current_run
            return None if run_id is None else runs.get(connection, run_id)
    except psycopg.OperationalError:
        return None  # the database is on its way back; the next look tells


def finished(cloud: "EmbeddedCloud", user: User, session_id: UUID, run: Run | None) -> Lesson:
    """The session as it stands."""
    with cloud.services.database.transaction() as connection:
        session = sessions.get(connection, session_id)
        dish = dishes.get(connection, session.dish_id)
    rooms = (
        cloud.services.chat.messages(user.firebase_uid, room, limit=100) for room in ("cooking_videos", "coaching")
    )
    messages = [message for room in rooms for message in reversed(room) if message.session_id == session_id]
    return Lesson(session=session, dish=dish, run=run, failure=session.failure_code, messages=messages)
