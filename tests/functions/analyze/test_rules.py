"""Weighing mistakes: every source counts, says so, and none alone decides against all others."""

from uuid import uuid4

import pytest

from functions.analyze.memo import Memo
from functions.analyze.rules import Case, Weighed, weigh
from knowledge_base.catalogue import load_catalogue
from shared.models.analysis import Evidence, PastSession, Sign
from shared.models.learner import LearnerState, RecurringMistake
from shared.models.session import SelfRatings

CATALOGUE = load_catalogue()


def evidence(sign: Sign, strength: float = 1.0, time_s: float = 10.0) -> Evidence:
    return Evidence(sign=sign, time_s=time_s, duration_s=5.0, strength=strength)


def case(dish: str = "fried-rice", *shown: Evidence, **known: object) -> Case:
    return Case(dish=CATALOGUE.dishes[dish], evidence=list(shown), **known)  # type: ignore[arg-type]  # fields of Case


def ranking(of: Case) -> list[Weighed]:
    return weigh(of, CATALOGUE.mistakes_for(of.dish.slug))


def code_of(of: Case) -> str:
    return ranking(of)[0].mistake.code


def score_of(of: Case, code: str) -> float:
    return next(item.score for item in ranking(of) if item.mistake.code == code)


@pytest.mark.parametrize(
    ("dish", "sign", "code"),
    [
        ("fried-rice", Sign.WEAK_SIZZLE, "cold_pan_start"),
        ("karaage", Sign.WEAK_SIZZLE, "frying_oil_too_cool"),
        ("fried-rice", Sign.SIZZLE_COLLAPSE, "overcrowded_pan"),
        ("beef-steak", Sign.RAPID_BROWNING, "heat_too_high"),
        ("beef-steak", Sign.DARK_FINISH, "burnt_surface"),
        ("vegetable-stir-fry", Sign.SIZZLE_FADING, "heat_too_low_stewing"),
        ("karaage", Sign.SMOKE, "oil_overheated"),
        ("beef-steak", Sign.CONSTANT_STIRRING, "moved_too_much"),
        ("omurice", Sign.LONG_STILLNESS, "left_unattended"),
        ("karaage", Sign.SPLATTER, "wet_ingredients"),
        ("ginger-pork", Sign.LATE_BURST, "liquid_poured_at_once"),
        ("fried-rice", Sign.LONG_SILENCE, "heat_lost_midway"),
    ],
)
def test_a_clear_sign_leads_to_its_mistake(dish: str, sign: Sign, code: str) -> None:
    assert code_of(case(dish, evidence(sign))) == code


def test_only_mistakes_of_the_dish_are_weighed() -> None:
    weighed = ranking(case("beef-steak", evidence(Sign.WEAK_SIZZLE)))
    assert all(not item.mistake.dishes or "beef-steak" in item.mistake.dishes for item in weighed)
    assert "rice_clumped" not in {item.mistake.code for item in weighed}


def test_a_memo_can_decide_between_mistakes_the_film_cannot_tell_apart() -> None:
    shown = (evidence(Sign.WEAK_SIZZLE, 0.3),)
    assert code_of(case("fried-rice", *shown)) == "cold_pan_start"
    assert code_of(case("fried-rice", *shown, memo=Memo("ご飯がだまになってほぐれませんでした"))) == "rice_clumped"


def test_ratings_count_the_more_the_lower_they_are() -> None:
    def rated(texture: int) -> float:
        ratings = SelfRatings(appearance=5, taste=5, texture=texture, aroma=5)
        return score_of(case("fried-rice", evidence(Sign.WEAK_SIZZLE, 0.5), ratings=ratings), "cold_pan_start")

    assert rated(5) == rated(4) < rated(3) < rated(2) < rated(1)


def test_history_tips_the_scale_but_never_alone() -> None:
    often = LearnerState(recurring_mistakes=[RecurringMistake(mistake_code="rice_clumped", seen_count=3)])
    shown = evidence(Sign.LONG_STILLNESS, 0.5)
    assert score_of(case("fried-rice", shown, learner=often), "rice_clumped") > score_of(
        case("fried-rice", shown), "rice_clumped"
    )
    assert score_of(case("fried-rice", learner=often), "rice_clumped") == score_of(case("fried-rice"), "rice_clumped")


def test_the_second_session_goes_after_the_issue_of_the_first() -> None:
    before = PastSession(
        session_id=uuid4(),
        dish="fried-rice",
        session_number=1,
        key_issue="overcrowded_pan",
        key_progress="",
        severity=4,
    )
    learner = LearnerState(session_summaries=[before])
    shown = (evidence(Sign.SIZZLE_COLLAPSE, 0.5), evidence(Sign.WEAK_SIZZLE, 0.52))
    assert code_of(case("fried-rice", *shown)) == "cold_pan_start"
    second = case("fried-rice", *shown, learner=learner, session_number=2)
    assert code_of(second) == "overcrowded_pan"
    assert any("issue of session 1" in reason for reason in ranking(second)[0].reasons)


def test_the_session_before_on_another_dish_is_not_the_one_before() -> None:
    elsewhere = PastSession(
        session_id=uuid4(), dish="beef-steak", session_number=1, key_issue="overcrowded_pan", key_progress=""
    )
    learner = LearnerState(session_summaries=[elsewhere])
    assert case("fried-rice", learner=learner, session_number=2).previous is None


def test_every_part_of_a_score_has_its_reason() -> None:
    learner = LearnerState(recurring_mistakes=[RecurringMistake(mistake_code="cold_pan_start", seen_count=2)])
    ratings = SelfRatings(appearance=4, taste=4, texture=2, aroma=4)
    memo = Memo("水っぽくなりました")
    best = ranking(case("fried-rice", evidence(Sign.WEAK_SIZZLE), ratings=ratings, memo=memo, learner=learner))[0]
    text = "\n".join(best.reasons)
    for part in ("weak_sizzle at 10 s", "texture rated 2", "memo mentions 水っぽ", "seen 2 times", "principle 1"):
        assert part in text
    assert best.candidate().score == round(best.score, 3)


def test_without_any_evidence_the_first_principle_of_the_dish_comes_first() -> None:
    best = ranking(case("fried-rice"))[0]
    assert best.mistake.principle == CATALOGUE.dishes["fried-rice"].principles[0]
    assert best.observed == 0
