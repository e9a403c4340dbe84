"""Cloud Run Jobs on one machine: `jobs.run` starts the job's own program as a subprocess, operations tell how it goes.

The part of the Admin API v2 that the workflow's connector uses: POST …/jobs/{job}:run with container overrides, GET
…/operations/{id}, GET …/executions/{id}. A job ends when the cloud stops.
"""

import subprocess
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.contained import start_contained, stop_contained


@dataclass
class JobExecution:
    """One run of a job."""

    project: str
    location: str
    job: str
    id: str
    process: subprocess.Popen[bytes]
    started_at: datetime

    @property
    def name(self) -> str:
        """Resource name of the execution."""
        return f"projects/{self.project}/locations/{self.location}/jobs/{self.job}/executions/{self.id}"

    @property
    def operation(self) -> str:
        """Resource name of the operation that waits for it."""
        return f"projects/{self.project}/locations/{self.location}/operations/{self.id}"


class Jobs:
    """The jobs this machine can run, each a Python module."""

    def __init__(self, modules: Mapping[str, str], *, logs: Path) -> None:
        """`modules`: job → module run with `python -m`; `logs`: a file per job there."""
        self._modules = dict(modules)
        self.environment: Mapping[str, str] = {}
        """Of every job that is started from now on."""
        self._logs = logs
        self._executions: dict[str, JobExecution] = {}
        self._lock = threading.Lock()
        prefix = "/v2/projects/{project}/locations/{location}"
        self.application = Starlette(
            routes=[
                Route(prefix + "/jobs/{job}:run", self._run, methods=["POST"]),
                Route(prefix + "/operations/{id}", self._operation, methods=["GET"]),
                Route(prefix + "/jobs/{job}/executions/{id}", self._execution, methods=["GET"]),
            ]
        )

    def start(self, project: str, location: str, job: str, overrides: Mapping[str, str]) -> JobExecution:
        """Start a job with these environment overrides.

        Raises:
            LookupError: there is no such job.
        """
        if job not in self._modules:
            raise LookupError(f"no job {job!r}. Found: {', '.join(self._modules)}")
        process = start_contained(
            self._modules[job], [], environment={**self.environment, **overrides}, log=self._logs / f"{job}.log"
        )
        execution = JobExecution(project, location, job, uuid.uuid4().hex[:20], process, datetime.now(UTC))
        with self._lock:
            self._executions[execution.id] = execution
        return execution

    def stop(self) -> None:
        """End every job that still runs."""
        with self._lock:
            running = [each for each in self._executions.values() if each.process.poll() is None]
        for execution in running:
            stop_contained(execution.process)

    async def _run(self, request: Request) -> JSONResponse:
        body: dict[str, Any] = await request.json() if await request.body() else {}
        containers = body.get("overrides", {}).get("containerOverrides", [])
        overrides = {each["name"]: each["value"] for container in containers for each in container.get("env", [])}
        path = request.path_params
        try:
            execution = self.start(path["project"], path["location"], path["job"], overrides)
        except LookupError as error:
            return _error(404, "NOT_FOUND", str(error))
        return JSONResponse({"name": execution.operation, "done": False, "metadata": _resource(execution)})

    async def _operation(self, request: Request) -> JSONResponse:
        execution = self._executions.get(request.path_params["id"])
        if execution is None:
            return _error(404, "NOT_FOUND", f"no operation {request.path_params['id']}")
        code = execution.process.poll()
        operation = {"name": execution.operation, "done": code is not None, "metadata": _resource(execution)}
        if code == 0:
            operation["response"] = _resource(execution)
        elif code is not None:
            operation["error"] = {"code": 10, "message": f"job {execution.job} failed: the container ended with {code}"}
        return JSONResponse(operation)

    async def _execution(self, request: Request) -> JSONResponse:
        execution = self._executions.get(request.path_params["id"])
        if execution is None:
            return _error(404, "NOT_FOUND", f"no execution {request.path_params['id']}")
        return JSONResponse(_resource(execution))


def _resource(execution: JobExecution) -> dict[str, Any]:
    code = execution.process.poll()
    return {
        "name": execution.name,
        "job": execution.job,
        "taskCount": 1,
        "startTime": execution.started_at.isoformat().replace("+00:00", "Z"),
        "runningCount": int(code is None),
        "succeededCount": int(code == 0),
        "failedCount": int(code not in (None, 0)),
    }


def _error(status: int, reason: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": status, "status": reason, "message": message}}, status)
