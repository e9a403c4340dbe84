"""Stages that only pretend: they check requests like real ones, take their time, and answer or fail as planned."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from local.workflows.checker.project.contracts import contract_of
from local.workflows.checker.project.facts import facts
from local.workflows.runtime.cancellation import Cancellation
from local.workflows.runtime.clock import Clock, sleep
from local.workflows.runtime.ports import HttpConnectionFailed, HttpRequest, HttpResponse, HttpTimeout
from local.workflows.tools.simulation.scenario import Failure, Scenario, StagePlan

STAGE_HOST = "stage.invalid"
"""Stages answer at `https://{stage}.stage.invalid`; no such host can exist (RFC 2606)."""
JOB_HOST = "run.googleapis.com"
JOB_PARENT = "projects/simulation/locations/local"

OK = "ok"


def simulated_environment() -> dict[str, str]:
    """The environment of the workflow: where the pretended stages are."""
    known = facts()
    return {
        name: f"{JOB_PARENT}/jobs/{stage}" if name in known.job_variables else f"https://{stage}.{STAGE_HOST}"
        for name, stage in known.stage_of_variable.items()
    }


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a stage, or one run of a job."""

    stage: str
    purpose: str
    """What a stage that is called for several purposes was asked to do, or ""."""
    started_at: float
    finished_at: float
    outcome: str
    """`ok`, or how it failed."""
    branch: tuple[str, ...]
    """Names of the parallel branches it was called in, outermost first."""

    @property
    def label(self) -> str:
        return f"{self.stage} {self.purpose}".strip()

    @property
    def succeeded(self) -> bool:
        return self.outcome == OK


class FakeStages:
    """An HTTP transport behind which there are no servers, only a scenario."""

    def __init__(self, scenario: Scenario, clock: Clock, branch: Callable[[], tuple[str, ...]]) -> None:
        """`branch` tells the parallel branch the calling thread runs."""
        self.attempts: list[Attempt] = []
        self._scenario = scenario
        self._clock = clock
        self._branch = branch
        self._lock = threading.Lock()
        self._calls: dict[str, int] = {}
        self._operations: dict[str, tuple[float, dict[str, Any]]] = {}

    def send(self, request: HttpRequest, cancellation: Cancellation) -> HttpResponse:
        """Answer as the scenario has it. Raises HttpTimeout and HttpConnectionFailed."""
        address = urlsplit(request.url)
        host = address.hostname or ""
        if host == JOB_HOST:
            return self._answer_for_job(request, unquote(address.path))
        stage = host.removesuffix(f".{STAGE_HOST}")
        if not host.endswith(f".{STAGE_HOST}") or stage not in self._scenario.stages:
            raise HttpConnectionFailed(f"nothing answers at {host} in a simulation")
        return self._answer_for_stage(stage, request, cancellation)

    def _answer_for_stage(self, stage: str, request: HttpRequest, cancellation: Cancellation) -> HttpResponse:
        plan, started_at = self._scenario.stages[stage], self._clock.now()
        body = json.loads(request.body or b"null")
        refusal = _refusal(stage, body)
        failure = Failure("status", 400, refusal) if refusal else self._next_failure(stage, plan)
        takes_s = plan.latency_s if failure is None else self._scenario.failure_latency_s
        if (failure is not None and failure.kind == "timeout") or takes_s > request.timeout_s:
            failure, takes_s = Failure("timeout"), request.timeout_s
        sleep(self._clock, takes_s, cancellation)
        self._note(stage, _purpose(stage, body), started_at, failure)
        return _response(failure, plan)

    def _answer_for_job(self, request: HttpRequest, path: str) -> HttpResponse:
        name = path.removeprefix("/v2/")
        if request.method == "POST" and name.endswith(":run"):
            return _json_response(200, self._start_job(name.removesuffix(":run"), request))
        if name not in self._operations:
            return _json_response(404, {"error": {"code": 404, "message": f"no operation {name}"}})
        done_at, ending = self._operations[name]
        is_done = self._clock.now() >= done_at
        return _json_response(200, {"name": name, "done": is_done, **(ending if is_done else {})})

    def _start_job(self, job: str, request: HttpRequest) -> dict[str, Any]:
        stage = job.rpartition("/")[2]
        plan = self._scenario.stages[stage]
        refusal = _refusal(stage, _job_request(json.loads(request.body or b"{}")))
        failure = Failure("job") if refusal else self._next_failure(stage, plan)
        now = self._clock.now()
        done_at = now + (plan.latency_s if failure is None else self._scenario.failure_latency_s)
        reason = refusal or "the scenario has it so"
        error = {"error": {"code": 10, "message": f"job {stage} failed: {reason}"}}
        with self._lock:
            operation = f"{JOB_PARENT}/operations/{stage}-{len(self._operations) + 1}"
            self._operations[operation] = (done_at, {"response": {"name": job}} if failure is None else error)
            self.attempts.append(Attempt(stage, "", now, done_at, OK if failure is None else "failed", self._branch()))
        return {"name": operation, "done": False}

    def _next_failure(self, stage: str, plan: StagePlan) -> Failure | None:
        with self._lock:
            calls = self._calls[stage] = self._calls.get(stage, 0) + 1
        return plan.failure if plan.failure is not None and calls <= plan.failure.times else None

    def _note(self, stage: str, purpose: str, started_at: float, failure: Failure | None) -> None:
        outcome = OK if failure is None else failure.kind if failure.kind != "status" else str(failure.status)
        attempt = Attempt(stage, purpose, started_at, self._clock.now(), outcome, self._branch())
        with self._lock:
            self.attempts.append(attempt)


def _response(failure: Failure | None, plan: StagePlan) -> HttpResponse:
    if failure is None:
        return _json_response(200, plan.answer)
    if failure.kind == "timeout":
        raise HttpTimeout
    if failure.kind == "connection":
        raise HttpConnectionFailed("the scenario has it so")
    return _json_response(failure.status, {"code": failure.code, "detail": "the scenario has it so"})


def _json_response(status: int, body: Mapping[str, Any]) -> HttpResponse:
    return HttpResponse(status, (("content-type", "application/json"),), json.dumps(body).encode())


def _refusal(stage: str, body: object) -> str:
    """Why the real stage would not take the request, or ""."""
    contract = contract_of(stage)
    if contract is None:
        return ""
    try:
        contract.request.model_validate(body)
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return ""


def _purpose(stage: str, body: object) -> str:
    needs = facts().needed_before.get(stage)
    return str(body.get(needs.field, "")) if needs is not None and isinstance(body, dict) else ""


def _job_request(body: Mapping[str, Any]) -> object:
    for container in body.get("overrides", {}).get("containerOverrides", []):
        for variable in container.get("env", []):
            if variable.get("name") == facts().job_request_variable:
                return json.loads(variable["value"])
    return None
