"""The three deliveries, through the stage's own wrapper, against the real database."""

from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from shared.database import Database, runs, sessions, users
from shared.errors import Permanent
from shared.models.analysis import Outcome, VideoAnalysis
from shared.models.coaching import Coaching, CoachingText, GateReport
from shared.models.session import FailureCode, RunStatus, Session, SessionStatus
from shared.models.video import Chapter, CoachingVideo
from shared.stage import definition
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session, store_output

import_module("functions.deliver.main")  # declares the stage

LESSON = Coaching(
    text=CoachingText(
        praise="花子さん、段取りがとても良かったです。",
        mondaiten="ご飯を入れたときの音が小さく、鍋がまだ温まっていませんでした。",
        skill="鍋の熱は、最初の音で確かめられます。",
        next_action="ご飯をひと粒落として、はじける音がするまで待ちましょう。",
        success_sign="入れた瞬間に、はっきりした音が立ちのぼります。",
    ),
    gates=GateReport(),
    engine="rules",
    prompt_version="rules-1",
)
ANALYSIS = VideoAnalysis(
    outcome=Outcome.NO_ISSUE, key_moment_s=3, diagnosis="", praise="", confidence=0.9, has_sound=True, engine="rules"
)
VIDEO = CoachingVideo(
    video_path="users/u/v.mp4",
    poster_path="users/u/p.jpg",
    captions_path="users/u/c.vtt",
    duration_s=88.0,
    width=1280,
    height=720,
    size_bytes=1,
    chapters=[Chapter(title="原理と診断", start_s=0, end_s=40)],
    loudness_lufs=-16,
    true_peak_dbtp=-2,
)


@pytest.fixture
def run(database: Database) -> tuple[UUID, Session]:
    """A run whose lesson is written: the session is at text_ready."""
    run_id, session = add_uploaded_session(database)
    store_output(database, run_id, "analyze", ANALYSIS)
    store_output(database, run_id, "coach", LESSON)
    with database.transaction() as connection:
        sessions.move(connection, session, SessionStatus.PROCESSING)
        sessions.save(connection, session.id, coaching_text=LESSON.text.model_dump())
        sessions.move(connection, sessions.get(connection, session.id), SessionStatus.TEXT_READY)
    return run_id, session


def deliver(services: Services, run: tuple[UUID, Session], kind: str, **knobs: Any) -> dict[str, Any]:  # noqa: ANN401
    """Ask the stage."""
    body = {"run_id": str(run[0]), "session_id": str(run[1].id), "kind": kind, **knobs}
    return definition("deliver").execute(body, services)


def stored(database: Database, run: tuple[UUID, Session]) -> tuple[Session, RunStatus, str | None]:
    """The session and how its run stands."""
    with database.transaction() as connection:
        record = runs.get(connection, run[0])
        return sessions.get(connection, run[1].id), record.status, record.error


def posted(services: Services) -> list[str]:
    """Ids in the coaching room, oldest first."""
    return [message.id for message in reversed(services.chat.messages("cook", "coaching"))]


def test_the_text_is_posted_once_and_its_time_is_kept(
    services: Services, database: Database, run: tuple[UUID, Session]
) -> None:
    deliver(services, run, "text")
    first = stored(database, run)[0].coaching_text_delivered_at
    deliver(services, run, "text", notify=False)  # another request: not answered from the memo
    assert posted(services) == [f"{run[0]}-text"]
    assert first is not None
    assert stored(database, run)[0].coaching_text_delivered_at == first
    assert [each.event for each in services.chat.notifications("cook")] == ["text_ready"]


def test_the_video_completes_the_session_and_ends_the_run(
    services: Services, database: Database, run: tuple[UUID, Session]
) -> None:
    deliver(services, run, "text")
    store_output(database, run[0], "render", VIDEO)
    deliver(services, run, "video")
    session, status, _ = stored(database, run)
    assert (session.status, status) == (SessionStatus.COMPLETED, RunStatus.SUCCEEDED)
    (video,) = [each for each in services.chat.messages("cook", "coaching") if each.video_path]
    assert video.metadata.caption == "AIコーチからのアドバイス →"
    assert (video.metadata.duration_s, video.metadata.poster_path) == (88.0, "users/u/p.jpg")
    view = services.chat.live_view("cook", session.id)
    assert view is not None
    assert (view.status, view.percent) == ("completed", 100)


def test_a_text_that_is_all_there_will_be_ends_the_run(
    services: Services, database: Database, run: tuple[UUID, Session]
) -> None:
    deliver(services, run, "text", last=True)
    session, status, _ = stored(database, run)
    assert (session.status, status) == (SessionStatus.TEXT_READY, RunStatus.SUCCEEDED)


def test_a_failed_render_leaves_the_delivered_text(
    services: Services, database: Database, run: tuple[UUID, Session]
) -> None:
    deliver(services, run, "text")
    deliver(services, run, "failure", failure_code="internal", failure_detail="the container ended with 1")
    session, status, error = stored(database, run)
    assert (session.status, session.failure_code) == (SessionStatus.TEXT_READY, FailureCode.RENDER_FAILED)
    assert (status, error) == (RunStatus.FAILED, "internal: the container ended with 1")
    assert posted(services) == [f"{run[0]}-text", f"{run[0]}-failure"]
    assert [each.event for each in services.chat.notifications("cook")] == ["text_ready"]


def test_a_text_that_was_written_but_not_delivered_is_delivered_with_the_failure(
    services: Services, database: Database, run: tuple[UUID, Session]
) -> None:
    deliver(services, run, "failure", failure_code="internal")
    assert posted(services) == [f"{run[0]}-text", f"{run[0]}-failure"]
    assert stored(database, run)[0].coaching_text_delivered_at is not None


def test_a_later_video_heals_a_failed_render(services: Services, database: Database, run: tuple[UUID, Session]) -> None:
    deliver(services, run, "failure", failure_code="internal")
    store_output(database, run[0], "render", VIDEO)
    deliver(services, run, "video")
    session, _, _ = stored(database, run)
    assert (session.status, session.failure_code) == (SessionStatus.COMPLETED, None)


@pytest.mark.parametrize("code", sorted(set(FailureCode) - {FailureCode.RENDER_FAILED}))
def test_a_failure_before_the_text_says_why_and_what_to_do(
    services: Services, database: Database, code: FailureCode
) -> None:
    failed = add_uploaded_session(database)
    deliver(services, failed, "failure", failure_code=code.value)
    session, status, _ = stored(database, failed)
    assert (session.status, session.failure_code, status) == (SessionStatus.FAILED, code, RunStatus.FAILED)
    (note,) = services.chat.messages("cook", "coaching")
    assert note.sender == "system"
    assert note.text is not None
    said, do = note.text.splitlines()
    assert said.endswith("。")
    assert do.endswith("。")


def test_a_cook_who_wants_no_notification_gets_none(
    services: Services, database: Database, run: tuple[UUID, Session]
) -> None:
    with database.transaction() as connection:
        connection.execute("""update moment.users set notification_prefs = '{"text_ready": false}'""")
        assert users.get(connection, run[1].user_id).notification_prefs == {"text_ready": False}
    deliver(services, run, "text")
    assert services.chat.notifications("cook") == []


def test_a_video_that_was_not_rendered_cannot_be_delivered(services: Services, run: tuple[UUID, Session]) -> None:
    with pytest.raises(Permanent, match="deliver reads render, which has no output"):
        deliver(services, run, "video")
    assert posted(services) == []
