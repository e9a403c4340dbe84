"""Runs that an earlier process left in the middle: their workflow is gone, so they are ended, and nothing is lost.

A session without a text becomes `failed` and may be uploaded again; one that has its text keeps it.
"""

import structlog

from shared.database import Connection, runs, sessions
from shared.models.session import FailureCode, RunStatus, SessionStatus

log = structlog.get_logger()

REASON = "the process that drove this run ended before the run did"


def end_abandoned_runs(connection: Connection) -> int:
    """End every run that is still marked as started; how many there were."""
    abandoned = runs.unfinished(connection)
    for run in abandoned:
        session = sessions.lock(connection, run.session_id)
        if session.current_run == run.id:
            if session.status in (SessionStatus.UPLOADED, SessionStatus.PROCESSING):
                sessions.move(connection, session, SessionStatus.FAILED, failure=FailureCode.INTERNAL)
            elif session.status is SessionStatus.TEXT_READY:
                sessions.save(connection, session.id, failure_code=FailureCode.RENDER_FAILED.value)
        runs.finish(connection, run.id, RunStatus.FAILED, REASON)
        log.warning("abandoned run ended", run_id=str(run.id), session_id=str(run.session_id))
    return len(abandoned)
