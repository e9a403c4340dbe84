from uuid import UUID, uuid4

from functions.retrieve.past import past_sessions
from shared.models.analysis import PastSession
from shared.models.learner import LearnerState

NOW = uuid4()


def summary(dish: str, number: int, session_id: UUID | None = None) -> PastSession:
    return PastSession(
        session_id=session_id or uuid4(),
        dish=dish,
        session_number=number,
        key_issue="no_issue",
        key_progress="よい音です。",
    )


def looked_back_on(*summaries: PastSession, most: int = 5) -> list[tuple[str, int]]:
    """Dish and number of the sessions a steak cook looks back on."""
    found = past_sessions(LearnerState(session_summaries=list(summaries)), "beef-steak", most, now=NOW)
    return [(past.dish, past.session_number) for past in found]


def test_a_new_cook_has_nothing_to_look_back_on() -> None:
    assert looked_back_on() == []


def test_the_same_dish_comes_first_and_the_newest_first_within_it() -> None:
    assert looked_back_on(
        summary("beef-steak", 1), summary("pomodoro", 1), summary("beef-steak", 2), summary("pomodoro", 2)
    ) == [("beef-steak", 2), ("beef-steak", 1), ("pomodoro", 2), ("pomodoro", 1)]


def test_no_more_than_asked_for_come_back() -> None:
    summaries = [summary("pomodoro", number) for number in (1, 2, 3)]
    assert looked_back_on(summary("beef-steak", 1), *summaries, most=2) == [("beef-steak", 1), ("pomodoro", 3)]
    assert looked_back_on(*summaries, most=0) == []


def test_the_session_at_hand_is_not_its_own_past() -> None:
    assert looked_back_on(summary("beef-steak", 1), summary("beef-steak", 2, NOW)) == [("beef-steak", 1)]
