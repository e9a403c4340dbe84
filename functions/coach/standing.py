"""The lesson a session already has. A delivered text is never withdrawn and never changed under the cook."""

from uuid import UUID

from shared.database import Connection
from shared.models.coaching import Coaching


def standing_lesson(connection: Connection, session_id: UUID) -> Coaching | None:
    """What `coach` wrote when the session got its text, by whichever run; None when it has none."""
    row = connection.execute(
        """select stage_runs.output
           from moment.stage_runs
           join moment.runs on runs.id = stage_runs.run_id
           join moment.sessions on sessions.id = runs.session_id
           where sessions.id = %s and sessions.status in ('text_ready', 'completed')
             and stage_runs.stage = 'coach' and stage_runs.status = 'succeeded'
           order by stage_runs.finished_at limit 1""",
        [session_id],
    ).fetchone()
    return None if row is None else Coaching.model_validate(row["output"])
