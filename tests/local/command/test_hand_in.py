"""What a cook hands in is checked before anything is started."""

from pathlib import Path

import pytest

from local.command import exits
from local.command.lesson.hand_in import check_dish, check_name, read_memo, session_refused
from local.command.texts import Stopped
from shared.opening import Refusal


@pytest.mark.parametrize("name", ["", "  ", "あ" * 101, "二\n行", "\x00", "\udc80"])
def test_a_dish_name_that_cannot_be_stored_or_shown_is_refused(name: str) -> None:
    with pytest.raises(Stopped) as stopped:
        check_dish("free-dish", name)
    assert stopped.value.exit_code == exits.USAGE
    assert "A dish's name of 1 to 100 characters" in stopped.value.said.en


def test_the_longest_dish_name_is_accepted() -> None:
    check_dish("free-dish", "あ" * 100)


@pytest.mark.parametrize("text", ["火が\x00強い", "\x1b[2J", "\udc80"])
def test_a_memo_with_control_characters_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Stopped, match="UTF-8 text"):
        read_memo(None, text)
    if text.isascii() or "\x00" in text:
        (tmp_path / "memo.txt").write_text(text, encoding="utf-8")
        with pytest.raises(Stopped, match="UTF-8 text"):
            read_memo(tmp_path / "memo.txt", None)


def test_a_memo_keeps_its_lines_and_its_emoji() -> None:
    assert read_memo(None, "うれしい👩\u200d🍳") == (None, "うれしい👩\u200d🍳")
    assert read_memo(None, "焦げました。\r\n\t次は？\u3000\n") == (None, "焦げました。\r\n\t次は？")


def test_names_lose_the_blanks_around_them() -> None:
    assert check_name(" 花子 ") == "花子"


def test_a_refusal_reads_as_sentences() -> None:
    said = session_refused(Refusal.DISH_FINISHED, "a dish has 3 sessions, and all are used").said
    assert said.en == (
        "All three sessions of this dish are done. Go on to another dish. A dish has 3 sessions, and all are used"
    )
