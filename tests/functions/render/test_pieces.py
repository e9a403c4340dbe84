"""Sentences cut into captions, judged on what the narrator really writes, with Open JTalk's dictionary as the judge."""

from itertools import accumulate, pairwise

import pyopenjtalk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.narrate.rules import write_parts
from functions.render.fonts import bold
from functions.render.typesetting.breaks import NO_LINE_END, NO_LINE_START, WITHIN_PHRASE, break_prices, phrase_starts
from functions.render.typesetting.lines import printable
from functions.render.typesetting.pieces import Piece, cut_sentence
from functions.speak.sentences import split_sentences
from knowledge_base.catalogue import load_catalogue
from tests.shared.lesson.builders import make_analysis, make_lesson

LESSONS = 60
LEANING_PARTS = ("助詞", "助動詞")
UNSURE_SHARE = 0.005
"""Share of line ends on which BudouX and Open JTalk may differ: new narrations bring new words (`words.yaml`)."""


@pytest.fixture(scope="module")
def narrated() -> dict[str, list[Piece]]:
    """Some hundred sentences of narrations of all dishes, and their captions."""
    catalogue = load_catalogue()
    dishes = sorted(catalogue.dishes)
    found: set[str] = set()
    for number in range(LESSONS):
        dish = dishes[number % len(dishes)]
        codes = [mistake.code for mistake in catalogue.mistakes_for(dish)]
        analysis = make_analysis(codes[number % len(codes)], moment_s=3.0 * number)
        lesson = make_lesson(analysis, seed=f"cut/{number}", dish=dish, film_s=200.0, number=1 + number % 3)
        for part in write_parts(lesson, 0, [], {}):
            found.update(map(printable, split_sentences(part)))
    assert len(found) >= 300
    return {text: cut_sentence(text) for text in sorted(found)}


def lines_of(pieces: list[Piece]) -> list[str]:
    return [line for piece in pieces for line in piece.lines]


def inner_line_ends(pieces: list[Piece]) -> list[int]:
    """Positions behind each line but the last."""
    return list(accumulate(map(len, lines_of(pieces)[:-1])))


def word_starts(text: str) -> set[int]:
    """Where Open JTalk sees a word begin that stands by itself: no particle, no ending."""
    starts, position = set(), 0
    for word in pyopenjtalk.run_frontend(text):
        position = text.index(word["string"], position)
        if word["pos"] not in LEANING_PARTS and word["pos_group1"] != "接尾":
            starts.add(position)
        position += len(word["string"])
    return starts


def test_narrations_keep_to_two_lines_of_sixteen(narrated: dict[str, list[Piece]]) -> None:
    pieces = [piece for pieces in narrated.values() for piece in pieces]
    assert {len(piece.lines) for piece in pieces} == {1, 2}
    assert max(bold().width(line) for piece in pieces for line in piece.lines) <= 16


def test_captions_of_narrations_are_the_narration(narrated: dict[str, list[Piece]]) -> None:
    assert all("".join(lines_of(pieces)) == text for text, pieces in narrated.items())


def phrase_around(text: str, position: int) -> str:
    bounds = sorted({0, *phrase_starts(text), len(text)})
    return next(text[left:right] for left, right in pairwise(bounds) if left < position < right)


def test_a_line_of_a_narration_ends_inside_a_phrase_only_where_the_phrase_is_longer(
    narrated: dict[str, list[Piece]],
) -> None:
    broken = [
        phrase_around(text, end)
        for text, pieces in narrated.items()
        for end in inner_line_ends(pieces)
        if break_prices(text)[end] >= WITHIN_PHRASE
    ]
    assert [phrase for phrase in broken if bold().width(phrase) <= 16] == []


def test_no_line_of_a_narration_begins_inside_a_word_or_with_a_particle(narrated: dict[str, list[Piece]]) -> None:
    ends, broken = 0, []
    for text, cut in narrated.items():
        starts = word_starts(text)
        for end in inner_line_ends(cut):
            ends += 1
            if text[end - 1] not in "、。" and end not in starts:
                broken.append(f"{text[:end]}|{text[end:]}")
    assert len(broken) <= UNSURE_SHARE * ends, broken


def test_captions_rarely_end_where_the_voice_does_not_rest(narrated: dict[str, list[Piece]]) -> None:
    pieces = [(text, piece) for text, cut in narrated.items() for piece in cut]
    restless = [
        text[: piece.end] for text, piece in pieces if text[piece.end - 1] not in "、。」" and piece.end < len(text)
    ]
    assert len(restless) <= 0.05 * len(pieces), restless


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("煙を立てずに最後まで落ち着いて火を扱えていて、", ["煙を立てずに最後まで", "落ち着いて火を扱えていて、"]),
        (
            "そこから表面が固まる前に水気がにじみ、べたつくのです。",
            ["そこから表面が固まる前に", "水気がにじみ、べたつくのです。"],
        ),
        ("動画を使ってそのポイントを見てみましょう", ["動画を使って", "そのポイントを見てみましょう"]),
        ("白い煙が見えました。", ["白い煙が見えました。"]),
        ("焦げつきはじめていたのかもしれません。", ["焦げつきはじめていた", "のかもしれません。"]),
    ],
)
def test_lines_end_where_a_reader_breathes(text: str, expected: list[str]) -> None:
    assert lines_of(cut_sentence(text)) == expected


@pytest.mark.parametrize("word", ["肉じゃが", "もう一度", "まな板", "手もと", "貼りつき"])
def test_words_of_the_kitchen_are_whole(word: str) -> None:
    text = f"今回は{word}を見せてもらいました"
    start = text.index(word)
    assert not phrase_starts(text) & set(range(start + 1, start + len(word)))


def test_word_longer_than_a_line_is_broken_as_a_last_resort() -> None:
    lines = lines_of(cut_sentence("スーパーハイパーウルトラデラックスチャーハンを作ります。"))
    assert max(map(bold().width, lines)) <= 16
    assert all(line[0] not in NO_LINE_START for line in lines)


@given(st.text(alphabet="あいはをに漢字鍋カー、。「」っゃA1 ", min_size=1, max_size=120))
def test_anything_is_cut_into_captions_that_fit(text: str) -> None:
    shown = printable(text)
    pieces = cut_sentence(shown)
    assert "".join("".join(piece.lines) for piece in pieces).replace(" ", "") == shown.replace(" ", "")
    assert all(1 <= len(piece.lines) <= 2 for piece in pieces)
    assert all(bold().width(line) <= 16 for piece in pieces for line in piece.lines)


@given(st.text(alphabet="あいはをに漢字鍋カー、。「」っゃ", min_size=1, max_size=80))
def test_forbidden_line_starts_and_ends_are_avoided_wherever_a_line_allows_it(text: str) -> None:
    prices = break_prices(text)
    for position in range(1, len(text)):
        if text[position] in NO_LINE_START or text[position - 1] in NO_LINE_END:
            assert prices[position] == float("inf")
