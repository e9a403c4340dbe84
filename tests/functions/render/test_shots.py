"""Which pictures are shown when."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.footage.shots import (
    FASTEST,
    FEWEST_STILLS_PER_S,
    SLOWEST,
    SLOWEST_CLIP,
    Source,
    Stretch,
    plan_clip,
    plan_time_lapse,
)

FULL_HD, UHD = 1920 * 1080, 3840 * 2160
FRAMES = 45 * 30


def source(duration_s: float, *, key_every_s: float = 1.0, pixels: int = FULL_HD, frame_rate: float = 30) -> Source:
    keys = [number * key_every_s for number in range(int(duration_s / key_every_s) + 1)]
    return Source(duration_s, [key for key in keys if key < duration_s], pixels, frame_rate)


def filled(stretches: list[Stretch], first: int, frames: int) -> bool:
    """Whether stretches fill output frames without gap or overlap."""
    ends = [first, *(stretch.at_frame + stretch.frames for stretch in stretches)]
    starts = [*(stretch.at_frame for stretch in stretches), first + frames]
    return ends == starts


@pytest.mark.parametrize(
    ("duration_s", "key_every_s", "way"),
    [
        (5, 1, "whole"),
        (60, 1, "whole"),
        (72, 8.3, "whole"),
        (120, 1, "shots"),
        (600, 1, "stills"),
        (3600, 1, "stills"),
        (600, 8.3, "shots"),
        (3600, 8.3, "stills"),
    ],
)
def test_way_depends_on_length_and_key_frames(duration_s: float, key_every_s: float, way: str) -> None:
    assert plan_time_lapse(source(duration_s, key_every_s=key_every_s), FRAMES, pictures_per_second=10).way == way


def test_source_without_an_index_is_shown_in_shots() -> None:
    plan = plan_time_lapse(Source(600, [], FULL_HD, 30), FRAMES, pictures_per_second=10)
    assert plan.way == "shots"
    assert filled(plan.stretches, 0, FRAMES)


@pytest.mark.parametrize("duration_s", [600, 1800, 3600])
def test_work_does_not_grow_with_a_long_source(duration_s: float) -> None:
    plan = plan_time_lapse(source(duration_s), FRAMES, pictures_per_second=10)
    assert len(plan.stills) == 450


def test_heavy_pictures_are_fewer() -> None:
    plan = plan_time_lapse(source(600, pixels=UHD), FRAMES, pictures_per_second=10)
    assert len(plan.stills) == round(FRAMES / 30 * FEWEST_STILLS_PER_S)


def test_stills_span_the_whole_cooking() -> None:
    plan = plan_time_lapse(source(1800), FRAMES, pictures_per_second=10)
    assert plan.stills[0].time_s == 0
    assert plan.stills[-1].time_s > 1780
    assert plan.stills[0].at_frame == 0
    assert all(before.at_frame < after.at_frame for before, after in pairwise(plan.stills))


def test_shots_begin_at_key_frames_and_span_the_source() -> None:
    film = source(400, key_every_s=4)
    plan = plan_time_lapse(film, FRAMES, pictures_per_second=10)
    assert all(stretch.start_s in film.key_times_s for stretch in plan.stretches)
    assert plan.stretches[-1].end_s > 380
    assert filled(plan.stretches, 0, FRAMES)


@pytest.mark.parametrize("duration_s", [5, 11, 24, 35])
def test_short_source_is_shown_in_complete_passes_hardly_slower_than_life(duration_s: float) -> None:
    plan = plan_time_lapse(source(duration_s), FRAMES, pictures_per_second=10)
    assert all(stretch.speed >= SLOWEST for stretch in plan.stretches)
    assert all(stretch.end_s == pytest.approx(duration_s, abs=0.05) for stretch in plan.stretches)
    assert filled(plan.stretches, 0, FRAMES)


def test_clip_begins_before_the_moment_at_natural_speed() -> None:
    stretches, moments = plan_clip(100, 600, 450, lead_s=3, at_frame=1000)
    assert stretches == [Stretch(97, 1000, 450, 1.0)]
    assert moments == [1090]


@pytest.mark.parametrize(("moment_s", "start_s", "seen_at"), [(1.0, 0.0, 30), (58.0, 45.0, 390)])
def test_moment_near_an_end_moves_the_window(moment_s: float, start_s: float, seen_at: int) -> None:
    stretches, moments = plan_clip(moment_s, 60, 450, lead_s=3, at_frame=0)
    assert stretches == [Stretch(start_s, 0, 450, 1.0)]
    assert moments == [seen_at]


def test_source_shorter_than_the_clip_is_slowed_by_a_quarter_at_most() -> None:
    stretches, _ = plan_clip(6, 13, 450, lead_s=3, at_frame=0)
    assert [stretch.speed for stretch in stretches] == [pytest.approx(13 / 15)]
    again, moments = plan_clip(3, 5, 450, lead_s=3, at_frame=0)
    assert {stretch.speed for stretch in again} == {SLOWEST_CLIP}
    assert [stretch.frames for stretch in again] == [187, 187, 76]
    assert moments == [112, 299]  # the last pass is cut before it comes


@given(
    duration_s=st.floats(5, 3600),
    key_every_s=st.floats(0.2, 60),
    pixels=st.sampled_from([320 * 240, FULL_HD, UHD]),
    frame_rate=st.floats(5, 120),
    frames=st.integers(600, 2400),
)
def test_any_source_fills_the_time_lapse(
    duration_s: float, key_every_s: float, pixels: int, frame_rate: float, frames: int
) -> None:
    film = source(duration_s, key_every_s=key_every_s, pixels=pixels, frame_rate=frame_rate)
    plan = plan_time_lapse(film, frames, pictures_per_second=10)
    if plan.stills:
        assert plan.stills[0].at_frame == 0
        assert all(1 <= after.at_frame - before.at_frame <= 7 for before, after in pairwise(plan.stills))
    else:
        assert filled(plan.stretches, 0, frames)
        assert all(SLOWEST - 1e-9 <= stretch.speed <= FASTEST for stretch in plan.stretches)
        assert all(stretch.end_s <= duration_s + 0.05 for stretch in plan.stretches)


@given(duration_s=st.floats(5, 3600), share=st.floats(0, 1), frames=st.integers(450, 1200), lead_s=st.floats(0, 10))
def test_any_moment_is_seen_in_the_clip(duration_s: float, share: float, frames: int, lead_s: float) -> None:
    moment_s = share * (duration_s - 0.1)
    stretches, moments = plan_clip(moment_s, duration_s, frames, lead_s=lead_s, at_frame=700)
    assert filled(stretches, 700, frames)
    assert moments
    assert all(stretch.start_s >= 0 and stretch.end_s <= duration_s + 0.05 for stretch in stretches)
    assert all(stretch.speed >= SLOWEST_CLIP for stretch in stretches)
