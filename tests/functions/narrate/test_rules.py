"""The narration: in time, speakable, and never the same."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.narrate.rules import write_parts
from functions.narrate.template import safe_parts
from functions.speak.readings import Pronunciation
from functions.speak.sentences import split_sentences
from functions.speak.voice import synthesise
from knowledge_base.catalogue import load_catalogue
from shared.gates import check_narration
from shared.gates.checks import PART1_SECONDS, PART2_SECONDS
from shared.gates.language import sentences
from shared.gates.speech import SENTENCE_PAUSE_S, estimated_seconds
from shared.lesson.lesson import Lesson
from shared.models.analysis import Sign
from shared.texts import texts
from tests.shared.lesson.builders import make_analysis, make_lesson

CATALOGUE = load_catalogue()
DISHES = sorted(CATALOGUE.dishes)
NAMES = ["花子", "葵", "音羽", "エリザベス・マリア"]


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    """Any dish, mistake, session and length of film, with and without sound."""
    dish = draw(st.sampled_from(DISHES))
    codes = [mistake.code for mistake in CATALOGUE.mistakes_for(dish)]
    number, film_s = draw(st.integers(1, 3)), draw(st.floats(5, 3600))
    analysis = make_analysis(
        draw(st.sampled_from([None, *codes])),
        severity=draw(st.integers(1, 5)),
        moment_s=draw(st.floats(0, film_s)),
        has_sound=draw(st.booleans()),
        praise=draw(st.sampled_from(["", "0:42ごろの手の動きに迷いがなく、落ち着いて料理に向き合えていました。"])),
    )
    return make_lesson(
        analysis,
        seed=str(draw(st.integers(0, 10**9))),
        first_name=draw(st.sampled_from(NAMES)),
        dish=dish,
        number=number,
        film_s=film_s,
        before=draw(st.sampled_from([None, ("no_issue", 0), *((code, 3) for code in codes)])),
    )


def failures_of(lesson: Lesson, parts: tuple[str, str]) -> list[str]:
    return [failure.reason for failure in check_narration(parts[0], texts().pivot, parts[1], lesson.facts)]


@settings(max_examples=100, deadline=None)
@given(lessons())
def test_every_narration_is_in_time_and_passes_the_gates(lesson: Lesson) -> None:
    assert failures_of(lesson, write_parts(lesson, 0, [], {})) == []


@pytest.mark.parametrize("has_sound", [True, False])
def test_the_safe_narration_passes_for_every_mistake(has_sound: bool) -> None:
    for code in [None, *CATALOGUE.mistakes]:
        for number, name in ((1, "葵"), (3, "エリザベス・マリア")):
            lesson = make_lesson(make_analysis(code, has_sound=has_sound), number=number, first_name=name)
            assert failures_of(lesson, safe_parts(lesson, {})) == []


def test_no_two_of_forty_narrations_share_a_sentence() -> None:
    said: Counter[str] = Counter()
    for number in range(40):
        dish = DISHES[number % len(DISHES)]
        codes = [mistake.code for mistake in CATALOGUE.mistakes_for(dish)]
        analysis = make_analysis(codes[number % len(codes)], moment_s=5.0 * number)
        lesson = make_lesson(analysis, seed=f"heard/{number}", dish=dish, film_s=200.0, number=1 + number % 3)
        for part in write_parts(lesson, 0, [], {}, heard_before=frozenset(said)):
            said.update(sentences(part))
    assert [sentence for sentence, times in said.items() if times > 1] == []


def test_part_two_ends_with_the_decisive_rule_and_listens_only_when_there_is_sound() -> None:
    heard = make_lesson(make_analysis("cold_pan_start", signs={Sign.WEAK_SIZZLE: 42.0}))
    silent = make_lesson(make_analysis("cold_pan_start", has_sound=False))
    assert "音" in write_parts(heard, 0, [], {})[1]
    assert "音" not in "".join(write_parts(silent, 0, [], {}))
    assert "、" in sentences(write_parts(heard, 0, [], {})[1])[-1]


def test_where_something_was_is_said_in_words() -> None:
    analysis = make_analysis("cold_pan_start", moment_s=170.0, signs={Sign.WEAK_SIZZLE: 170.0})
    part1, _ = write_parts(make_lesson(analysis, film_s=180.0), 0, [], {})
    assert "終わりのほう" in part1
    assert not any(character.isdigit() for character in part1)


def test_a_reading_longer_than_the_written_name_is_counted() -> None:
    assert estimated_seconds("葵さん。", readings={"葵さん": "アオイサン"}) > estimated_seconds("葵さん。")


def test_the_estimate_agrees_with_the_voice() -> None:
    pronunciation = Pronunciation(CATALOGUE.lexicon)
    for number, dish in enumerate(DISHES[:2]):
        lesson = make_lesson(
            make_analysis(CATALOGUE.mistakes_for(dish)[number].code), seed=f"voice/{number}", dish=dish, number=1
        )
        for part, (low, high) in zip(write_parts(lesson, 0, [], {}), (PART1_SECONDS, PART2_SECONDS), strict=True):
            said = [synthesise(pronunciation.of(sentence)).duration_s for sentence in split_sentences(part)]
            spoken_s = sum(said) + SENTENCE_PAUSE_S * (len(said) - 1)
            assert low <= spoken_s <= high
            assert estimated_seconds(part) == pytest.approx(spoken_s, rel=0.08)
