"""Opening a session: which one is next for a dish, and whether this cook may have it.

The rules are pure functions over what is stored; `open_session` applies them with the user's row locked, so that twenty
requests at once open one session.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.database import Connection, dishes, sessions, users
from shared.models.session import Dish, Session, SessionStatus, User

SESSIONS_PER_DISH = 3
FREE_SESSIONS = 1
GRACE_PERIOD = timedelta(days=7)
"""How long an account that is past due keeps what it had."""
JST = ZoneInfo("Asia/Tokyo")
FREE_DISH = "free-dish"

WITH_TEXT = frozenset({SessionStatus.TEXT_READY, SessionStatus.COMPLETED})


class Refusal(StrEnum):
    """Why a session cannot be opened."""

    UNKNOWN_DISH = "unknown_dish"
    DISH_LOCKED = "dish_locked"
    DISH_FINISHED = "dish_finished"
    """All three sessions of the dish are used."""
    PREVIOUS_UNFINISHED = "previous_unfinished"
    """The session before has no text yet."""
    TRIAL_USED = "trial_used"
    TRIAL_OPEN = "trial_open"
    """A free account may have one session open at a time."""
    DISH_NAME_NEEDED = "dish_name_needed"


class SessionRefused(Exception):
    """A session cannot be opened; `detail` says in English what was expected and what was found."""

    def __init__(self, refusal: Refusal, detail: str, *, open_session: Session | None = None) -> None:
        """`open_session`: the one that stands in the way, when there is one: it can be continued instead."""
        super().__init__(f"{refusal.value}: {detail}")
        self.refusal = refusal
        self.detail = detail
        self.open_session = open_session


def entitled(user: User, now: datetime) -> bool:
    """Whether the subscription counts at this moment: active, cancelled but paid for, or past due within the grace."""
    match user.subscription_status:
        case "active":
            return True
        case "cancelled":
            return user.period_end is not None and now < user.period_end
        case "past_due":
            return user.period_end is not None and now < user.period_end + GRACE_PERIOD
        case _:
            return False


def months_subscribed(started_at: datetime, now: datetime) -> int:
    """Whole months between two moments on the Japanese calendar, ≥ 0."""
    start, today = started_at.astimezone(JST), now.astimezone(JST)
    months = (today.year - start.year) * 12 + today.month - start.month
    whole = (today.day, today.time()) >= (start.day, start.time())
    return max(0, months if whole else months - 1)


def unlocked(user: User, dish: Dish, now: datetime) -> bool:
    """Whether this cook has reached the dish's month; the first month is open to all."""
    if dish.month_unlocked == 1:
        return True
    if not entitled(user, now) or user.subscription_started_at is None:
        return False
    return months_subscribed(user.subscription_started_at, now) >= dish.month_unlocked - 1


def next_session_number(of_dish: list[Session]) -> int:
    """The number the next session of a dish gets.

    Raises:
        SessionRefused: the one before has no text yet, or all three are used.
    """
    for session in of_dish:
        if session.status not in WITH_TEXT:
            raise SessionRefused(
                Refusal.PREVIOUS_UNFINISHED,
                f"session {session.session_number} is {session.status.value}; the next opens when it has its text",
                open_session=session,
            )
    if len(of_dish) >= SESSIONS_PER_DISH:
        raise SessionRefused(Refusal.DISH_FINISHED, f"a dish has {SESSIONS_PER_DISH} sessions, and all are used")
    return len(of_dish) + 1


def check_trial(everything: list[Session]) -> None:
    """Hold a free account to its one session: used up by a delivered text, never by a failure.

    Raises:
        SessionRefused: the trial is used, or another session is open.
    """
    if sum(session.coaching_text_delivered_at is not None or session.status in WITH_TEXT for session in everything) >= (
        FREE_SESSIONS
    ):
        raise SessionRefused(Refusal.TRIAL_USED, f"a free account has {FREE_SESSIONS} session, and it is used")
    for session in everything:
        if session.status is not SessionStatus.FAILED:
            raise SessionRefused(
                Refusal.TRIAL_OPEN, f"session {session.id} is open ({session.status.value})", open_session=session
            )


def open_session(
    connection: Connection,
    user: User,
    dish_slug: str,
    *,
    custom_dish_name: str | None = None,
    now: datetime | None = None,
) -> Session:
    """Open the next session of a dish for a cook.

    Args:
        connection: inside a transaction; the user's row is locked until it ends.
        user: who cooks.
        dish_slug: what is cooked.
        custom_dish_name: the cook's own name of the dish, 1 to 100 characters; needed for, and only for, `free-dish`.
        now: the moment that decides about subscriptions; the present when left out.

    Raises:
        SessionRefused: with the rule that forbids it.
    """
    moment = now or datetime.now(UTC)
    user = users.lock(connection, user.id)
    dish = dishes.find(connection, dish_slug)
    if dish is None:
        known = ", ".join(each.slug for each in dishes.everything(connection))
        raise SessionRefused(Refusal.UNKNOWN_DISH, f"no dish {dish_slug!r}. Expected one of: {known}")
    if (dish.slug == FREE_DISH) != (custom_dish_name is not None):
        raise SessionRefused(Refusal.DISH_NAME_NEEDED, f"a name for the dish is expected exactly for {FREE_DISH}")
    if not unlocked(user, dish, moment):
        raise SessionRefused(Refusal.DISH_LOCKED, f"{dish.slug} opens in month {dish.month_unlocked} of a subscription")
    of_dish = sessions.of_user(connection, user.id, dish_id=dish.id)
    number = next_session_number(of_dish)
    if not entitled(user, moment):
        check_trial(sessions.of_user(connection, user.id))
    connection.execute(
        """insert into moment.user_dish_progress (user_id, dish_id, status, started_at)
           values (%s, %s, 'in_progress', now()) on conflict (user_id, dish_id) do nothing""",
        [user.id, dish.id],
    )
    return sessions.insert(
        connection, user_id=user.id, dish_id=dish.id, session_number=number, custom_dish_name=custom_dish_name
    )
