"""The generator itself: honest truths, and as many kinds of kitchen as promised."""

from pathlib import Path

import numpy as np
import pytest

from functions.prepare import probe
from knowledge_base.catalogue import load_catalogue
from shared.models.analysis import Outcome
from tests.clips.film import film
from tests.clips.hear import soundtrack
from tests.clips.stories import SCENES, story_of
from tests.clips.story import Distractors

SEEDS = range(140)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_story_is_true_to_its_dish_and_its_length(seed: int) -> None:
    story, catalogue = story_of(seed), load_catalogue()
    possible = {mistake.code for mistake in catalogue.mistakes_for(story.dish)}
    assert not story.mistakes or story.mistakes[0] in possible
    assert (story.outcome is Outcome.COACHABLE) == bool(story.mistakes) == bool(story.moments_s)
    assert all(0 <= moment < story.duration_s - 3 for moment in story.moments_s)
    assert all(0 <= planted.time_s < planted.end_s <= story.duration_s + 3 for planted in story.planted)
    for curve in (story.sizzle, story.browning, story.haze, story.pops):
        times = [time for time, _ in curve]
        assert times == sorted(times)


def test_the_same_seed_tells_the_same_story_and_scenes_take_turns() -> None:
    assert story_of(7) == story_of(7)
    assert [story_of(seed).name for seed in range(len(SCENES))] == [scene.__name__ for scene in SCENES]


def test_kitchens_differ() -> None:
    stories = [story_of(seed) for seed in SEEDS]
    assert len({story.dish for story in stories}) >= 8
    assert any(story.silent for story in stories)
    plain = Distractors()
    for field in ("fan_db", "talk", "music_db", "shake", "exposure", "reaching_s", "clatter_s"):
        shares = np.mean([getattr(story.distractors, field) != getattr(plain, field) for story in stories])
        assert 0.1 < shares < 0.98, field


def test_a_film_is_as_long_as_its_story_and_sounds_like_it(tmp_path: Path) -> None:
    story = story_of(14 * 5)
    path = film(story, tmp_path)
    with probe.opened(path) as container:
        header = probe.read_header(container, path.stat().st_size)
    assert header.duration_s == pytest.approx(story.duration_s, abs=0.3)
    assert float(np.abs(soundtrack(story, 16_000)).max()) <= 0.981
