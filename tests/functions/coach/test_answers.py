"""Answers to the questions of a memo."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.coach.answers import answer_to
from functions.coach.corpus import subject_of
from functions.coach.rules import write_text
from knowledge_base.fragments import words_about
from shared.gates import check_coaching
from shared.models.analysis import StructuredInput
from tests.shared.lesson.builders import make_analysis, make_lesson


@pytest.mark.parametrize(
    ("dish", "question", "about"),
    [
        ("fried-rice", "パラパラにするコツを教えてください", "rice_clumped"),
        ("karaage", "油の温度は何度がいいですか？", "frying_oil_too_cool"),
        ("beef-steak", "お肉は常温に戻したほうがいいですか", "meat_straight_from_fridge"),
        ("pomodoro", "にんにくが焦げます。どうしたらいい？", "garlic_burnt"),
    ],
)
def test_a_question_finds_what_it_is_about(dish: str, question: str, about: str) -> None:
    subject = subject_of(question, make_lesson(dish=dish))
    assert subject is not None
    assert subject.mistake is not None
    assert subject.mistake.code == about


@pytest.mark.parametrize("question", ["明日の天気は？", "おすすめのワインは？", "株価はどうなりますか？"])
def test_what_the_knowledge_base_does_not_know_is_said_honestly(question: str) -> None:
    lesson = make_lesson()
    assert subject_of(question, lesson) is None
    answer = answer_to(question, lesson, "seed")
    assert any(
        word in answer for word in ("できません", "足りません", "言い切れません", "決められません", "ありません")
    )


@pytest.mark.parametrize(
    "question", ["次はどうすればいいですか？", "もっとおいしくするには？", "どこを直せばいいですか"]
)
def test_what_to_do_next_is_answered_with_the_action_of_the_lesson(question: str) -> None:
    actions = words_about("cold_pan_start").action
    assert any(action in answer_to(question, make_lesson(), "seed") for action in actions)


def test_what_was_wrong_is_answered_with_the_diagnosis() -> None:
    assert "鍋が温まる前に具材を入れたこと" in answer_to("何が悪かったのでしょうか？", make_lesson(), "seed")


def test_a_complaint_is_explained_by_the_mistake_of_the_lesson_when_it_shows_in_it() -> None:
    subject = subject_of("ご飯が少しべちゃっとしました。なぜですか？", make_lesson(make_analysis("cold_pan_start")))
    assert subject is not None
    assert subject.mistake is not None
    assert subject.mistake.code == "cold_pan_start"


def test_what_to_cook_next_is_answered_with_a_dish_where_the_principle_helps_again() -> None:
    lesson = make_lesson()
    assert any(dish in answer_to("次は何を作ればいいですか？", lesson, "seed") for dish in lesson.transfers)


def test_a_suspicion_is_answered_from_what_the_video_showed() -> None:
    suspicion = "具材を入れすぎたのでしょうか？"
    confirmed = answer_to(suspicion, make_lesson(make_analysis("overcrowded_pan")), "seed")
    assert "一度に具材を入れすぎたことが今回の改善点です" in confirmed
    other = answer_to(suspicion, make_lesson(make_analysis("cold_pan_start")), "seed")
    assert "鍋が温まる前に具材を入れたことのほうが" in other
    flawless = answer_to(suspicion, make_lesson(make_analysis(None)), "seed")
    assert "改善点" not in flawless


def test_a_question_for_numbers_is_answered_with_what_can_be_observed() -> None:
    lesson = make_lesson(dish="karaage", memo=StructuredInput(questions=["油の温度は何度がいいですか？"]))
    assert check_coaching(write_text(lesson, 0, []), lesson.facts) == []


def test_every_question_gets_an_answer_in_order() -> None:
    questions = ["卵はいつ入れますか？", "なぜべちゃっとしますか？", "明日の天気は？"]
    lesson = make_lesson(memo=StructuredInput(questions=questions))
    text = write_text(lesson, 0, [])
    assert [answer.question for answer in text.answers] == questions
    assert check_coaching(text, lesson.facts) == []


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=80))
def test_whatever_is_asked_the_answer_passes_the_gates(question: str) -> None:
    lesson = make_lesson(memo=StructuredInput(questions=[question]))
    assert check_coaching(write_text(lesson, 0, []), lesson.facts) == []
