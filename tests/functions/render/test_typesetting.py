"""Lines of Japanese text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.fonts import bold, medium
from functions.render.typesetting.breaks import NO_LINE_END, NO_LINE_START
from functions.render.typesetting.lines import break_lines, printable, shorten

SENTENCES = [
    "鍋からうっすら煙が上がるまで待ってから、溶き卵を一気に流し入れてみましょう。",
    "「もう少し」と思ったところで、ぐっとこらえてください。",
    "白い煙が立ちのぼりはじめたその瞬間に、卵を入れます。",
]


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("width_em", [8, 12, 16, 24])
def test_lines_are_the_text_and_fit(text: str, width_em: int) -> None:
    lines = break_lines(text, bold(), width_em=width_em, at_most=9)
    assert lines is not None
    assert "".join(lines) == text
    assert all(bold().width(line) <= width_em for line in lines)


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("width_em", [7, 10, 13])
def test_no_line_begins_or_ends_with_what_must_not(text: str, width_em: int) -> None:
    lines = break_lines(text, bold(), width_em=width_em, at_most=9)
    assert lines is not None
    assert all(line[0] not in NO_LINE_START for line in lines[1:])
    assert all(line[-1] not in NO_LINE_END for line in lines[:-1])


def test_break_comes_after_a_comma_rather_than_within_a_word() -> None:
    assert break_lines(SENTENCES[0], bold(), width_em=22, at_most=2) == [
        "鍋からうっすら煙が上がるまで待ってから、",
        "溶き卵を一気に流し入れてみましょう。",
    ]


def test_words_in_latin_letters_stay_whole() -> None:
    lines = break_lines("フライパンはteflon加工です", bold(), width_em=9, at_most=3)
    assert lines is not None
    assert any("teflon" in line for line in lines)


def test_text_that_does_not_fit_is_not_broken() -> None:
    assert break_lines("あ" * 33, bold(), width_em=16, at_most=2) is None


def test_shortening_ends_after_a_sentence() -> None:
    assert shorten("短い文です。" + "長い" * 40 + "。", bold(), width_em=16, at_most=2) == ["短い文です。"]


def test_shortening_a_single_sentence_ends_with_an_ellipsis() -> None:
    lines = shorten("あいうえお" * 20, bold(), width_em=10, at_most=2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("たけし\n  さん", "たけし さん"),
        ("🍳たけし👨‍👩‍👧さん", "たけしさん"),
        ("野菜～炒め", "野菜〜炒め"),
        ("𠮷野家", "〓野家"),
        ("a\u202eb\x00c", "abc"),
        ("", ""),
    ],
)
def test_printable_text_has_only_what_the_font_has(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text(max_size=40))
def test_any_text_becomes_printable_in_both_faces(text: str) -> None:
    for font in (bold(), medium()):
        assert all(character in font for character in printable(text, font))


@given(st.text(alphabet="あいう漢字カー、。「」（）っゃA1 ", min_size=1, max_size=70), st.integers(4, 18))
def test_whatever_is_broken_is_whole_again_when_joined(text: str, width_em: int) -> None:
    shown = printable(text)
    lines = break_lines(shown, bold(), width_em=width_em, at_most=6)
    if lines is not None:
        assert "".join(lines).replace(" ", "") == shown.replace(" ", "")


def test_widths_are_those_of_the_font() -> None:
    assert bold().width("漢字かなカナ、。") == 8
    assert 0.2 < bold().width("i") < bold().width("M") < 1.0


def test_what_means_something_to_the_overlay_is_replaced_before_it_is_measured() -> None:
    assert printable("肉じゃが{\\b1}") == "肉じゃが（＼b1）"
