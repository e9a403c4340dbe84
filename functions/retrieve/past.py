"""Which earlier sessions the coach looks back on."""

from uuid import UUID

from shared.models.analysis import PastSession
from shared.models.learner import LearnerState


def past_sessions(state: LearnerState, dish: str, most: int, *, now: UUID) -> list[PastSession]:
    """The last `most` sessions before `now`: those of this dish first, newest first, then the others, newest first.

    `now` is the session at hand: when it is run again it stands among the counted ones, but is no past to look back on.
    """
    newest_first = [summary for summary in reversed(state.session_summaries) if summary.session_id != now]
    same = [summary for summary in newest_first if summary.dish == dish]
    other = [summary for summary in newest_first if summary.dish != dish]
    return (same + other)[:most]
