"""Stages: pure functions with a durable wrapper.

A stage turns a small request into a stored output, at most once for each thing it is asked. Whoever asks again, because
a reply was lost or a worker died, gets the first answer and nobody pays twice.

    class GreetRequest(StageRequest):
        style: Literal["warm", "plain"] = "warm"

    @stage("greet", request=GreetRequest, output=Greeting, reads=("coach",))
    def greet(run: StageRun, request: GreetRequest) -> StageResult[Greeting]:
        coaching = run.output("coach", Coaching)
        return StageResult(Greeting(...), answer={"length": 12})

The request is named by its fingerprint: the stage, the knobs of the request, the fields of the session it uses
(`session_inputs`) and the outputs it reads. What happens on each call:

    | stored under (run, stage, fingerprint)          | what the call does                              | HTTP       |
    |-------------------------------------------------|-------------------------------------------------|------------|
    | nothing                                         | takes the lease, works, saves output and effect | 200        |
    | succeeded                                       | nothing: gives the stored answer                | 200        |
    | running, lease alive                            | nothing: somebody is at it                      | 503, retry |
    | running, lease ended (the worker died)          | takes the lease over and works                  | 200        |
    | failed                                          | takes the lease and works                       | 200        |
    | … the work raises Permanent(code)               | stores the code, gives the lease back           | 422        |
    | … the work raises Transient, or the database is | stores the detail, gives the lease back         | 503, retry |
    |   gone                                          |                                                 |            |
    | … another worker took over meanwhile            | throws its own result away                      | 503, retry |
    | anything, but the session has a newer run       | nothing                                         | 409        |

The output, its effects on the session and the end of the lease are one transaction.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import flask
import psycopg
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from shared import progress
from shared.database import Connection, Database, dishes, learner_states, runs, sessions, stage_runs, users
from shared.errors import Permanent, Superseded, Transient
from shared.lease import kept_alive
from shared.models.chat import LiveView
from shared.models.learner import LearnerState
from shared.models.session import Dish, FailureCode, Run, Session, SessionStatus, User
from shared.telemetry import configure_logging, trace_of
from shared.texts import texts
from shared.wiring import Services, services

__all__ = ["Permanent", "StageRequest", "StageResult", "StageRun", "Transient", "definition", "stage"]

LIVE_VIEW_INTERVAL_S = 0.5
"""Progress within a stage is shown at most this often."""

Output = TypeVar("Output", bound=BaseModel)
Request = TypeVar("Request", bound="StageRequest")


class StageRequest(BaseModel):
    """What every stage is asked with; each stage adds the knobs ops may turn in the YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id: UUID
    session_id: UUID


@dataclass(frozen=True)
class StageResult(Generic[Output]):
    """What a stage gives back."""

    output: Output
    """Stored whole, read by later stages."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """The HTTP answer: only what the workflow branches on."""
    effect: Callable[[Connection], None] | None = None
    """Changes to the session, made in the transaction that stores the output."""
    cost: Mapping[str, float] = field(default_factory=dict)
    """What was used: tokens, characters, paid calls …; wall and CPU seconds are added by the wrapper."""
    model: str = ""
    prompt_version: str = ""


@dataclass(frozen=True)
class StageRun:
    """The run a stage works for: who, what, and how to reach the outside world."""

    id: UUID
    stage: str
    session: Session
    user: User
    dish: Dish
    record: Run
    services: Services
    log: structlog.typing.FilteringBoundLogger
    _upstream: Mapping[str, UUID]
    _shown_at: list[float] = field(default_factory=lambda: [0.0])

    @property
    def dish_name(self) -> str:
        """The dish as the cook knows it."""
        return self.session.custom_dish_name or self.dish.name_ja

    def output(self, stage_name: str, model: type[Output]) -> Output:
        """The output of an earlier stage of this run.

        Raises:
            Permanent: that stage has not run; the workflow calls stages in the wrong order.
        """
        found = self.optional_output(stage_name, model)
        if found is None:
            raise Permanent(
                FailureCode.INTERNAL, f"{self.stage} reads {stage_name}, which has no output in run {self.id}"
            )
        return found

    def optional_output(self, stage_name: str, model: type[Output]) -> Output | None:
        """The output of an earlier stage of this run, or None when it has not run."""
        stage_run_id = self._upstream.get(stage_name)
        if stage_run_id is None:
            return None
        with self.services.database.transaction() as connection:
            return model.model_validate(stage_runs.output_of(connection, stage_run_id))

    def learner_state(self) -> LearnerState:
        """What the coach remembers of this cook."""
        with self.services.database.transaction() as connection:
            return learner_states.get(connection, self.user.id)

    def media_path(self, name: str) -> str:
        """Where an object of this run lives in the media bucket."""
        return f"users/{self.user.id}/sessions/{self.session.id}/{self.id}/{name}"

    def progress(self, fraction: float) -> None:
        """Show how far the stage is, 0 to 1; often is fine, it is thinned out."""
        now = time.monotonic()
        if now - self._shown_at[0] < LIVE_VIEW_INTERVAL_S:
            return
        self._shown_at[0] = now
        self.show(fraction)

    def show(self, fraction: float) -> None:
        """Write the live view now."""
        view = LiveView(
            status=self.session.status.value,
            stage=self.stage,
            label_ja=texts().stages[self.stage],
            percent=progress.percent(self.stage, fraction),
            eta_seconds=progress.eta_s(self.stage, fraction),
        )
        self.services.chat.set_live_view(self.user.firebase_uid, self.session.id, view)


Work = Callable[[StageRun, Request], StageResult[Output]]
HttpFunction = Callable[[flask.Request], flask.Response]


@dataclass(frozen=True)
class Stage(Generic[Request, Output]):
    """A stage as it was declared."""

    name: str
    request: type[Request]
    output: type[Output]
    reads: tuple[str, ...]
    session_inputs: tuple[str, ...]
    starts_processing: bool
    work: Work[Request, Output]

    def execute(self, body: object, services_: Services) -> dict[str, Any]:
        """Do what the table above says, and give the answer.

        Raises:
            ValidationError: the body is not what the request model asks for.
            Permanent, Transient, Superseded: see there.
        """
        request = self.request.model_validate(body)
        log = structlog.get_logger().bind(
            stage=self.name, run_id=str(request.run_id), session_id=str(request.session_id)
        )
        try:
            run, fingerprint = self._load(request, services_, log)
            return self._once(run, request, fingerprint)
        except psycopg.OperationalError as error:
            raise Transient(f"the database left while {self.name} was working: {error}") from error

    def _load(
        self, request: Request, services_: Services, log: structlog.typing.FilteringBoundLogger
    ) -> tuple[StageRun, str]:
        with services_.database.transaction() as connection:
            try:
                record = runs.get(connection, request.run_id)
                session = sessions.get(connection, request.session_id)
            except LookupError as error:
                raise Permanent(FailureCode.INTERNAL, str(error)) from error
            if record.session_id != session.id:
                raise Permanent(FailureCode.INTERNAL, f"run {record.id} belongs to another session than {session.id}")
            if session.current_run != record.id:
                raise Superseded(f"session {session.id} is on run {session.current_run}, not {record.id}")
            if self.starts_processing and session.status in (SessionStatus.UPLOADED, SessionStatus.FAILED):
                sessions.move(connection, session, SessionStatus.PROCESSING)
                session = sessions.get(connection, session.id)
            upstream = {name: stage_runs.latest_success(connection, record.id, name) for name in self.reads}
            user, dish = users.get(connection, session.user_id), dishes.get(connection, session.dish_id)
        found = {name: stage_run for name, stage_run in upstream.items() if stage_run is not None}
        run = StageRun(
            id=record.id,
            stage=self.name,
            session=session,
            user=user,
            dish=dish,
            record=record,
            services=services_,
            log=log,
            _upstream={name: stage_run.id for name, stage_run in found.items()},
        )
        return run, self._fingerprint(request, session, {name: str(stage_run.id) for name, stage_run in found.items()})

    def _fingerprint(self, request: Request, session: Session, upstream: Mapping[str, str]) -> str:
        named = {
            "stage": self.name,
            "knobs": request.model_dump(mode="json", exclude={"run_id", "session_id"}),
            "session": session.model_dump(mode="json", include=set(self.session_inputs)),
            "upstream": upstream,
        }
        return hashlib.sha256(json.dumps(named, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def _once(self, run: StageRun, request: Request, fingerprint: str) -> dict[str, Any]:
        database, owner, lease_s = run.services.database, uuid4(), run.services.settings.lease_s
        with database.transaction() as connection:
            claim = stage_runs.claim(
                connection, run_id=run.id, stage=self.name, fingerprint=fingerprint, owner=owner, lease_s=lease_s
            )
        if claim.outcome == "memo":
            run.log.info("stage answered from memo")
            return claim.answer
        if claim.outcome == "busy":
            raise Transient(f"{self.name} of run {run.id} is being worked on", retry_after_s=max(1.0, claim.busy_for_s))
        started, cpu_started = time.monotonic(), time.process_time()
        try:
            with kept_alive(database, claim.stage_run_id, owner, lease_s):
                if self.name in progress.SPANS:
                    run.show(0.0)
                result = self.work(run, request)
            cost = {
                **result.cost,
                "wall_s": round(time.monotonic() - started, 3),
                "cpu_s": round(time.process_time() - cpu_started, 3),
            }
            self._save(run, claim.stage_run_id, owner, result, cost)
        except BaseException as error:
            self._give_back(run, database, claim.stage_run_id, owner, error)
            raise
        run.log.info("stage finished", attempts=claim.attempts, model=result.model, **cost)
        return dict(result.answer)

    def _save(
        self, run: StageRun, stage_run_id: UUID, owner: UUID, result: StageResult[Output], cost: dict[str, float]
    ) -> None:
        with run.services.database.transaction() as connection:
            kept = stage_runs.succeed(
                connection,
                stage_run_id,
                owner,
                output=result.output.model_dump(mode="json"),
                answer=dict(result.answer),
                cost=cost,
                model=result.model,
                prompt_version=result.prompt_version,
            )
            if not kept:
                raise Transient(f"{self.name} of run {run.id} was taken over by another worker", retry_after_s=1.0)
            if result.effect is not None:
                result.effect(connection)

    def _give_back(
        self, run: StageRun, database: Database, stage_run_id: UUID, owner: UUID, error: BaseException
    ) -> None:
        code = error.code.value if isinstance(error, Permanent) else type(error).__name__
        run.log.warning(
            "stage failed", error_code=code, error=str(error), exc_info=not isinstance(error, (Permanent, Transient))
        )
        try:
            with database.transaction() as connection:
                stage_runs.fail(connection, stage_run_id, owner, error_code=code, error_detail=str(error))
        except psycopg.OperationalError as gone:  # the lease will end by itself
            run.log.warning("lease not given back", error=str(gone))


_DEFINITIONS: dict[str, Stage[Any, Any]] = {}


def definition(name: str) -> Stage[Any, Any]:
    """The stage of this name, once the module that declares it is imported."""
    return _DEFINITIONS[name]


def stage(
    name: str,
    *,
    request: type[Request],
    output: type[Output],
    reads: tuple[str, ...] = (),
    session_inputs: tuple[str, ...] = (),
    starts_processing: bool = False,
) -> Callable[[Work[Request, Output]], HttpFunction]:
    """Declare a stage; the result is its HTTP function for functions-framework.

    Args:
        name: the stage's name in `stage_runs`, in the workflow and in the texts.
        request: the request's model.
        output: the model of what is stored.
        reads: stages of the same run whose outputs this one uses.
        session_inputs: fields of `Session` this stage uses: a change of one makes it another request.
        starts_processing: whether the session becomes `processing` when this stage begins.
    """

    def declare(work: Work[Request, Output]) -> HttpFunction:
        declared = Stage(name, request, output, reads, session_inputs, starts_processing, work)
        _DEFINITIONS[name] = declared

        @wraps(work)
        def serve(http_request: flask.Request) -> flask.Response:
            return _answer(declared, http_request)

        return serve

    return declare


def _answer(declared: Stage[Any, Any], request: flask.Request) -> flask.Response:
    """Run the stage for one HTTP request and say the outcome in HTTP."""
    configure_logging()
    chosen = services()
    structlog.contextvars.clear_contextvars()
    trace = trace_of(dict(request.headers), chosen.settings.google_cloud_project)
    if trace is not None:
        structlog.contextvars.bind_contextvars(**{"logging.googleapis.com/trace": trace})
    try:
        return flask.jsonify(declared.execute(request.get_json(silent=True), chosen))
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors()]
        return _problem(400, "bad_request", f"{declared.name} was asked wrongly. Found: {'; '.join(problems)}")
    except Permanent as error:
        return _problem(422, error.code.value, error.detail)
    except Superseded as error:
        return _problem(409, "superseded", str(error))
    except Transient as error:
        response = _problem(503, "transient", error.detail)
        response.headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
        return response


def _problem(status: int, code: str, detail: str) -> flask.Response:
    response = flask.jsonify({"code": code, "detail": detail})
    response.status_code = status
    return response
