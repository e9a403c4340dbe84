"""The status of a session, run ids, and the rules of opening one."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.session import (
    LEGAL_MOVES,
    Dish,
    IllegalMove,
    Session,
    SessionStatus,
    User,
    check_move,
    run_id_of,
)
from shared.opening import (
    Refusal,
    SessionRefused,
    check_trial,
    entitled,
    months_subscribed,
    next_session_number,
    unlocked,
)
from shared.upload_names import parse_upload_name, upload_name

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def session(number: int = 1, status: SessionStatus = SessionStatus.COMPLETED, *, delivered: bool = False) -> Session:
    """A stored session."""
    return Session(
        id=uuid4(),
        user_id=uuid4(),
        dish_id=uuid4(),
        session_number=number,
        custom_dish_name=None,
        raw_video_path=None,
        voice_memo_path=None,
        typed_memo=None,
        self_ratings=None,
        status=status,
        failure_code=None,
        coaching_text_delivered_at=NOW if delivered else None,
        current_run=None,
        created_at=NOW,
    )


def user(status: str = "free", *, started: datetime | None = None, period_end: datetime | None = None) -> User:
    """A cook with this subscription."""
    return User.model_validate(
        {
            "id": uuid4(),
            "firebase_uid": "uid",
            "email": None,
            "first_name": "花子",
            "name_reading": None,
            "subscription_status": status,
            "subscription_started_at": started,
            "period_end": period_end,
            "learner_profile": {},
            "notification_prefs": {},
        }
    )


def dish(month: int) -> Dish:
    """A dish of this month."""
    return Dish(
        id=uuid4(),
        slug="karaage",
        name_ja="唐揚げ",
        name_en="Karaage",
        description_ja="",
        principles=[],
        transferable_to=[],
        month_unlocked=month,
        position=1,
    )


def test_exactly_eight_moves_are_legal() -> None:
    legal = 0
    for current, to in product(SessionStatus, SessionStatus):
        if current is to:
            continue
        try:
            check_move(current, to)
        except IllegalMove as error:
            assert error.current is current  # noqa: PT017  # the other outcome counts too
        else:
            legal += 1
    assert legal == 8 == len(LEGAL_MOVES)


def test_an_illegal_move_says_what_was_legal() -> None:
    with pytest.raises(IllegalMove, match=r"completed cannot become processing\. Expected: no further move"):
        check_move(SessionStatus.COMPLETED, SessionStatus.PROCESSING)
    with pytest.raises(IllegalMove, match="Expected: failed, processing"):
        check_move(SessionStatus.UPLOADED, SessionStatus.TEXT_READY)


def test_a_run_is_named_by_bucket_object_and_generation() -> None:
    first = run_id_of("uploads", "a/b.mp4", "17")
    assert first == run_id_of("uploads", "a/b.mp4", "17")
    assert len({first, run_id_of("uploads", "a/b.mp4", "18"), run_id_of("other", "a/b.mp4", "17")}) == 3


def test_upload_names_are_read_back() -> None:
    user_id, session_id = uuid4(), uuid4()
    name = upload_name(user_id, session_id, "video", "mov")
    parsed = parse_upload_name(name)
    assert parsed is not None
    assert (parsed.user_id, parsed.session_id, parsed.kind) == (user_id, session_id, "video")


def test_two_uploads_of_a_session_get_two_names() -> None:
    user_id, session_id = uuid4(), uuid4()
    assert upload_name(user_id, session_id, "memo", "m4a") != upload_name(user_id, session_id, "memo", "m4a")


@given(st.text(max_size=200))
def test_foreign_names_are_nobodys(name: str) -> None:
    assert parse_upload_name(name) is None


def test_an_extension_that_is_not_accepted_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected to be one of mp4, mov, webm, mkv, 3gp\. Found: 'txt'"):
        upload_name(uuid4(), uuid4(), "video", "txt")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_next_number_follows_sessions_with_text(count: int) -> None:
    assert next_session_number([session(n + 1, SessionStatus.TEXT_READY) for n in range(count)]) == count + 1


def test_a_fourth_session_is_refused() -> None:
    with pytest.raises(SessionRefused) as refused:
        next_session_number([session(n) for n in (1, 2, 3)])
    assert refused.value.refusal is Refusal.DISH_FINISHED


@pytest.mark.parametrize("status", sorted(set(SessionStatus) - {SessionStatus.TEXT_READY, SessionStatus.COMPLETED}))
def test_the_next_session_waits_for_the_text_of_the_one_before(status: SessionStatus) -> None:
    open_one = session(1, status)
    with pytest.raises(SessionRefused) as refused:
        next_session_number([open_one])
    assert refused.value.refusal is Refusal.PREVIOUS_UNFINISHED
    assert refused.value.open_session == open_one


def test_a_delivered_text_uses_up_the_trial() -> None:
    with pytest.raises(SessionRefused) as refused:
        check_trial([session(1, SessionStatus.TEXT_READY, delivered=True)])
    assert refused.value.refusal is Refusal.TRIAL_USED


def test_a_failed_session_does_not_use_up_the_trial() -> None:
    check_trial([session(1, SessionStatus.FAILED)])


def test_a_free_account_has_one_session_open_at_a_time() -> None:
    with pytest.raises(SessionRefused) as refused:
        check_trial([session(1, SessionStatus.PENDING_UPLOAD)])
    assert refused.value.refusal is Refusal.TRIAL_OPEN


@pytest.mark.parametrize(
    ("status", "period_end", "expected"),
    [
        ("free", None, False),
        ("active", None, True),
        ("cancelled", NOW + timedelta(seconds=1), True),
        ("cancelled", NOW, False),
        ("past_due", NOW - timedelta(days=6, hours=23), True),
        ("past_due", NOW - timedelta(days=7), False),
    ],
)
def test_a_subscription_counts_while_it_is_paid_for_or_in_grace(
    status: str, period_end: datetime | None, expected: bool
) -> None:
    assert entitled(user(status, period_end=period_end), NOW) is expected


@pytest.mark.parametrize(
    ("started", "now", "months"),
    [
        (datetime(2026, 1, 31, 0, 0, tzinfo=UTC), datetime(2026, 2, 28, 0, 0, tzinfo=UTC), 0),
        (datetime(2026, 1, 31, 0, 0, tzinfo=UTC), datetime(2026, 3, 31, 0, 0, tzinfo=UTC), 2),
        # 15:30 UTC is the next day in Japan
        (datetime(2026, 1, 9, 15, 30, tzinfo=UTC), datetime(2026, 2, 9, 15, 29, tzinfo=UTC), 0),
        (datetime(2026, 1, 9, 15, 30, tzinfo=UTC), datetime(2026, 2, 9, 15, 30, tzinfo=UTC), 1),
        (datetime(2025, 12, 1, 0, 0, tzinfo=UTC), datetime(2026, 12, 1, 0, 0, tzinfo=UTC), 12),
    ],
)
def test_months_are_whole_months_of_the_japanese_calendar(started: datetime, now: datetime, months: int) -> None:
    assert months_subscribed(started, now) == months


def test_the_first_month_is_open_to_all_and_later_ones_to_those_who_reached_them() -> None:
    two_months_ago = NOW - timedelta(days=62)
    assert unlocked(user(), dish(1), NOW)
    assert not unlocked(user(), dish(2), NOW)
    assert unlocked(user("active", started=two_months_ago), dish(3), NOW)
    assert not unlocked(user("active", started=two_months_ago), dish(4), NOW)
