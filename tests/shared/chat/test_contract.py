"""What every chat store must do, tried on each implementation."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from pydantic import ValidationError

from shared.chat import Chat
from shared.chat.postgres import CHANNEL, PostgresChat
from shared.database import Database
from shared.models.chat import LiveView, Message, MessageMetadata, Notification

SESSION = uuid4()


@pytest.fixture(params=["postgres"])
def chat(request: pytest.FixtureRequest, database: Database) -> Chat:
    makers: dict[str, Callable[[], Chat]] = {"postgres": lambda: PostgresChat(database)}
    return makers[request.param]()


def lesson(message_id: str = "run-text", text: str = "レッスンです。") -> Message:
    """A message with a text."""
    metadata = MessageMetadata(type="coaching_ready", prompt_version="rules-1")
    return Message(id=message_id, sender="ai", text=text, session_id=SESSION, metadata=metadata)


def test_a_message_comes_back_as_it_went_in(chat: Chat) -> None:
    chat.create_message("cook", "coaching", lesson())
    (found,) = chat.messages("cook", "coaching")
    assert found.model_copy(update={"created_at": None}) == lesson()
    assert found.created_at is not None
    assert abs((datetime.now(UTC) - found.created_at).total_seconds()) < 60


def test_an_id_is_posted_once_and_the_first_text_stays(chat: Chat) -> None:
    assert chat.create_message("cook", "coaching", lesson()) is True
    assert chat.create_message("cook", "coaching", lesson(text="もう一度")) is False
    assert [message.text for message in chat.messages("cook", "coaching")] == ["レッスンです。"]


def test_twenty_writers_of_one_id_post_once(chat: Chat) -> None:
    posted: list[bool] = []
    threads = [
        threading.Thread(target=lambda: posted.append(chat.create_message("cook", "coaching", lesson())))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(posted) == [False] * 19 + [True]


def test_rooms_and_cooks_do_not_see_each_other(chat: Chat) -> None:
    chat.create_message("cook", "coaching", lesson())
    assert chat.messages("cook", "cooking_videos") == []
    assert chat.messages("another", "coaching") == []
    assert chat.create_message("another", "coaching", lesson()) is True


def test_messages_come_newest_first_a_page_at_a_time(chat: Chat) -> None:
    for number in range(5):
        chat.create_message("cook", "coaching", lesson(f"m{number}"))
    newest = chat.messages("cook", "coaching", limit=2)
    older = chat.messages("cook", "coaching", before=newest[-1].created_at, limit=10)
    assert [message.id for message in [*newest, *older]] == ["m4", "m3", "m2", "m1", "m0"]


def test_a_live_view_is_replaced_whole(chat: Chat) -> None:
    assert chat.live_view("cook", SESSION) is None
    chat.set_live_view("cook", SESSION, LiveView(status="processing", stage="prepare", percent=10, eta_seconds=60))
    chat.set_live_view("cook", SESSION, LiveView(status="failed", percent=0, failure="too_short"))
    assert chat.live_view("cook", SESSION) == LiveView(status="failed", percent=0, failure="too_short")


def test_a_notification_is_made_once(chat: Chat) -> None:
    notification = Notification(
        id=f"{SESSION}-text_ready", event="text_ready", title="題", body="文", session_id=SESSION
    )
    assert chat.create_notification("cook", notification) is True
    assert chat.create_notification("cook", notification) is False
    assert chat.notifications("cook") == [notification]


@pytest.mark.parametrize("body", [{}, {"text": "a", "video_path": "b"}])
def test_a_message_has_exactly_one_body(body: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="exactly one of text and video_path"):
        Message.model_validate(
            {"id": "m", "sender": "ai", "session_id": SESSION, "metadata": {"type": "notice"}, **body}
        )


def test_postgres_announces_what_changes(database: Database, database_url: str) -> None:
    chat = PostgresChat(database)
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute(f"listen {CHANNEL}".encode())
        chat.create_message("cook", "coaching", lesson())
        chat.create_message("cook", "coaching", lesson())
        chat.set_live_view("cook", SESSION, LiveView(status="processing", percent=10))
        announced = [json.loads(each.payload) for each in listener.notifies(timeout=5, stop_after=2)]
        assert list(listener.notifies(timeout=0.2)) == []
    assert [each["kind"] for each in announced] == ["message", "session"]
    assert announced[0]["id"] == "run-text"
    assert announced[1]["view"]["percent"] == 10
