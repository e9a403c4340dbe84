"""Uploads become runs: once each, whatever the events do. Executions are started with the official client against the
Workflows service of this machine."""

import random
import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from functions.on_upload.events import FinalizedObject
from functions.on_upload.start import receive
from local.workflows.executions_server import ExecutionsServer
from shared.database import Database, runs, sessions
from shared.models.session import FailureCode, RunStatus, Session, SessionStatus
from shared.settings import Settings
from shared.upload_names import upload_name
from shared.wiring import Services
from tests.shared.builders import add_dish, add_user

SOURCE = "main:\n  params: [args]\n  steps:\n    - done:\n        return: ${args}\n"


@pytest.fixture
def workflows() -> Iterator[ExecutionsServer]:
    with ExecutionsServer(project="test", location="asia-northeast1") as server:
        server.deployments.deploy("coaching", SOURCE)
        yield server


@pytest.fixture
def services(database_url: str, workflows: ExecutionsServer) -> Iterator[Services]:
    opened = Services(
        Settings.model_validate(
            {
                "database_url": database_url,
                "database_connections": 8,
                "uploads_bucket": "uploads",
                "media_bucket": "media",
                "google_cloud_project": "test",
                "workflows_emulator_host": workflows.grpc_address,
            }
        )
    )
    yield opened
    opened.database.close()


def a_session(database: Database, uid: str = "cook") -> Session:
    """A session that waits for its upload."""
    with database.transaction() as connection:
        user = add_user(connection, uid)
        return sessions.insert(
            connection, user_id=user.id, dish_id=add_dish(connection), session_number=1, custom_dish_name=None
        )


def event(name: str, *, generation: int = 1, bucket: str = "uploads") -> FinalizedObject:
    """The event of a finished upload."""
    return FinalizedObject.model_validate(
        {"bucket": bucket, "name": name, "generation": str(generation), "size": "1000", "contentType": "video/mp4"}
    )


def video_of(session: Session) -> str:
    """A name for the session's video."""
    return upload_name(session.user_id, session.id, "video", "mp4")


def executions(workflows: ExecutionsServer) -> int:
    """How many executions were started."""
    page = workflows.executions.list(
        f"{workflows.parent}/workflows/coaching", page_size=1000, page_token="", filter_text="", order_by=""
    )
    return len(page.records)


def reread(database: Database, session_id: UUID) -> Session:
    """The session as it is now."""
    with database.transaction() as connection:
        return sessions.get(connection, session_id)


def test_an_upload_starts_one_run(services: Services, database: Database, workflows: ExecutionsServer) -> None:
    session = a_session(database)
    name = video_of(session)
    receive(event(name), services)
    stored = reread(database, session.id)
    assert (stored.status, stored.raw_video_path) == (SessionStatus.UPLOADED, name)
    assert stored.current_run is not None
    with database.transaction() as connection:
        run = runs.get(connection, stored.current_run)
    assert run.execution_name is not None
    assert run.workflow_revision is not None
    execution = workflows.executions.get(run.execution_name)
    assert str(run.id) in execution.argument
    view = services.chat.live_view("cook", session.id)
    assert view is not None
    assert view.label_ja == "動画を受け取りました"


def test_five_shuffled_deliveries_of_each_upload_start_one_run_each(
    services: Services, database: Database, workflows: ExecutionsServer
) -> None:
    waiting = [a_session(database, f"cook-{number}") for number in range(20)]
    deliveries = [event(name) for name in map(video_of, waiting) for _ in range(5)]
    random.Random(7).shuffle(deliveries)  # noqa: S311  # an order, not a secret
    failures: list[Exception] = []

    def deliver(share: list[FinalizedObject]) -> None:
        for each in share:
            try:
                receive(each, services)
            except Exception as error:  # noqa: BLE001  # shown below
                failures.append(error)

    threads = [threading.Thread(target=deliver, args=(deliveries[start::5],)) for start in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert executions(workflows) == 20
    with database.transaction() as connection:
        assert len(runs.unfinished(connection)) == 20


def test_an_upload_into_another_cooks_session_is_ignored(
    services: Services, database: Database, workflows: ExecutionsServer
) -> None:
    mine, theirs = a_session(database, "me"), a_session(database, "them")
    receive(event(upload_name(mine.user_id, theirs.id, "video", "mp4")), services)
    assert reread(database, theirs.id).status is SessionStatus.PENDING_UPLOAD
    assert executions(workflows) == 0


@pytest.mark.parametrize("name", ["readme.txt", "users/x/sessions/y/video/z.mp4", ""])
def test_a_foreign_object_is_ignored(services: Services, workflows: ExecutionsServer, name: str) -> None:
    receive(event(name), services)
    assert executions(workflows) == 0


def test_an_object_of_another_bucket_is_ignored(
    services: Services, database: Database, workflows: ExecutionsServer
) -> None:
    receive(event(video_of(a_session(database)), bucket="media"), services)
    assert executions(workflows) == 0


def test_a_session_that_does_not_exist_is_ignored(services: Services, workflows: ExecutionsServer) -> None:
    receive(event(upload_name(uuid4(), uuid4(), "video", "mp4")), services)
    assert executions(workflows) == 0


def test_a_memo_only_records_its_path(services: Services, database: Database, workflows: ExecutionsServer) -> None:
    session = a_session(database)
    name = upload_name(session.user_id, session.id, "memo", "m4a")
    receive(event(name), services)
    stored = reread(database, session.id)
    assert (stored.voice_memo_path, stored.status) == (name, SessionStatus.PENDING_UPLOAD)
    assert executions(workflows) == 0


def test_an_upload_while_another_is_worked_on_is_ignored(
    services: Services, database: Database, workflows: ExecutionsServer
) -> None:
    session = a_session(database)
    first = video_of(session)
    receive(event(first), services)
    receive(event(video_of(session)), services)
    receive(event(first, generation=2), services)
    assert reread(database, session.id).raw_video_path == first
    assert executions(workflows) == 1


def test_a_failed_session_takes_a_new_upload_and_a_late_event_of_the_old_one_changes_nothing(
    services: Services, database: Database, workflows: ExecutionsServer
) -> None:
    session = a_session(database)
    first, second = video_of(session), video_of(session)
    receive(event(first), services)
    with database.transaction() as connection:
        stored = sessions.lock(connection, session.id)
        sessions.move(connection, stored, SessionStatus.FAILED, failure=FailureCode.TOO_SHORT)
        assert stored.current_run is not None
        runs.finish(connection, stored.current_run, RunStatus.FAILED, "too_short")
    receive(event(first), services)
    assert reread(database, session.id).status is SessionStatus.FAILED
    receive(event(second), services)
    receive(event(first), services)
    stored = reread(database, session.id)
    assert (stored.status, stored.raw_video_path, stored.failure_code) == (SessionStatus.UPLOADED, second, None)
    assert executions(workflows) == 2


def test_a_delivery_that_died_before_the_execution_is_made_good_by_the_next(
    services: Services, database: Database, workflows: ExecutionsServer
) -> None:
    session = a_session(database)
    name = video_of(session)
    workflows.deployments.remove("coaching")
    with pytest.raises(Exception, match="coaching"):
        receive(event(name), services)
    assert reread(database, session.id).status is SessionStatus.UPLOADED
    workflows.deployments.deploy("coaching", SOURCE)
    receive(event(name), services)
    receive(event(name), services)
    assert executions(workflows) == 1
