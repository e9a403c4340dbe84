"""Table `moment.stage_runs`: the memo and the lease behind `shared/stage.py`.

A row is one request to one stage of one run. While it is `running` exactly one owner holds it, until the lease ends;
only the owner can finish it, so that a worker that was given up for dead cannot overwrite the one that took over.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.database.connection import Connection
from shared.models.base import Model

FORGOTTEN = "forgotten"
"""Error code of a result that was thrown away on purpose."""


class StageRun(Model):
    """One row, without the output (`output_of` reads that where it is needed)."""

    id: UUID
    run_id: UUID
    stage: str
    fingerprint: str
    status: Literal["running", "succeeded", "failed"]
    lease_expires_at: datetime | None
    answer: dict[str, Any] | None
    error_code: str | None
    error_detail: str | None
    attempts: int
    started_at: datetime
    finished_at: datetime | None
    cost: dict[str, float]
    model: str
    prompt_version: str


class Claim(Model):
    """What became of the wish to run a stage."""

    stage_run_id: UUID
    outcome: Literal["granted", "memo", "busy"]
    """`granted`: run it; `memo`: it has succeeded before; `busy`: somebody else holds the lease."""
    answer: dict[str, Any] = {}
    """The earlier answer, when `memo`."""
    busy_for_s: float = 0.0
    """How long the other's lease still lasts, when `busy`."""
    attempts: int = 1


_COLUMNS = """id, run_id, stage, fingerprint, status, lease_expires_at, answer, error_code, error_detail, attempts,
    started_at, finished_at, cost, model, prompt_version"""


def claim(connection: Connection, *, run_id: UUID, stage: str, fingerprint: str, owner: UUID, lease_s: float) -> Claim:
    """Take the lease, or learn why not. One statement decides, so two claims at once cannot both win."""
    granted = connection.execute(
        """insert into moment.stage_runs as mine (run_id, stage, fingerprint, status, lease_owner, lease_expires_at)
           values (%(run_id)s, %(stage)s, %(fingerprint)s, 'running', %(owner)s,
                   now() + %(lease_s)s * interval '1 second')
           on conflict (run_id, stage, fingerprint) do update
               set status = 'running', lease_owner = excluded.lease_owner, lease_expires_at = excluded.lease_expires_at,
                   attempts = mine.attempts + 1, started_at = now(), finished_at = null, error_code = null,
                   error_detail = null
               where mine.status = 'failed' or (mine.status = 'running' and mine.lease_expires_at <= now())
           returning id, attempts""",
        {"run_id": run_id, "stage": stage, "fingerprint": fingerprint, "owner": owner, "lease_s": lease_s},
    ).fetchone()
    if granted is not None:
        return Claim(stage_run_id=granted["id"], outcome="granted", attempts=granted["attempts"])
    row = connection.execute(
        """select id, status, answer, attempts, extract(epoch from lease_expires_at - now())::float8 as left_s
           from moment.stage_runs where run_id = %s and stage = %s and fingerprint = %s""",
        [run_id, stage, fingerprint],
    ).fetchone()
    if row is None:
        raise LookupError(f"stage run {stage} of {run_id} vanished while it was claimed")
    if row["status"] == "succeeded":
        return Claim(stage_run_id=row["id"], outcome="memo", answer=row["answer"] or {}, attempts=row["attempts"])
    return Claim(stage_run_id=row["id"], outcome="busy", busy_for_s=max(0.0, row["left_s"] or 0.0))


def extend(connection: Connection, stage_run_id: UUID, owner: UUID, lease_s: float) -> bool:
    """Prolong the lease; False when it is no longer this owner's."""
    return (
        connection.execute(
            """update moment.stage_runs set lease_expires_at = now() + %s * interval '1 second'
               where id = %s and lease_owner = %s""",
            [lease_s, stage_run_id, owner],
        ).rowcount
        == 1
    )


def succeed(
    connection: Connection,
    stage_run_id: UUID,
    owner: UUID,
    *,
    output: dict[str, Any],
    answer: dict[str, Any],
    cost: dict[str, float],
    model: str,
    prompt_version: str,
) -> bool:
    """Save the output and give the lease back; False, and nothing saved, when it is no longer this owner's."""
    return (
        connection.execute(
            """update moment.stage_runs
               set status = 'succeeded', lease_owner = null, lease_expires_at = null, output = %s, answer = %s,
                   cost = %s, model = %s, prompt_version = %s, finished_at = clock_timestamp()
               where id = %s and lease_owner = %s""",
            [Jsonb(output), Jsonb(answer), Jsonb(cost), model, prompt_version, stage_run_id, owner],
        ).rowcount
        == 1
    )


def fail(connection: Connection, stage_run_id: UUID, owner: UUID, *, error_code: str, error_detail: str) -> None:
    """Say why it failed and give the lease back, so that a retry need not wait for it to end."""
    connection.execute(
        """update moment.stage_runs
           set status = 'failed', lease_owner = null, lease_expires_at = null, error_code = %s, error_detail = %s,
               finished_at = clock_timestamp()
           where id = %s and lease_owner = %s""",
        [error_code, error_detail[:2000], stage_run_id, owner],
    )


def forget(connection: Connection, run_id: UUID, stages: Sequence[str]) -> int:
    """Make these stages of a run work again the next time they are asked; how many results were forgotten. Leases of
    workers that are still at it end."""
    return connection.execute(
        """update moment.stage_runs
           set status = 'failed', lease_owner = null, lease_expires_at = null, error_code = %s,
               error_detail = 'asked to run again', finished_at = clock_timestamp()
           where run_id = %s and stage = any(%s) and status <> 'failed'""",
        [FORGOTTEN, run_id, list(stages)],
    ).rowcount


def latest_success(connection: Connection, run_id: UUID, stage: str) -> StageRun | None:
    """The newest finished result of a stage in this run, or None."""
    row = connection.execute(
        f"""select {_COLUMNS} from moment.stage_runs where run_id = %s and stage = %s and status = 'succeeded'
            order by finished_at desc limit 1""",
        [run_id, stage],
    ).fetchone()
    return None if row is None else StageRun.model_validate(row)


def output_of(connection: Connection, stage_run_id: UUID) -> dict[str, Any]:
    """The stored output of a succeeded stage run."""
    row = connection.execute("select output from moment.stage_runs where id = %s", [stage_run_id]).fetchone()
    if row is None or row["output"] is None:
        raise LookupError(f"no output of stage run {stage_run_id}")
    output: dict[str, Any] = row["output"]
    return output


def of_run(connection: Connection, run_id: UUID) -> list[StageRun]:
    """Every stage run of a run, in the order they started."""
    rows = connection.execute(
        f"select {_COLUMNS} from moment.stage_runs where run_id = %s order by started_at, stage", [run_id]
    ).fetchall()
    return [StageRun.model_validate(row) for row in rows]
