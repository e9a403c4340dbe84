"""How far a run is, from a stage's share and back."""

import pytest

from shared.progress import SPANS, fraction, percent


@pytest.mark.parametrize("stage", SPANS)
def test_a_stage_starts_at_none_and_ends_at_all_of_it(stage: str) -> None:
    assert fraction(stage, percent(stage, 0.0)) == 0.0
    assert fraction(stage, percent(stage, 1.0)) == 1.0


def test_half_of_the_render_is_seen_as_half() -> None:
    assert fraction("render", percent("render", 0.5)) == pytest.approx(0.5, abs=0.02)


def test_percents_of_other_stages_stay_within_the_stage() -> None:
    assert fraction("coach", 0) == 0.0
    assert fraction("coach", 100) == 1.0
