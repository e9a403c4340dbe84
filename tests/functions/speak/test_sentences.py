"""Cutting a script into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.speak.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("鍋を温めましょう。次に卵です！", ["鍋を温めましょう。", "次に卵です！"]),
        ("「もう少し。」と思ったら、待ちます。", ["「もう少し。」と思ったら、待ちます。"]),
        ("『「今だ。」と声に出す。』くらいで。次。", ["『「今だ。」と声に出す。』くらいで。", "次。"]),
        ("本当ですか！？はい。", ["本当ですか！？", "はい。"]),
        ("「閉じない。次です。", ["「閉じない。", "次です。"]),
        ("終わりに句点がない", ["終わりに句点がない"]),
        ("おいしい。🍳。次。", ["おいしい。🍳。", "次。"]),
        ("行が\n分かれて　います。", ["行が 分かれて います。"]),
        ("。！", []),
        ("", []),
    ],
)
def test_script_is_cut_at_its_sentence_ends(text: str, expected: list[str]) -> None:
    assert split_sentences(text) == expected


@given(st.text(alphabet="あ漢。！？「」『』、 \n1a", max_size=60))
def test_nothing_that_can_be_spoken_is_lost(text: str) -> None:
    def spoken(piece: str) -> str:
        return "".join(character for character in piece if character.isalnum())

    assert "".join(map(spoken, split_sentences(text))) == spoken(text)


@given(st.text(alphabet="あ漢。！？「」『』、", max_size=60))
def test_every_sentence_can_be_spoken(text: str) -> None:
    assert all(any(character.isalnum() for character in sentence) for sentence in split_sentences(text))
