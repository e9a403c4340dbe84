"""Table `moment.runs`: one row per upload that went on its way."""

from uuid import UUID

from shared.database.connection import Connection
from shared.models.session import Run, RunStatus

_COLUMNS = "id, session_id, execution_name, workflow_revision, status, started_at, finished_at, error"


def get(connection: Connection, run_id: UUID) -> Run:
    """The run with this id.

    Raises:
        LookupError: there is none.
    """
    row = connection.execute(f"select {_COLUMNS} from moment.runs where id = %s", [run_id]).fetchone()
    if row is None:
        raise LookupError(f"no run {run_id}")
    return Run.model_validate(row)


def insert_or_lock(connection: Connection, run_id: UUID, session_id: UUID) -> Run:
    """The run of this id, inserted if it is new, locked until the transaction ends."""
    connection.execute(
        "insert into moment.runs (id, session_id) values (%s, %s) on conflict (id) do nothing", [run_id, session_id]
    )
    row = connection.execute(f"select {_COLUMNS} from moment.runs where id = %s for update", [run_id]).fetchone()
    if row is None:
        raise LookupError(f"run {run_id} vanished while it was recorded")
    return Run.model_validate(row)


def of_session(connection: Connection, session_id: UUID) -> list[Run]:
    """The runs of a session, newest first."""
    rows = connection.execute(
        f"select {_COLUMNS} from moment.runs where session_id = %s order by started_at desc", [session_id]
    ).fetchall()
    return [Run.model_validate(row) for row in rows]


def unfinished(connection: Connection) -> list[Run]:
    """Runs that were started and never ended, oldest first."""
    rows = connection.execute(
        f"select {_COLUMNS} from moment.runs where status = 'started' order by started_at"
    ).fetchall()
    return [Run.model_validate(row) for row in rows]


def record_execution(connection: Connection, run_id: UUID, execution_name: str, workflow_revision: str) -> None:
    """Remember which execution drives the run."""
    connection.execute(
        "update moment.runs set execution_name = %s, workflow_revision = %s where id = %s",
        [execution_name, workflow_revision, run_id],
    )


def finish(connection: Connection, run_id: UUID, status: RunStatus, error: str | None = None) -> None:
    """End the run; a run that has ended keeps its first ending."""
    connection.execute(
        "update moment.runs set status = %s, error = %s, finished_at = now() where id = %s and status = 'started'",
        [status.value, error, run_id],
    )


def reopen(connection: Connection, run_id: UUID) -> None:
    """Let a run that has ended start again, with an execution that is still to come."""
    connection.execute(
        """update moment.runs
           set status = 'started', error = null, finished_at = null, execution_name = null, workflow_revision = null
           where id = %s and status <> 'started'""",
        [run_id],
    )
