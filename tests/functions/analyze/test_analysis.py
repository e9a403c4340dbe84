"""The analysis as a whole: outcome, moment, words."""

import pytest

from functions.analyze.analysis import analyze_film
from functions.analyze.memo import Memo
from functions.analyze.rules import Case
from functions.analyze.signs.curves import Film
from functions.analyze.signs.find import find_signs
from functions.analyze.wording import pick, sentences, time_code
from knowledge_base.catalogue import load_catalogue
from shared.gates.measurement import measurements
from shared.models.analysis import Outcome, Sign, VideoAnalysis
from shared.models.session import SelfRatings
from tests.functions.analyze.course import film, hot, rhythm
from tests.functions.analyze.test_signs import CASES, WELL_COOKED

CATALOGUE = load_catalogue()
CONTENT = SelfRatings(appearance=5, taste=4, texture=5, aroma=4)


def analysed(shown: Film, dish: str = "fried-rice", *, variety: str = "run", **known: object) -> VideoAnalysis:
    case = Case(dish=CATALOGUE.dishes[dish], evidence=find_signs(shown), **known)  # type: ignore[arg-type]
    return analyze_film(
        shown,
        case,
        CATALOGUE.mistakes_for(dish),
        duration_s=float(shown.seconds),
        dish_name=case.dish.name_ja,
        hedge_below=0.35,
        variety=variety,
    )


def shown(sign: Sign) -> Film:
    return film(**CASES[sign][1])


def well_cooked() -> Film:
    return film(**WELL_COOKED)


def test_a_cold_start_is_coached_on_at_its_moment() -> None:
    analysis = analysed(shown(Sign.WEAK_SIZZLE))
    assert (analysis.outcome, analysis.mistake_code) == (Outcome.COACHABLE, "cold_pan_start")
    assert analysis.key_moment_s == pytest.approx(10, abs=2)
    assert time_code(analysis.key_moment_s) in analysis.diagnosis
    assert CATALOGUE.mistakes["cold_pan_start"].name_ja in analysis.diagnosis
    assert analysis.confidence > 0.5
    assert analysis.candidates[0].mistake_code == "cold_pan_start"
    assert any(event.pan_temperature == "too_low" for event in analysis.events)


def test_a_well_cooked_film_has_no_issue_and_real_praise() -> None:
    analysis = analysed(well_cooked())
    assert (analysis.outcome, analysis.mistake_code, analysis.severity) == (Outcome.NO_ISSUE, None, None)
    assert analysis.diagnosis == ""
    assert analysis.praise


def test_a_cook_who_complains_of_a_good_looking_film_is_coached() -> None:
    analysis = analysed(well_cooked(), memo=Memo("べちゃっとしてしまいました"))
    assert analysis.outcome is Outcome.COACHABLE
    assert analysis.mistake_code is not None


def test_low_ratings_alone_are_enough_to_coach() -> None:
    poor = SelfRatings(appearance=4, taste=1, texture=4, aroma=4)
    analysis = analysed(well_cooked(), ratings=poor)
    assert analysis.outcome is Outcome.COACHABLE
    assert "味" in analysis.diagnosis


def test_black_and_silent_is_unusable() -> None:
    analysis = analysed(film(luminance=0.0, has_sound=False))
    assert analysis.outcome is Outcome.UNUSABLE
    assert analysis.events == []


def test_a_photograph_without_sound_is_unusable_and_a_film_of_a_quiet_kitchen_is_not() -> None:
    assert analysed(film(still=0.0, has_sound=False)).outcome is Outcome.UNUSABLE
    assert analysed(film(has_sound=False)).outcome is Outcome.COACHABLE
    assert analysed(film(sizzle=hot(5, 40), still=0.0)).outcome is not Outcome.UNUSABLE


def test_a_covered_lens_over_a_frying_pan_is_still_coached() -> None:
    course = {**CASES[Sign.WEAK_SIZZLE][1], "luminance": 0.0}
    assert analysed(film(**course)).outcome is Outcome.COACHABLE


def test_talk_over_a_still_picture_is_not_cooking_unless_the_memo_says_so() -> None:
    office = film(60, voice=0.7)
    assert analysed(office).outcome is Outcome.NOT_COOKING
    assert analysed(office, memo=Memo("ご飯がだまになりました")).outcome is Outcome.COACHABLE


def test_in_doubt_the_cook_is_coached_with_little_confidence() -> None:
    analysis = analysed(film(60))
    assert analysis.outcome is Outcome.COACHABLE
    assert analysis.confidence < 0.2
    assert "言い切れません" in analysis.diagnosis or "はっきりとは" in analysis.diagnosis


def test_a_content_cook_of_a_silent_film_without_signs_has_no_issue() -> None:
    assert analysed(film(60, has_sound=False, stirred=[(5, 12)]), ratings=CONTENT).outcome is Outcome.NO_ISSUE


def test_of_a_silent_film_nothing_is_said_that_must_be_heard() -> None:
    for sign in (Sign.DARK_FINISH, Sign.CONSTANT_STIRRING, Sign.LONG_STILLNESS, Sign.SMOKE):
        course = {**CASES[sign][1], "has_sound": False}
        for dish in ("fried-rice", "beef-steak", "karaage"):
            analysis = analysed(film(**course), dish)
            words = [analysis.diagnosis, analysis.praise, *(event.description_ja for event in analysis.events)]
            assert not analysis.has_sound
            assert not any("音" in text for text in words)


def test_the_key_moment_lies_within_the_film() -> None:
    late = film(30, sizzle=hot(4, 29), haze=[(26, 0.0), (28, 0.4)])
    for dish in CATALOGUE.dishes:
        assert 0 <= analysed(late, dish).key_moment_s <= 29.5


def test_praise_never_praises_what_is_criticised() -> None:
    analysis = analysed(shown(Sign.CONSTANT_STIRRING), "beef-steak")
    assert analysis.mistake_code == "moved_too_much"
    assert "リズム" not in analysis.praise


def test_a_dish_praises_its_own_virtues() -> None:
    course = {**CASES[Sign.WEAK_SIZZLE][1], "stirred": [*rhythm(12, 24), *rhythm(48, 55)]}
    analysis = analysed(film(**course), "ginger-pork")
    assert analysis.mistake_code == "cold_pan_start"
    assert analysis.praise == CATALOGUE.dishes["ginger-pork"].praise_ja["long_stillness"]


def test_danger_is_warned_of() -> None:
    assert any("煙" in alert for alert in analysed(shown(Sign.SMOKE)).safety_alerts)
    assert any("はね" in alert for alert in analysed(shown(Sign.SPLATTER), "karaage").safety_alerts)
    assert analysed(well_cooked()).safety_alerts == []


@pytest.mark.parametrize("dish", sorted(CATALOGUE.dishes))
@pytest.mark.parametrize("sign", sorted(Sign))
def test_no_sentence_holds_a_measurement_or_a_gap(dish: str, sign: Sign) -> None:
    for run in ("a", "b", "c"):
        analysis = analysed(shown(sign), dish, variety=run)
        for text in (analysis.diagnosis, analysis.praise, *(event.description_ja for event in analysis.events)):
            assert "{" not in text
            assert measurements(text, names=(CATALOGUE.dishes[dish].name_ja,)) == []
            assert text == "" or text.endswith("。")


def test_two_runs_need_not_read_alike() -> None:
    said = {analysed(shown(Sign.WEAK_SIZZLE), variety=str(number)).diagnosis for number in range(12)}
    assert len(said) > 1


def test_every_sign_has_its_words() -> None:
    assert set(sentences().signs) == set(Sign)


def test_the_same_run_is_told_the_same() -> None:
    assert pick(["a", "b", "c"], "run") == pick(["a", "b", "c"], "run")
    assert len({pick(["a", "b", "c"], str(number)) for number in range(20)}) == 3
