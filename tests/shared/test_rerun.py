"""Running a session again: what is remembered, what works again, and what may not."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from shared.database import Database, runs, sessions, stage_runs
from shared.database.stage_runs import FORGOTTEN
from shared.executions import StartedExecution
from shared.models.base import Model
from shared.models.session import FailureCode, RunStatus, Session, SessionStatus
from shared.rerun import STAGES, TEXT_STAGES, RerunRefused, plan_rerun, rerun
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session, services_on, store_output


class Found(Model):
    """Some output."""

    value: int = 1


class CountedExecutions:
    """Stands for the Workflows service: counts what it is asked to start."""

    def __init__(self) -> None:
        self.arguments: list[dict[str, str]] = []

    def start(self, workflow: str, argument: dict[str, str]) -> StartedExecution:
        """One more."""
        self.arguments.append(argument)
        return StartedExecution(name=f"{workflow}/{len(self.arguments)}", revision="000002-abc")


@pytest.fixture
def executions() -> CountedExecutions:
    return CountedExecutions()


@pytest.fixture
def services(database_url: str, executions: CountedExecutions) -> Iterator[Services]:
    opened = services_on(database_url)
    opened.__dict__["executions"] = executions
    yield opened
    opened.database.close()


def ended(database: Database, status: SessionStatus, stages: tuple[str, ...]) -> tuple[UUID, Session]:
    """A session that got so far and whose run is over."""
    run_id, session = add_uploaded_session(database)
    for stage in stages:
        store_output(database, run_id, stage, Found())
    with database.transaction() as connection:
        sessions.move(connection, session, SessionStatus.PROCESSING)
        session = sessions.get(connection, session.id)
        if status is SessionStatus.FAILED:
            sessions.move(connection, session, status, failure=FailureCode.INTERNAL)
        else:
            sessions.save(connection, session.id, coaching_text={"mondaiten": "火"})
            sessions.move(connection, session, SessionStatus.TEXT_READY)
            sessions.save(connection, session.id, failure_code=FailureCode.RENDER_FAILED.value)
        if status is SessionStatus.COMPLETED:
            sessions.save(connection, session.id, coaching_video_path="video.mp4")
            sessions.move(connection, sessions.get(connection, session.id), status)
        runs.finish(connection, run_id, RunStatus.FAILED, "internal: the pan was stolen")
    return run_id, session


def test_a_failed_session_works_again_from_the_stage_and_remembers_what_came_before(
    services: Services, executions: CountedExecutions
) -> None:
    run_id, session = ended(services.database, SessionStatus.FAILED, ("prepare", "analyze", "retrieve", "deliver"))
    plan = rerun(services, session.id, "analyze")
    assert plan.stages == {
        "prepare": "memory",
        "transcribe": "new",
        "analyze": "again",
        "retrieve": "again",
        "coach": "new",
        "narrate": "new",
        "speak": "new",
        "render": "new",
        "deliver": "again",
    }
    assert executions.arguments == [{"run_id": str(run_id), "session_id": str(session.id)}]
    with services.database.transaction() as connection:
        now, run = sessions.get(connection, session.id), runs.get(connection, run_id)
        forgotten = {each.stage for each in stage_runs.of_run(connection, run_id) if each.error_code == FORGOTTEN}
        kept = {stage for stage in STAGES if stage_runs.latest_success(connection, run_id, stage) is not None}
    assert (now.status, now.failure_code) == (SessionStatus.PROCESSING, None)
    assert (run.status, run.error, run.execution_name) == (RunStatus.STARTED, None, "coaching/1")
    assert kept == {"prepare"}
    assert forgotten == {"analyze", "retrieve", "deliver"}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in TEXT_STAGES])
def test_a_delivered_text_stays_while_its_video_is_made(services: Services, stage: str) -> None:
    _, session = ended(services.database, SessionStatus.TEXT_READY, STAGES)
    rerun(services, session.id, stage)
    with services.database.transaction() as connection:
        now = sessions.get(connection, session.id)
    assert (now.status, now.failure_code) == (SessionStatus.TEXT_READY, None)


@pytest.mark.parametrize("stage", TEXT_STAGES)
def test_a_delivered_text_is_not_written_again(services: Services, executions: CountedExecutions, stage: str) -> None:
    _, session = ended(services.database, SessionStatus.TEXT_READY, STAGES)
    with pytest.raises(RerunRefused, match="the text is delivered and stays"):
        rerun(services, session.id, stage)
    assert executions.arguments == []


def test_a_completed_session_is_left_alone(services: Services) -> None:
    _, session = ended(services.database, SessionStatus.COMPLETED, STAGES)
    with pytest.raises(RerunRefused, match="it is completed"):
        rerun(services, session.id, "render")


def test_a_run_under_way_is_left_alone(services: Services) -> None:
    _, session = ended(services.database, SessionStatus.FAILED, ("prepare",))
    rerun(services, session.id, "prepare")
    with pytest.raises(RerunRefused, match="still under way"):
        rerun(services, session.id, "prepare")


def test_a_plan_changes_nothing(services: Services) -> None:
    run_id, session = ended(services.database, SessionStatus.FAILED, ("prepare",))
    with services.database.transaction() as connection:
        plan_rerun(connection, session.id, "prepare")
    with services.database.transaction() as connection:
        assert sessions.get(connection, session.id).status is SessionStatus.FAILED
        assert runs.get(connection, run_id).status is RunStatus.FAILED
        assert stage_runs.latest_success(connection, run_id, "prepare") is not None


def test_stages_and_sessions_that_do_not_exist_are_named(services: Services) -> None:
    _, session = ended(services.database, SessionStatus.FAILED, ())
    with pytest.raises(RerunRefused, match="Found: plating"):
        rerun(services, session.id, "plating")
    with pytest.raises(LookupError):
        rerun(services, uuid4(), "render")
