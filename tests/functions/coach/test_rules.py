"""The coaching text: every lesson passes the gates at once, and no two say the same."""

import itertools
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.coach.archive import sentences_of
from functions.coach.rules import write_text
from functions.coach.template import safe_text
from knowledge_base.catalogue import load_catalogue
from knowledge_base.fragments import words_about
from knowledge_base.models import SignalSign
from shared.gates import GateFailure, check_coaching
from shared.lesson.lesson import Lesson
from shared.lesson.material import HEARD
from shared.models.analysis import Sign, StructuredInput, VideoAnalysis
from tests.shared.lesson.builders import make_analysis, make_lesson

CATALOGUE = load_catalogue()
DISHES = sorted(CATALOGUE.dishes)
NAMES = ["花子", "太郎", "葵", "香", "音羽", "三千代", "Emily", "エリザベス・マリア"]
PRAISES = [
    "",
    "0:42ごろの手の動きに迷いがなく、落ち着いて料理に向き合えていました。",
    "0:42に具材を入れた瞬間、音がさっと立ち上がったところがとても良かったです。",
    "身近な料理ほど奥が深いものです。ていねいに作り直そうとしたところがすばらしいです。",
    "Perfect!",
]
MOODS = ["", "neutral", "anxious", "frustrated", "proud", "confident"]


def signs_of(code: str, has_sound: bool) -> dict[Sign, float]:
    """The signs a mistake shows by, as far as they can be had."""
    signals = [sign.signal for sign in CATALOGUE.mistakes[code].signs if isinstance(sign, SignalSign)]
    return {signal: 40.0 + 3 * place for place, signal in enumerate(signals) if has_sound or signal not in HEARD}


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    """Any cook, dish, mistake, session, mood, tone and history."""
    dish = draw(st.sampled_from(DISHES))
    codes = [mistake.code for mistake in CATALOGUE.mistakes_for(dish)]
    code = draw(st.sampled_from([None, *codes]))
    number, has_sound = draw(st.integers(1, 3)), draw(st.booleans())
    film_s = draw(st.floats(5, 3600))
    analysis = make_analysis(
        code,
        severity=draw(st.integers(1, 5)),
        moment_s=draw(st.floats(0, film_s)),
        signs=signs_of(code, has_sound) if code and draw(st.booleans()) else {},
        has_sound=has_sound,
        praise=draw(st.sampled_from(PRAISES)),
    )
    before = draw(st.sampled_from([None, ("no_issue", 0), *((each, 3) for each in codes)])) if number > 1 else None
    return make_lesson(
        analysis,
        seed=str(draw(st.integers(0, 10**9))),
        first_name=draw(st.sampled_from(NAMES)),
        dish=dish,
        number=number,
        film_s=film_s,
        ratings=draw(st.none() | st.tuples(*[st.integers(1, 5)] * 4)),
        memo=StructuredInput(
            emotional_state=draw(st.sampled_from(MOODS)),
            identified_issues=draw(st.sampled_from([[], ["べちゃっとしました。"]])),
        ),
        before=before,
        profile={
            "coaching_tone": draw(
                st.sampled_from(["たくさんほめてほしい", "やさしく教えてほしい", "はっきり言ってほしい"])
            ),
            "explanation_depth": draw(st.sampled_from(["要点だけでよい", "ほどほどに", "しくみまで詳しく"])),
        },
    )


@settings(max_examples=100, deadline=None)
@given(lessons())
def test_every_lesson_passes_the_gates_at_the_first_attempt(lesson: Lesson) -> None:
    assert check_coaching(write_text(lesson, 0, []), lesson.facts) == []


@pytest.mark.parametrize("dish", DISHES)
def test_every_mistake_of_a_dish_can_be_taught_heard_or_silent(dish: str) -> None:
    for mistake, has_sound in itertools.product(CATALOGUE.mistakes_for(dish), (True, False)):
        lesson = make_lesson(make_analysis(mistake.code, has_sound=has_sound), dish=dish, number=1)
        text = write_text(lesson, 0, [])
        assert check_coaching(text, lesson.facts) == []
        assert mistake.name_ja in text.mondaiten
        assert any(action in text.next_action for action in words_about(mistake.code).action)


@pytest.mark.parametrize(("number", "has_sound"), list(itertools.product((1, 2, 3), (True, False))))
def test_the_safe_template_passes_for_every_mistake(number: int, has_sound: bool) -> None:
    for code in [None, *CATALOGUE.mistakes]:
        memo = StructuredInput(questions=["油はいつ入れますか？"])
        lesson = make_lesson(make_analysis(code, has_sound=has_sound), number=number, memo=memo)
        assert check_coaching(safe_text(lesson), lesson.facts) == []


def hundred_lessons() -> list[Lesson]:
    """A hundred sessions: every dish, many mistakes, and one mistake of one dish a dozen times with the same cook."""
    made = [
        make_lesson(
            make_analysis("cold_pan_start", signs={Sign.WEAK_SIZZLE: 30.0 + number}, moment_s=30.0 + number),
            seed=f"same/{number}",
        )
        for number in range(12)
    ]
    for number in range(88):
        dish = DISHES[number % len(DISHES)]
        codes = [None, *(mistake.code for mistake in CATALOGUE.mistakes_for(dish))]
        code = codes[number % len(codes)]
        analysis: VideoAnalysis = make_analysis(
            code,
            severity=1 + number % 5,
            moment_s=7.0 * number,
            signs=signs_of(code, has_sound=True) if code and number % 3 else {},
            has_sound=number % 4 != 0,
            praise=CATALOGUE.dishes[dish].praise_ja["always"],
        )
        made.append(
            make_lesson(
                analysis,
                seed=f"varied/{number}",
                first_name=NAMES[number % len(NAMES)],
                dish=dish,
                number=1 + number % 3,
                film_s=700.0,
                before=("no_issue", 0) if number % 2 else ("cold_pan_start", 3),
                ratings=(3, 3, 2, 4) if number % 5 else None,
                memo=StructuredInput(emotional_state=MOODS[number % len(MOODS)]),
            )
        )
    return made


def test_no_two_of_a_hundred_texts_share_a_sentence() -> None:
    said: Counter[str] = Counter()
    for lesson in hundred_lessons():
        said.update(sentences_of(write_text(lesson, 0, [], in_use=frozenset(said))))
    assert [sentence for sentence, times in said.items() if times > 1] == []


def test_the_same_session_is_always_written_the_same_and_another_attempt_differs() -> None:
    lesson = make_lesson()
    assert write_text(lesson, 0, []) == write_text(lesson, 0, [])
    assert write_text(lesson, 1, []) != write_text(lesson, 0, [])


def test_what_a_gate_refused_is_not_said_again() -> None:
    lesson = make_lesson()
    first = write_text(lesson, 0, [])
    refused = first.next_action[:12]
    again = write_text(lesson, 1, [GateFailure(gate="one_action", reason="", found=refused)])
    assert refused not in again.next_action


def test_a_cook_never_reads_the_same_sentence_again() -> None:
    lesson = make_lesson()
    read = frozenset(sentences_of(write_text(lesson, 0, [])))
    assert read.isdisjoint(sentences_of(write_text(lesson, 0, [], in_use=read)))


def test_what_was_heard_and_seen_is_told_with_its_time() -> None:
    analysis = make_analysis("cold_pan_start", signs={Sign.WEAK_SIZZLE: 83.0}, moment_s=83.0)
    assert "1:23" in write_text(make_lesson(analysis), 0, []).mondaiten


def test_what_the_signals_did_not_show_is_told_with_care() -> None:
    text = write_text(make_lesson(make_analysis("not_tasted", moment_s=83.0), ratings=(4, 2, 4, 4)), 0, [])
    hedges = ("のかもしれません", "のではないかと思います", "ように思います", "可能性があります")
    assert any(hedge in text.mondaiten for hedge in hedges)
    assert text.mondaiten.count("ご自身の評価") + text.mondaiten.count("をご自分で") == 1


def test_the_second_session_frames_a_worse_result_as_progress() -> None:
    analysis = make_analysis("overcrowded_pan", severity=5)
    text = write_text(make_lesson(analysis, number=2, before=("cold_pan_start", 2)), 0, [])
    assert "前回" in text.mondaiten
    assert "鍋が温まる前に具材を入れたこと" in text.mondaiten


@pytest.mark.parametrize("code", [None, "cold_pan_start"])
def test_a_spoken_memo_nobody_could_read_is_not_passed_over(code: str | None) -> None:
    lesson = make_lesson(make_analysis(code, has_sound=False), unheard_memo=True)
    text = write_text(lesson, 0, [])
    assert "メモは" in text.mondaiten
    assert check_coaching(text, lesson.facts) == []


def test_the_tone_the_cook_asked_for_is_heard() -> None:
    praised = write_text(make_lesson(profile={"coaching_tone": "たくさんほめてほしい"}), 0, [])
    brief = write_text(make_lesson(profile={"explanation_depth": "要点だけでよい"}), 0, [])
    thorough = write_text(make_lesson(profile={"explanation_depth": "しくみまで詳しく"}), 0, [])
    assert len(praised.skill) > len(brief.skill)
    assert len(thorough.mondaiten) > len(brief.mondaiten)


def test_a_session_id_seeds_the_lesson() -> None:
    one, other = make_lesson(seed="one"), make_lesson(seed="other")
    assert isinstance(one.session_id, UUID)
    assert write_text(one, 0, []) != write_text(other, 0, [])
