"""The learner state: the rules one by one, and what holds for every history."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.coach.learner import NO_ISSUE, advanced
from knowledge_base.catalogue import load_catalogue
from shared.models.analysis import Outcome, VideoAnalysis
from shared.models.learner import LearnerState

CATALOGUE = load_catalogue()
DISHES = sorted(CATALOGUE.dishes)
FRIED_RICE_PRINCIPLES = CATALOGUE.dishes["fried-rice"].principles


def seen(mistake_code: str | None, severity: int = 3) -> VideoAnalysis:
    """What a video showed: a mistake, or nothing to correct."""
    return VideoAnalysis(
        outcome=Outcome.NO_ISSUE if mistake_code is None else Outcome.COACHABLE,
        mistake_code=mistake_code,
        severity=None if mistake_code is None else severity,
        key_moment_s=10,
        diagnosis="",
        praise="",
        confidence=0.9,
        has_sound=True,
        engine="rules",
    )


def after(
    state: LearnerState,
    mistake_code: str | None,
    *,
    severity: int = 3,
    number: int = 1,
    dish: str = "fried-rice",
    session_id: UUID | None = None,
) -> LearnerState:
    """The state after one more session."""
    return advanced(
        state,
        session_id=session_id or uuid4(),
        dish_slug=dish,
        session_number=number,
        analysis=seen(mistake_code, severity),
        key_progress="前より良くなりました。",
        catalogue=CATALOGUE,
    )


def after_all(*sessions: tuple[str | None, int], dish: str = "fried-rice") -> LearnerState:
    """The state after sessions 1, 2, 3 of a dish, each a mistake (or none) and its severity."""
    state = LearnerState()
    for number, (mistake_code, severity) in enumerate(sessions, start=1):
        state = after(state, mistake_code, severity=severity, number=number, dish=dish)
    return state


def test_the_dish_s_principles_enter_at_its_first_session() -> None:
    state = after(LearnerState(), "cold_pan_start")
    assert state.skills_developing == FRIED_RICE_PRINCIPLES
    assert after(state, "cold_pan_start", number=2).skills_developing == FRIED_RICE_PRINCIPLES


def test_the_principles_of_a_dish_first_met_at_its_second_session_do_not_enter() -> None:
    assert after(LearnerState(), "cold_pan_start", number=2).skills_developing == []


def test_a_third_session_without_an_issue_acquires_what_was_developing() -> None:
    state = after_all(("cold_pan_start", 4), ("cold_pan_start", 2), (None, 0))
    assert state.skills_acquired == FRIED_RICE_PRINCIPLES
    assert state.skills_developing == []


def test_a_principle_whose_mistake_comes_back_at_the_third_session_stays_in_development() -> None:
    state = after_all(("cold_pan_start", 4), ("cold_pan_start", 3), ("cold_pan_start", 3))
    assert state.skills_developing == ["preheat-the-pan"]
    assert set(state.skills_acquired) == set(FRIED_RICE_PRINCIPLES) - {"preheat-the-pan"}


def test_an_acquired_principle_does_not_enter_again_with_the_next_dish() -> None:
    state = after_all(("cold_pan_start", 4), (None, 0), (None, 0))
    state = after(state, None, dish="beef-steak")
    assert "preheat-the-pan" in CATALOGUE.dishes["beef-steak"].principles
    assert "preheat-the-pan" not in state.skills_developing
    assert "rest-the-meat" in state.skills_developing


def test_mistakes_are_counted_by_code() -> None:
    state = after_all(("cold_pan_start", 4), ("rice_clumped", 3), ("cold_pan_start", 2))
    assert {mistake.mistake_code: mistake.seen_count for mistake in state.recurring_mistakes} == {
        "cold_pan_start": 2,
        "rice_clumped": 1,
    }


@pytest.mark.parametrize(
    ("severities", "velocity"),
    [
        ((4, 3), None),
        ((5, 3, 1), "fast"),
        ((4, 2, 3), "steady"),
        ((4, 5, 3), "steady"),
        ((4, 3, 3), "steady"),
        ((2, 3, 4), "slow"),
        ((2, 5, 3), "slow"),
        ((3, 3, 3), "plateau"),
        ((3, 4, 3), "plateau"),
        ((5, 4, 0), "fast"),
        ((0, 0, 0), "plateau"),
        ((0, 0, 2), "slow"),
    ],
)
def test_velocity_reads_the_last_three_severities(severities: tuple[int, ...], velocity: str | None) -> None:
    sessions = [(None if severity == 0 else "rice_clumped", severity) for severity in severities]
    assert after_all(*sessions).learning_velocity == velocity


def test_velocity_forgets_what_is_older_than_three_sessions() -> None:
    state = after_all(("rice_clumped", 1), ("rice_clumped", 5), ("rice_clumped", 4))
    assert after(state, "rice_clumped", severity=3, dish="beef-steak").learning_velocity == "fast"


def test_focus_is_the_principle_behind_the_most_frequent_live_mistake() -> None:
    state = after_all(("rice_clumped", 3), ("cold_pan_start", 3), ("cold_pan_start", 3))
    assert state.next_focus == "preheat-the-pan"


def test_of_equally_frequent_mistakes_the_last_one_is_the_focus() -> None:
    assert after_all(("cold_pan_start", 3), ("rice_clumped", 3)).next_focus == "separate-the-grains"


def test_a_mistake_whose_principle_is_acquired_is_no_longer_the_focus() -> None:
    state = after_all(("cold_pan_start", 3), ("cold_pan_start", 3), (None, 0))
    assert state.next_focus == ""


def test_ready_for_the_next_dish_after_the_third_session() -> None:
    state = after_all(("cold_pan_start", 3), ("cold_pan_start", 3))
    assert not state.ready_for_next_dish
    assert after(state, "cold_pan_start", number=3).ready_for_next_dish


def test_ready_for_the_next_dish_after_two_flawless_sessions_in_a_row() -> None:
    state = after(LearnerState(), None)
    assert not state.ready_for_next_dish
    assert after(state, None, number=2).ready_for_next_dish


def test_a_flaw_between_two_flawless_sessions_breaks_the_row() -> None:
    state = after(after(LearnerState(), None), "cold_pan_start", number=2)
    assert not after(state, None, dish="beef-steak").ready_for_next_dish


def test_a_session_counts_once() -> None:
    session_id = uuid4()
    once = after(LearnerState(), "cold_pan_start", session_id=session_id)
    assert after(once, "rice_clumped", severity=5, number=3, session_id=session_id) == once


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[UUID, str, int, str | None, int]]:
    """Sessions in any order a cook could come up with: dish, number, mistake of that dish or none, severity."""
    sessions = []
    for _ in range(draw(st.integers(1, 12))):
        dish = draw(st.sampled_from(DISHES))
        codes = [None, *(mistake.code for mistake in CATALOGUE.mistakes_for(dish))]
        sessions.append(
            (draw(st.uuids()), dish, draw(st.integers(1, 3)), draw(st.sampled_from(codes)), draw(st.integers(1, 5)))
        )
    return sessions


@settings(max_examples=120, deadline=None)
@given(histories())
def test_whatever_the_history_the_state_is_consistent(history: list[tuple[UUID, str, int, str | None, int]]) -> None:
    state = LearnerState()
    counted: dict[UUID, str | None] = {}
    for session_id, dish, number, code, severity in history:
        before = state
        state = after(state, code, severity=severity, number=number, dish=dish, session_id=session_id)
        counted.setdefault(session_id, code)
        assert set(before.skills_acquired) <= set(state.skills_acquired), "nothing acquired is lost"
    assert [summary.session_id for summary in state.session_summaries] == list(counted)
    assert not set(state.skills_acquired) & set(state.skills_developing)
    for skills in (state.skills_acquired, state.skills_developing):
        assert len(skills) == len(set(skills))
        assert all(slug in CATALOGUE.principles for slug in skills)
    issues = [code for code in counted.values() if code is not None]
    assert sum(mistake.seen_count for mistake in state.recurring_mistakes) == len(issues)
    assert {mistake.mistake_code for mistake in state.recurring_mistakes} == set(issues)
    assert (state.learning_velocity is None) == (len(counted) < 3)
    assert state.next_focus == "" or state.next_focus not in state.skills_acquired
    assert all(summary.key_issue == (counted[summary.session_id] or NO_ISSUE) for summary in state.session_summaries)


@settings(max_examples=40, deadline=None)
@given(histories(), st.data())
def test_telling_a_session_again_changes_nothing(
    history: list[tuple[UUID, str, int, str | None, int]], data: st.DataObject
) -> None:
    state = LearnerState()
    for session_id, dish, number, code, severity in history:
        state = after(state, code, severity=severity, number=number, dish=dish, session_id=session_id)
    session_id, dish, number, code, severity = data.draw(st.sampled_from(history))
    assert after(state, code, severity=severity, number=number, dish=dish, session_id=session_id) == state
