"""Table `moment.learner_states`: one row per user."""

from uuid import UUID

from psycopg.types.json import Jsonb

from shared.database.connection import Connection
from shared.models.learner import LearnerState

_COLUMNS = """skills_acquired, skills_developing, recurring_mistakes, learning_velocity, session_summaries, next_focus,
    ready_for_next_dish"""


def get(connection: Connection, user_id: UUID) -> LearnerState:
    """What the coach remembers of this user; the empty state for one it has not met."""
    row = connection.execute(f"select {_COLUMNS} from moment.learner_states where user_id = %s", [user_id]).fetchone()
    return LearnerState() if row is None else LearnerState.model_validate(row)


def lock(connection: Connection, user_id: UUID) -> LearnerState:
    """The state, created if need be, locked until the transaction ends: two sessions count one after another."""
    connection.execute("insert into moment.learner_states (user_id) values (%s) on conflict do nothing", [user_id])
    row = connection.execute(
        f"select {_COLUMNS} from moment.learner_states where user_id = %s for update", [user_id]
    ).fetchone()
    return LearnerState() if row is None else LearnerState.model_validate(row)


def save(connection: Connection, user_id: UUID, state: LearnerState) -> None:
    """Replace the state of this user (call `lock` first in the same transaction)."""
    connection.execute(
        """update moment.learner_states
           set skills_acquired = %(skills_acquired)s, skills_developing = %(skills_developing)s,
               recurring_mistakes = %(recurring_mistakes)s, learning_velocity = %(learning_velocity)s,
               session_summaries = %(session_summaries)s, next_focus = %(next_focus)s,
               ready_for_next_dish = %(ready_for_next_dish)s
           where user_id = %(user_id)s""",
        {
            "user_id": user_id,
            "skills_acquired": state.skills_acquired,
            "skills_developing": state.skills_developing,
            "recurring_mistakes": Jsonb([mistake.model_dump(mode="json") for mistake in state.recurring_mistakes]),
            "learning_velocity": state.learning_velocity,
            "session_summaries": Jsonb([summary.model_dump(mode="json") for summary in state.session_summaries]),
            "next_focus": state.next_focus,
            "ready_for_next_dish": state.ready_for_next_dish,
        },
    )
