"""Lessons that are written already: the one this session has, and the sentences this cook has read before.

A delivered text is never withdrawn and never changed under the cook; and nobody should read the same sentence twice.
"""

from uuid import UUID

from shared.database import Connection
from shared.gates.language import sentences
from shared.models.coaching import Coaching, CoachingText


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


def sentences_read_before(connection: Connection, user_id: UUID, session_id: UUID) -> frozenset[str]:
    """The sentences of every other lesson of this cook, answers left out."""
    rows = connection.execute(
        """select coaching_text from moment.sessions
           where user_id = %s and id <> %s and coaching_text is not null""",
        [user_id, session_id],
    ).fetchall()
    texts = [CoachingText.model_validate(row["coaching_text"]) for row in rows]
    return frozenset(sentence for text in texts for sentence in sentences_of(text))


def sentences_of(text: CoachingText) -> list[str]:
    """The sentences of a lesson, answers left out."""
    parts = [text.praise, text.mondaiten, text.skill, text.next_action, text.success_sign]
    return [sentence for part in parts for sentence in sentences(part)]
