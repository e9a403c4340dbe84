"""Running a session again from one of its stages.

The run keeps its id: what earlier stages found is answered from memory, messages that were posted stay as they are, and
whatever is new gets the names it would have had. Only what is not finished can run again: a failed session from any of
its stages, one that has its text from the stages that make the video (a delivered text is never withdrawn).
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.database import Connection, runs, sessions, stage_runs
from shared.models.session import Run, RunStatus, Session, SessionStatus
from shared.progress import SPANS
from shared.run_start import start_once
from shared.wiring import Services

STAGES = (*SPANS, "deliver")
"""In the order of the workflow."""
TEXT_STAGES = STAGES[: STAGES.index("narrate")]
"""What the text is made of."""

Treatment = Literal["memory", "again", "new"]


class RerunRefused(Exception):
    """The session cannot run again from there; says what was expected and what was found."""


@dataclass(frozen=True)
class Rerun:
    """What a re-run would do."""

    session: Session
    run: Run
    stages: dict[str, Treatment]
    """`memory`: answered with what was found before, as long as the workflow asks the same; `again`: forgotten and done
    anew; `new`: there is nothing to remember."""


def plan_rerun(connection: Connection, session_id: UUID, from_stage: str) -> Rerun:
    """What running the session again from a stage would do; changes nothing, locks the session.

    Raises:
        LookupError: there is no such session.
        RerunRefused: it cannot run again from there.
    """
    if from_stage not in STAGES:
        raise RerunRefused(f"one of {', '.join(STAGES)} is expected. Found: {from_stage}")
    session = sessions.lock(connection, session_id)
    if session.current_run is None:
        raise RerunRefused(f"an uploaded video is expected. Found: session {session_id} is {session.status.value}")
    run = runs.get(connection, session.current_run)
    if run.status is RunStatus.STARTED:
        raise RerunRefused(f"a run that has ended is expected. Found: run {run.id} is still under way")
    if session.status not in (SessionStatus.FAILED, SessionStatus.TEXT_READY):
        raise RerunRefused(f"a session that failed or lacks its video is expected. Found: it is {session.status.value}")
    if session.status is SessionStatus.TEXT_READY and from_stage in TEXT_STAGES:
        later = ", ".join(stage for stage in STAGES if stage not in TEXT_STAGES)
        raise RerunRefused(f"the text is delivered and stays, so one of {later} is expected. Found: {from_stage}")
    done = {each.stage for each in stage_runs.of_run(connection, run.id) if each.status == "succeeded"}
    again = set(_again(from_stage))
    stages: dict[str, Treatment] = {
        stage: "new" if stage not in done else "again" if stage in again else "memory" for stage in STAGES
    }
    return Rerun(session, run, stages)


def rerun(services: Services, session_id: UUID, from_stage: str) -> Rerun:
    """Run the session again from a stage: forget what it and later stages found, and start the workflow.

    Raises:
        LookupError, RerunRefused: as `plan_rerun`.
        google.api_core.exceptions.GoogleAPICallError: the workflow could not be started; the sweeper ends the run.
    """
    with services.database.transaction() as connection:
        plan = plan_rerun(connection, session_id, from_stage)
        stage_runs.forget(connection, plan.run.id, _again(from_stage))
        runs.reopen(connection, plan.run.id)
        if plan.session.status is SessionStatus.FAILED:
            sessions.move(connection, plan.session, SessionStatus.PROCESSING)
        else:
            sessions.save(connection, session_id, failure_code=None)
    start_once(plan.run.id, session_id, services)
    return plan


def _again(from_stage: str) -> list[str]:
    """Deliveries are always made again: they find their messages, and a failure note must not hide a second failure."""
    return list(STAGES[STAGES.index(from_stage) :])
