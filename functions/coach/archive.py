"""Lessons that are written already: the one this session has, and the sentences that are in use.

A delivered text is never withdrawn and never changed under the cook. Nobody should read the same sentence twice, and
two cooks who compare their lessons should not find one.
"""

from uuid import UUID

from shared.database import Connection
from shared.gates.language import sentences
from shared.models.coaching import Coaching, CoachingText

NEWEST_LESSONS = 100


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


def sentences_in_use(connection: Connection, user_id: UUID, session_id: UUID) -> frozenset[str]:
    """The sentences of every other lesson of this cook and of the newest lessons of anybody, answers left out."""
    rows = connection.execute(
        """(select coaching_text from moment.sessions
            where user_id = %(user)s and id <> %(session)s and coaching_text is not null)
           union all
           (select coaching_text from moment.sessions
            where user_id <> %(user)s and coaching_text is not null
            order by coaching_text_delivered_at desc limit %(newest)s)""",
        {"user": user_id, "session": session_id, "newest": NEWEST_LESSONS},
    ).fetchall()
    texts = [CoachingText.model_validate(row["coaching_text"]) for row in rows]
    return frozenset(sentence for text in texts for sentence in sentences_of(text))


def sentences_of(text: CoachingText) -> list[str]:
    """The sentences of a lesson, answers left out."""
    parts = [text.praise, text.mondaiten, text.skill, text.next_action, text.success_sign]
    return [sentence for part in parts for sentence in sentences(part)]
