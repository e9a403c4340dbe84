"""Starting the workflow of a run: one execution per run, however many ask at once."""

from uuid import UUID

from shared.database import runs
from shared.models.session import RunStatus
from shared.wiring import Services


def start_once(run_id: UUID, session_id: UUID, services: Services) -> bool:
    """Start the run's execution unless one is recorded; False when one is, or the run has ended.

    The run's row is held meanwhile, so that two at once start one. A crash between starting the execution and storing
    its name starts a second one, whose stages find the work of the first.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: the service refused or could not be reached.
    """
    with services.database.transaction() as connection:
        run = runs.insert_or_lock(connection, run_id, session_id)
        if run.execution_name is not None or run.status is not RunStatus.STARTED:
            return False
        execution = services.executions.start(
            services.settings.coaching_workflow, {"run_id": str(run_id), "session_id": str(session_id)}
        )
        runs.record_execution(connection, run_id, execution.name, execution.revision)
        return True
