"""Narrations that are written already: a cook should not hear the same sentence in two videos."""

from uuid import UUID

from shared.database import Connection
from shared.gates.language import sentences
from shared.models.coaching import NarrationScript


def sentences_heard_before(connection: Connection, user_id: UUID, session_id: UUID) -> frozenset[str]:
    """The sentences of this cook's other videos, the pivot left out."""
    rows = connection.execute(
        """select narration_script from moment.sessions
           where user_id = %s and id <> %s and narration_script is not null""",
        [user_id, session_id],
    ).fetchall()
    scripts = [NarrationScript.model_validate(row["narration_script"]) for row in rows]
    return frozenset(
        sentence for script in scripts for part in (script.part1, script.part2) for sentence in sentences(part)
    )
