"""The durable wrapper: each row of the table in `shared/stage.py`."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import flask
import pytest
from pydantic import ValidationError

from shared.database import Connection, Database, runs, sessions, stage_runs
from shared.errors import Permanent, Superseded, Transient
from shared.models.base import Model
from shared.models.session import FailureCode, Session, SessionStatus
from shared.stage import Stage, StageRequest, StageResult, StageRun
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session, services_on


class CountRequest(StageRequest):
    """A knob."""

    step: int = 1


class Count(Model):
    """An output."""

    value: int


Work = Callable[[StageRun, CountRequest], StageResult[Count]]


@pytest.fixture
def uploaded(database: Database) -> tuple[UUID, Session]:
    return add_uploaded_session(database)


def stage_of(work: Work, *, name: str = "analyze", **options: Any) -> Stage[CountRequest, Count]:  # noqa: ANN401
    """A stage that does this work."""
    declared: dict[str, Any] = {"reads": (), "session_inputs": (), "starts_processing": False, **options}
    return Stage(name=name, request=CountRequest, output=Count, work=work, **declared)


def body(uploaded: tuple[UUID, Session], **knobs: int) -> dict[str, object]:
    """A request for this run."""
    return {"run_id": str(uploaded[0]), "session_id": str(uploaded[1].id), **knobs}


class Counter:
    """Work that counts how often it is done, as paid calls would be."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _run: StageRun, request: CountRequest) -> StageResult[Count]:
        self.calls += 1
        return StageResult(Count(value=self.calls * request.step), answer={"value": self.calls * request.step})


def test_a_finished_stage_gives_its_first_answer_again(services: Services, uploaded: tuple[UUID, Session]) -> None:
    work = Counter()
    stage = stage_of(work)
    assert [stage.execute(body(uploaded), services) for _ in range(3)] == [{"value": 1}] * 3
    assert work.calls == 1


def test_another_knob_is_another_request(services: Services, uploaded: tuple[UUID, Session]) -> None:
    work = Counter()
    stage = stage_of(work)
    stage.execute(body(uploaded), services)
    assert stage.execute(body(uploaded, step=10), services) == {"value": 20}


def test_a_session_field_the_stage_uses_is_part_of_the_request(
    services: Services, uploaded: tuple[UUID, Session]
) -> None:
    work = Counter()
    stage = stage_of(work, session_inputs=("typed_memo",))
    stage.execute(body(uploaded), services)
    with services.database.transaction() as connection:
        sessions.save(connection, uploaded[1].id, typed_memo="火が強かったかも")
    stage.execute(body(uploaded), services)
    with services.database.transaction() as connection:
        sessions.save(connection, uploaded[1].id, custom_dish_name="ほかのこと")
    stage.execute(body(uploaded), services)
    assert work.calls == 2


def test_a_new_result_upstream_is_another_request(services: Services, uploaded: tuple[UUID, Session]) -> None:
    upstream, downstream = Counter(), Counter()
    first = stage_of(upstream, name="prepare")
    second = stage_of(downstream, name="analyze", reads=("prepare",))
    first.execute(body(uploaded), services)
    second.execute(body(uploaded), services)
    second.execute(body(uploaded), services)
    first.execute(body(uploaded, step=2), services)
    second.execute(body(uploaded), services)
    assert (upstream.calls, downstream.calls) == (2, 2)


def test_a_stage_reads_the_output_of_an_earlier_one(services: Services, uploaded: tuple[UUID, Session]) -> None:
    def read(run: StageRun, _request: CountRequest) -> StageResult[Count]:
        return StageResult(Count(value=run.output("prepare", Count).value + 100), answer={})

    stage_of(Counter(), name="prepare").execute(body(uploaded), services)
    stage_of(read, reads=("prepare",)).execute(body(uploaded), services)
    with services.database.transaction() as connection:
        found = stage_runs.latest_success(connection, uploaded[0], "analyze")
        assert found is not None
        assert stage_runs.output_of(connection, found.id) == {"value": 101}


def test_a_missing_output_upstream_is_permanent(services: Services, uploaded: tuple[UUID, Session]) -> None:
    def read(run: StageRun, _request: CountRequest) -> StageResult[Count]:
        return StageResult(run.output("prepare", Count))

    with pytest.raises(Permanent, match="analyze reads prepare, which has no output"):
        stage_of(read, reads=("prepare",)).execute(body(uploaded), services)


def test_two_calls_at_once_work_once(services: Services, uploaded: tuple[UUID, Session]) -> None:
    inside, leave = threading.Event(), threading.Event()
    calls = []

    def slow(_run: StageRun, _request: CountRequest) -> StageResult[Count]:
        calls.append(1)
        inside.set()
        leave.wait(10)
        return StageResult(Count(value=7), answer={"value": 7})

    stage = stage_of(slow)
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(stage.execute(body(uploaded), services)))
    thread.start()
    assert inside.wait(10)
    with pytest.raises(Transient, match="is being worked on") as busy:
        stage.execute(body(uploaded), services)
    leave.set()
    thread.join()
    assert 1 <= busy.value.retry_after_s <= 20
    assert answers == [{"value": 7}]
    assert stage.execute(body(uploaded), services) == {"value": 7}
    assert len(calls) == 1


def test_a_worker_that_was_given_up_cannot_overwrite_the_one_that_took_over(
    database_url: str, uploaded: tuple[UUID, Session]
) -> None:
    services = services_on(database_url)
    effects = []

    def overtaken(run: StageRun, _request: CountRequest) -> StageResult[Count]:
        with run.services.database.transaction() as connection:  # as if this worker had been silent for too long
            connection.execute("update moment.stage_runs set lease_expires_at = now() - interval '1 second'")
        stage_of(lambda *_: StageResult(Count(value=2), answer={"value": 2})).execute(body(uploaded), services)
        return StageResult(Count(value=1), answer={"value": 1}, effect=lambda _connection: effects.append(1))

    with pytest.raises(Transient, match="taken over"):
        stage_of(overtaken).execute(body(uploaded), services)
    assert effects == []
    assert stage_of(Counter()).execute(body(uploaded), services) == {"value": 2}
    services.database.close()


def test_a_long_stage_keeps_its_lease(database_url: str, uploaded: tuple[UUID, Session]) -> None:
    services = services_on(database_url, lease_s=0.4)

    def long(_run: StageRun, _request: CountRequest) -> StageResult[Count]:
        threading.Event().wait(1.2)
        return StageResult(Count(value=1), answer={"value": 1})

    stage = stage_of(long)
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(stage.execute(body(uploaded), services)))
    thread.start()
    threading.Event().wait(0.8)  # two leases later
    with pytest.raises(Transient, match="is being worked on"):
        stage.execute(body(uploaded), services)
    thread.join()
    assert answers == [{"value": 1}]
    services.database.close()


def test_a_failed_stage_may_be_tried_again_at_once(services: Services, uploaded: tuple[UUID, Session]) -> None:
    attempts = []

    def unlucky(_run: StageRun, _request: CountRequest) -> StageResult[Count]:
        attempts.append(1)
        if len(attempts) < 3:
            raise Transient("busy") if len(attempts) == 1 else ZeroDivisionError
        return StageResult(Count(value=3), answer={"value": 3})

    stage = stage_of(unlucky)
    with pytest.raises(Transient):
        stage.execute(body(uploaded), services)
    with pytest.raises(ZeroDivisionError):
        stage.execute(body(uploaded), services)
    assert stage.execute(body(uploaded), services) == {"value": 3}
    with services.database.transaction() as connection:
        (row,) = stage_runs.of_run(connection, uploaded[0])
    assert (row.status, row.attempts, row.error_code) == ("succeeded", 3, None)


def test_a_permanent_failure_is_recorded_with_its_code(services: Services, uploaded: tuple[UUID, Session]) -> None:
    def refuse(_run: StageRun, _request: CountRequest) -> StageResult[Count]:
        raise Permanent(FailureCode.TOO_SHORT, "5 s are expected. Found: 0.3 s")

    with pytest.raises(Permanent):
        stage_of(refuse).execute(body(uploaded), services)
    with services.database.transaction() as connection:
        (row,) = stage_runs.of_run(connection, uploaded[0])
    assert (row.status, row.error_code, row.lease_expires_at) == ("failed", "too_short", None)


def test_output_and_effect_are_one_transaction(services: Services, uploaded: tuple[UUID, Session]) -> None:
    def half_done(_run: StageRun, _request: CountRequest) -> StageResult[Count]:
        def effect(connection: Connection) -> None:
            sessions.save(connection, uploaded[1].id, typed_memo="halfway")
            raise ZeroDivisionError

        return StageResult(Count(value=1), effect=effect)

    with pytest.raises(ZeroDivisionError):
        stage_of(half_done).execute(body(uploaded), services)
    with services.database.transaction() as connection:
        assert sessions.get(connection, uploaded[1].id).typed_memo is None
        assert stage_runs.latest_success(connection, uploaded[0], "analyze") is None


def test_the_first_stage_starts_the_processing(services: Services, uploaded: tuple[UUID, Session]) -> None:
    stage_of(Counter(), name="prepare", starts_processing=True).execute(body(uploaded), services)
    with services.database.transaction() as connection:
        assert sessions.get(connection, uploaded[1].id).status is SessionStatus.PROCESSING


def test_a_run_that_a_newer_upload_replaced_writes_nothing(services: Services, uploaded: tuple[UUID, Session]) -> None:
    with services.database.transaction() as connection:
        newer = runs.insert_or_lock(connection, uuid4(), uploaded[1].id)
        sessions.save(connection, uploaded[1].id, current_run=newer.id)
    work = Counter()
    with pytest.raises(Superseded):
        stage_of(work).execute(body(uploaded), services)
    assert work.calls == 0


def test_a_run_of_another_session_is_refused(
    services: Services, uploaded: tuple[UUID, Session], database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute("update moment.sessions set session_number = 2")
        connection.execute("update moment.users set firebase_uid = 'somebody else'")
    other_run, _ = add_uploaded_session(database)
    with pytest.raises(Permanent, match="belongs to another session"):
        stage_of(Counter()).execute({"run_id": str(other_run), "session_id": str(uploaded[1].id)}, services)


@pytest.mark.parametrize("wrong", [None, [], {}, {"run_id": "x", "session_id": "y"}])
def test_a_wrong_body_is_refused_before_anything_is_stored(
    services: Services, uploaded: tuple[UUID, Session], wrong: object
) -> None:
    with pytest.raises(ValidationError):
        stage_of(Counter()).execute(wrong, services)
    with services.database.transaction() as connection:
        assert stage_runs.of_run(connection, uploaded[0]) == []


def test_an_unknown_knob_is_refused(services: Services, uploaded: tuple[UUID, Session]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        stage_of(Counter()).execute({**body(uploaded), "stepp": 2}, services)


def test_the_live_view_tells_the_stage(services: Services, uploaded: tuple[UUID, Session]) -> None:
    stage_of(Counter()).execute(body(uploaded), services)
    view = services.chat.live_view("cook", uploaded[1].id)
    assert view is not None
    assert (view.stage, view.label_ja, view.percent) == ("analyze", "調理のようすを見ています", 16)


def test_outcomes_are_told_in_http(
    monkeypatch: pytest.MonkeyPatch, database_url: str, uploaded: tuple[UUID, Session]
) -> None:
    from shared import stage as stage_module
    from shared.settings import settings
    from shared.wiring import services as wired

    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("UPLOADS_BUCKET", "uploads")
    monkeypatch.setenv("MEDIA_BUCKET", "media")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "test")
    settings.cache_clear()
    wired.cache_clear()
    outcomes: list[Exception | None] = [
        Permanent(FailureCode.TOO_LONG, "long"),
        Transient("busy", retry_after_s=3),
        None,
    ]

    monkeypatch.setattr(stage_module, "_DEFINITIONS", {})  # the real stage of this name stays declared

    @stage_module.stage("analyze", request=CountRequest, output=Count)
    def analyze(_run: StageRun, _request: CountRequest) -> StageResult[Count]:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return StageResult(Count(value=1), answer={"outcome": "coachable"})

    application = flask.Flask("test")
    application.add_url_rule("/", view_func=lambda: analyze(flask.request), methods=["POST"])
    client = application.test_client()
    refused = client.post("/", json=body(uploaded))
    later = client.post("/", json=body(uploaded))
    done = client.post("/", json=body(uploaded))
    wrong = client.post("/", data="{")
    wired().database.close()
    settings.cache_clear()
    wired.cache_clear()

    assert (refused.status_code, refused.get_json()) == (422, {"code": "too_long", "detail": "long"})
    assert (later.status_code, later.headers["Retry-After"]) == (503, "3")
    assert (done.status_code, done.get_json()) == (200, {"outcome": "coachable"})
    assert wrong.status_code == 400
    assert "analyze was asked wrongly" in wrong.get_json()["detail"]
