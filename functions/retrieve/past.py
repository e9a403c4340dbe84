"""Which earlier sessions the coach looks back on."""

from shared.models.analysis import PastSession
from shared.models.learner import LearnerState


def past_sessions(state: LearnerState, dish: str, most: int) -> list[PastSession]:
    """The last `most` sessions: those of this dish first, newest first, then the others, newest first."""
    newest_first = list(reversed(state.session_summaries))
    same = [summary for summary in newest_first if summary.dish == dish]
    other = [summary for summary in newest_first if summary.dish != dish]
    return (same + other)[:most]
