"""Each sign: found where it is, at its time, and not where it is not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.analyze.signs.curves import Film, Span, grade, runs
from functions.analyze.signs.find import find_signs
from shared.models.analysis import Sign
from shared.models.media import Signals
from tests.functions.analyze.course import QUIET_DB, curve, film, hot, rhythm, seen

WELL_COOKED: dict[str, Any] = {
    "sizzle": hot(10, 55),
    "stirred": rhythm(12, 55),
    "browning": [(10, 0.0), (55, 0.04)],
    "dropped_s": (10,),
}

CASES: dict[Sign, tuple[float, dict[str, Any]]] = {
    Sign.WEAK_SIZZLE: (
        10,
        {
            "sizzle": [(0, QUIET_DB), (10, QUIET_DB), (10.5, -50), (24, -25), (55, -25), (56, QUIET_DB)],
            "dropped_s": (10,),
            "stirred": rhythm(13, 55),
        },
    ),
    Sign.SIZZLE_COLLAPSE: (
        30,
        {
            "sizzle": [*hot(10, 30)[:4], (32, -40), (50, -39), (55, -33), (56, QUIET_DB)],
            "dropped_s": (10, 30),
            "stirred": rhythm(35, 55),
        },
    ),
    Sign.SIZZLE_FADING: (20, {"sizzle": [*hot(8, 20)[:4], (45, -40), (55, -40), (56, QUIET_DB)]}),
    Sign.FIERCE_SIZZLE: (30, {"sizzle": [*hot(10, 30, -30)[:4], (31, -22), (55, -22), (56, QUIET_DB)]}),
    Sign.LONG_SILENCE: (28, {"sizzle": [*hot(8, 27), (42, QUIET_DB), (43, -25), (56, -25), (57, QUIET_DB)]}),
    Sign.LATE_BURST: (45, {"sizzle": [*hot(10, 45)[:4], (45.5, -16), (48, -31), (56, -32), (57, QUIET_DB)]}),
    Sign.SPLATTER: (10, {**WELL_COOKED, "crackles": [(9.9, 0), (10, 9), (18, 7), (19, 0)]}),
    Sign.SMOKE: (40, {**WELL_COOKED, "haze": [(40, 0.0), (46, 0.2), (59, 0.3)]}),
    Sign.STEAM: (
        30,
        {"sizzle": [*hot(8, 22)[:4], (28, -42), (55, -42), (56, QUIET_DB)], "haze": [(30, 0), (36, 0.15), (59, 0.2)]},
    ),
    Sign.RAPID_BROWNING: (30, {**WELL_COOKED, "browning": [(10, 0), (30, 0.01), (37, 0.06), (59, 0.065)]}),
    Sign.DARK_FINISH: (42, {**WELL_COOKED, "browning": [(10, 0), (42, 0.01), (52, 0.07), (59, 0.07)]}),
    Sign.NO_BROWNING: (50, {**WELL_COOKED, "browning": [(0, 0.0)]}),
    Sign.CONSTANT_STIRRING: (12, {**WELL_COOKED, "stirred": [(12, 55)]}),
    Sign.LONG_STILLNESS: (23, {**WELL_COOKED, "stirred": [*rhythm(12, 26), *rhythm(48, 55)]}),
    Sign.UNEVEN_RHYTHM: (18, {**WELL_COOKED, "stirred": [(12, 18), (29, 32), (40, 43), (52, 55)]}),
}


@pytest.mark.parametrize("sign", sorted(Sign))
def test_a_sign_is_found_when_it_begins(sign: Sign) -> None:
    begins_s, course = CASES[sign]
    found = seen(film(**course), sign)
    assert found is not None
    assert found.time_s == pytest.approx(begins_s, abs=2.0)


@pytest.mark.parametrize("sign", sorted(set(Sign)))
def test_a_sign_is_not_found_when_all_goes_well(sign: Sign) -> None:
    assert seen(film(**WELL_COOKED), sign) is None


def test_smoke_before_the_food_is_smoke_though_nothing_fries_yet() -> None:
    shown = film(sizzle=hot(22, 55), dropped_s=(22,), haze=[(6, 0.0), (12, 0.2), (24, 0.25), (34, 0.0)])
    found = seen(shown, Sign.SMOKE)
    assert found is not None
    assert found.time_s == pytest.approx(6, abs=2)


def test_turning_the_heat_off_at_the_end_is_no_sign() -> None:
    signs = {evidence.sign for evidence in find_signs(film(sizzle=hot(8, 40)))}
    assert not signs & {Sign.SIZZLE_COLLAPSE, Sign.LONG_SILENCE, Sign.SIZZLE_FADING}


def test_a_film_without_sound_shows_nothing_that_must_be_heard() -> None:
    course = {**WELL_COOKED, "browning": [(10, 0), (42, 0.01), (52, 0.07), (59, 0.07)]}
    shown = find_signs(film(has_sound=False, **course))
    heard = {Sign.WEAK_SIZZLE, Sign.SIZZLE_COLLAPSE, Sign.SIZZLE_FADING, Sign.FIERCE_SIZZLE, Sign.LONG_SILENCE}
    assert not {evidence.sign for evidence in shown} & (heard | {Sign.LATE_BURST, Sign.SPLATTER})
    assert Sign.DARK_FINISH in {evidence.sign for evidence in shown}


def test_loudness_does_not_matter_only_its_course() -> None:
    _, course = CASES[Sign.WEAK_SIZZLE]
    softer = [(time, level - 12 if level > QUIET_DB else level) for time, level in course["sizzle"]]
    found = seen(film(**{**course, "sizzle": softer}), Sign.WEAK_SIZZLE)
    assert found is not None


def test_talk_is_not_frying() -> None:
    signals = film(60, voice=0.8).signals
    syllables = np.random.default_rng(1).uniform(-45, -25, 60)
    talk = signals.model_copy(update={"rms_db": [float(level) for level in syllables], "sizzle": [0.03] * 60})
    assert not Film(talk).fries


def test_even_frying_from_beginning_to_end_is_frying() -> None:
    shown = film(40, sizzle=[(0, -25)])
    assert shown.fries
    assert shown.frying.all()
    assert shown.cooking == Span(0, 40)


def test_an_hour_is_looked_through_in_seconds() -> None:
    import time

    shown = film(3600, sizzle=[*hot(60, 3000)[:4], (3400, -40), (3500, QUIET_DB)], stirred=rhythm(60, 3400))
    began = time.perf_counter()
    find_signs(shown)
    assert time.perf_counter() - began < 10.0


values = st.floats(0, 1, width=32)


@settings(max_examples=60, deadline=None)
@given(seconds=st.integers(0, 90), data=st.data())
def test_any_signals_are_survived_and_evidence_lies_within_the_film(seconds: int, data: st.DataObject) -> None:
    def some(low: float = 0.0, high: float = 1.0) -> list[float]:
        return data.draw(st.lists(st.floats(low, high), min_size=seconds, max_size=seconds))

    signals = Signals(
        seconds=seconds,
        has_sound=data.draw(st.booleans()),
        rms_db=some(-90, 0),
        onsets=[round(9 * value) for value in some()],
        sizzle=some(),
        silence=some(),
        motion=some(),
        luminance=some(),
        browning=some(),
        haze=some(),
        shot_changes_s=[],
    )
    for evidence in find_signs(Film(signals)):
        assert 0 <= evidence.time_s <= seconds
        assert 0 < evidence.strength <= 1


def test_runs_join_over_short_lapses() -> None:
    mask = np.array([0, 1, 1, 0, 1, 0, 0, 1], dtype=bool)
    assert runs(mask) == [Span(1, 3), Span(4, 5), Span(7, 8)]
    assert runs(mask, lapse=1) == [Span(1, 5), Span(7, 8)]
    assert runs(mask, lapse=2) == [Span(1, 8)]


def test_grades_run_from_nothing_to_all() -> None:
    assert [grade(value, 2.0, 4.0) for value in (1, 2, 3, 4, 9)] == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_a_curve_is_read_in_the_middle_of_each_second() -> None:
    assert curve([(0, 0), (4, 4)], 4) == [0.5, 1.5, 2.5, 3.5]
