"""What the Executions API does, whichever way it is spoken: create, get, list and cancel."""

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import grpc

from local.workflows.engine.events import StepEvent
from local.workflows.executions_server.deployments import Deployments, Revision, UnknownWorkflow
from local.workflows.executions_server.records import ExecutionRecord, ExecutionStore
from local.workflows.runtime.options import ExecutionOptions
from local.workflows.values import Value, decode_json
from local.workflows.workflow import ArgumentTooLarge

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
CANCEL_WITHIN_S = 5.0
"""How long a cancelled execution is waited for, so that the answer shows its last state."""

FILTER_FIELDS: Mapping[str, Callable[[ExecutionRecord], str]] = {
    "state": lambda record: record.state,
    "executionId": lambda record: record.name.rpartition("/")[2],
    "workflowRevisionId": lambda record: record.revision_id,
}
"""What executions can be listed by."""

_PARENT = re.compile(r"projects/([^/]+)/locations/([^/]+)/workflows/([^/]+)")
_CONDITION = re.compile(r'\s*(\w+)\s*=\s*"?([\w.-]*)"?\s*')

CALL_LOG_LEVELS = ("CALL_LOG_LEVEL_UNSPECIFIED", "LOG_ALL_CALLS", "LOG_ERRORS_ONLY", "LOG_NONE")

StepFollower = Callable[[str, StepEvent], None]
"""Told the name of an execution and what happens in it."""


class ApiError(Exception):
    """A request that cannot be served."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What a client gives for a new execution."""

    argument: str = ""
    """JSON text."""
    labels: Mapping[str, str] = field(default_factory=dict)
    call_log_level: str = CALL_LOG_LEVELS[0]


@dataclass(frozen=True, slots=True)
class Page:
    records: list[ExecutionRecord]
    next_token: str
    """Empty on the last page."""


class ExecutionService:
    """Runs executions of the deployed workflows, all with the same `options`; `follow` hears of every step."""

    def __init__(
        self,
        deployments: Deployments,
        options: ExecutionOptions,
        *,
        retained: int,
        follow: StepFollower | None = None,
    ) -> None:
        self._deployments = deployments
        self._options = options
        self._store = ExecutionStore(retained)
        self._follow = follow

    def create(self, parent: str, new: NewExecution) -> ExecutionRecord:
        """Start an execution of the current revision of the workflow `parent`."""
        revision = self._revision(parent)
        argument = _parse_argument(new.argument)
        if new.call_log_level not in CALL_LOG_LEVELS:
            message = f"unknown call log level {new.call_log_level!r}: expected {', '.join(CALL_LOG_LEVELS)}"
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, message)
        execution_id = str(uuid.uuid4())
        record = ExecutionRecord(
            name=f"{parent}/executions/{execution_id}",
            workflow_id=revision.workflow_id,
            revision_id=revision.revision_id,
            argument=new.argument,
            labels=dict(new.labels),
            call_log_level=new.call_log_level,
        )
        options: ExecutionOptions = {
            **self._options,
            "env": {**self._environment(revision, execution_id), **revision.environment},
            "on_step": lambda event: self._note(record, event),
        }
        try:
            record.running = revision.workflow.prepare(argument, **options)
        except ArgumentTooLarge as error:
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, str(error)) from None
        self._store.add(record)
        record.running.start()
        return record

    def get(self, name: str) -> ExecutionRecord:
        record = self._store.get(name)
        if record is None:
            raise ApiError(grpc.StatusCode.NOT_FOUND, f"execution '{name}' does not exist, or ended too long ago")
        return record

    def list(self, parent: str, *, page_size: int, page_token: str, filter_text: str, order_by: str) -> Page:
        """Executions of one workflow, the newest first unless `order_by` says otherwise."""
        self._revision(parent)
        conditions = _parse_filter(filter_text)
        prefix = f"{parent}/executions/"
        records = self._store.select(
            lambda record: (
                record.name.startswith(prefix)
                and all(FILTER_FIELDS[name](record) == value for name, value in conditions)
            )
        )
        if _is_ascending(order_by):
            records.reverse()
        if page_size < 0:
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"page_size must not be negative, not {page_size}")
        start = _parse_page_token(page_token)
        end = start + min(page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        return Page(records[start:end], _page_token(end) if end < len(records) else "")

    def cancel(self, name: str) -> ExecutionRecord:
        """Cancel a running execution and wait until it has ended."""
        record = self.get(name)
        if record.running is None or record.ended is not None:
            raise ApiError(grpc.StatusCode.FAILED_PRECONDITION, f"execution '{name}' has already ended")
        record.running.cancel()
        try:
            record.running.wait(CANCEL_WITHIN_S)
        except TimeoutError:
            message = f"execution '{name}' has not ended within {CANCEL_WITHIN_S} s of being cancelled"
            raise ApiError(grpc.StatusCode.DEADLINE_EXCEEDED, message) from None
        return record

    def cancel_all(self) -> None:
        """Cancel whatever runs, for the server stops."""
        running = [
            record.running for record in self._store.select(lambda record: record.ended is None) if record.running
        ]
        for execution in running:
            execution.cancel()
        for execution in running:
            execution.wait(CANCEL_WITHIN_S)

    def _revision(self, parent: str) -> Revision:
        match = _PARENT.fullmatch(parent)
        if match is None:
            form = "projects/PROJECT/locations/LOCATION/workflows/WORKFLOW"
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"'{parent}' does not name a workflow: expected {form}")
        project, location, workflow_id = match.groups()
        try:
            if (project, location) == (self._deployments.project, self._deployments.location):
                return self._deployments.current(workflow_id)
        except UnknownWorkflow:
            pass  # said below, as for another project
        deployed = ", ".join(self._deployments.workflow_ids()) or "none"
        message = f"workflow '{parent}' does not exist; deployed in {self._deployments.parent}: {deployed}"
        raise ApiError(grpc.StatusCode.NOT_FOUND, message)

    def _environment(self, revision: Revision, execution_id: str) -> dict[str, str]:
        project = self._deployments.project
        return {
            "GOOGLE_CLOUD_PROJECT_ID": project,
            "GOOGLE_CLOUD_LOCATION": self._deployments.location,
            "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME": f"workflows@{project}.iam.gserviceaccount.com",
            "GOOGLE_CLOUD_WORKFLOW_ID": revision.workflow_id,
            "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": revision.revision_id,
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": execution_id,
        }

    def _note(self, record: ExecutionRecord, event: StepEvent) -> None:
        record.follow(event)
        if self._follow is not None:
            self._follow(record.name, event)


def _parse_argument(text: str) -> Value:
    try:
        return decode_json(text) if text else None
    except (ValueError, RecursionError) as error:
        raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"the argument is not JSON: {error}") from None


def _parse_filter(text: str) -> list[tuple[str, str]]:
    conditions = []
    for part in re.split(r"\s+AND\s+", text) if text.strip() else []:
        match = _CONDITION.fullmatch(part)
        if match is None or match[1] not in FILTER_FIELDS:
            expected = " AND ".join(f'{name}="..."' for name in FILTER_FIELDS)
            raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"unknown filter '{part}': expected some of {expected}")
        conditions.append((match[1], match[2]))
    return conditions


def _is_ascending(order_by: str) -> bool:
    field_name, _, direction = order_by.strip().partition(" ")
    if field_name not in {"", "startTime"} or direction.strip().lower() not in {"", "asc", "desc"}:
        message = f"cannot order by '{order_by}': expected 'startTime asc' or 'startTime desc'"
        raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, message)
    return field_name == "startTime" and direction.strip().lower() != "desc"


def _page_token(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _parse_page_token(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        message = f"'{token}' is not a page token: expected one from the page before"
        raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, message) from None
