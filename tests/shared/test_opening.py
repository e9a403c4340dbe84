"""Opening sessions against the real database."""

import threading
from uuid import UUID

import pytest

from shared.database import Database, sessions
from shared.models.session import FailureCode, Session, SessionStatus, User
from shared.opening import Refusal, SessionRefused, open_session
from tests.shared.builders import add_dish, add_user


@pytest.fixture
def cook(database: Database) -> User:
    with database.transaction() as connection:
        add_dish(connection)
        add_dish(connection, "free-dish")
        return add_user(connection)


def opened(database: Database, cook: User, dish: str = "fried-rice", **options: str) -> Session:
    """The session that opens."""
    with database.transaction() as connection:
        return open_session(connection, cook, dish, **options)  # type: ignore[arg-type]  # options are strings


def finish(database: Database, session_id: UUID, *steps: SessionStatus) -> None:
    """Take a session through these states."""
    with database.transaction() as connection:
        sessions.save(connection, session_id, raw_video_path="v.mp4", coaching_text={"praise": "…"})
        for step in steps:
            failure = FailureCode.INTERNAL if step is SessionStatus.FAILED else None
            sessions.move(connection, sessions.get(connection, session_id), step, failure=failure)


WITH_TEXT = (SessionStatus.UPLOADED, SessionStatus.PROCESSING, SessionStatus.TEXT_READY)


def test_twenty_requests_at_once_of_a_free_cook_open_one_session(database: Database, cook: User) -> None:
    outcomes: list[str] = []

    def ask() -> None:
        try:
            opened(database, cook)
            outcomes.append("opened")
        except SessionRefused as refused:
            outcomes.append(refused.refusal.value)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("opened") == 1
    assert set(outcomes) == {"opened", "previous_unfinished"}


def test_a_free_cook_gets_no_second_session(database: Database, cook: User) -> None:
    finish(database, opened(database, cook).id, *WITH_TEXT)
    with pytest.raises(SessionRefused) as refused:
        opened(database, cook)
    assert refused.value.refusal is Refusal.TRIAL_USED


def test_a_free_cook_may_not_open_two_dishes_at_once(database: Database, cook: User) -> None:
    opened(database, cook)
    with pytest.raises(SessionRefused) as refused:
        opened(database, cook, "free-dish", custom_dish_name="夜のまかない")
    assert refused.value.refusal is Refusal.TRIAL_OPEN


def test_a_failed_session_leaves_the_trial(database: Database, cook: User) -> None:
    finish(database, opened(database, cook).id, SessionStatus.UPLOADED, SessionStatus.FAILED)
    again = opened(database, cook, "free-dish", custom_dish_name="夜のまかない")
    assert again.session_number == 1


def test_a_subscriber_cooks_a_dish_three_times(database: Database) -> None:
    with database.transaction() as connection:
        add_dish(connection)
        subscriber = add_user(connection, "subscriber", subscription_status="active")
    numbers = []
    for _ in range(3):
        session = opened(database, subscriber)
        numbers.append(session.session_number)
        finish(database, session.id, *WITH_TEXT)
    assert numbers == [1, 2, 3]
    with pytest.raises(SessionRefused) as refused:
        opened(database, subscriber)
    assert refused.value.refusal is Refusal.DISH_FINISHED


def test_an_unknown_dish_is_answered_with_the_known_ones(database: Database, cook: User) -> None:
    with pytest.raises(SessionRefused, match=r"no dish 'ramen'\. Expected one of: fried-rice, free-dish"):
        opened(database, cook, "ramen")


def test_a_free_dish_needs_a_name_and_only_a_free_dish(database: Database, cook: User) -> None:
    for dish, options in (("free-dish", {}), ("fried-rice", {"custom_dish_name": "わたしの炒飯"})):
        with pytest.raises(SessionRefused) as refused:
            opened(database, cook, dish, **options)
        assert refused.value.refusal is Refusal.DISH_NAME_NEEDED
