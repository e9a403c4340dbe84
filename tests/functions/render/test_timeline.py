"""The plan of the video in time."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.order import RenderFailed, VoicedSentence
from functions.render.timeline import FRAME_RATE, Timeline, plan_timeline
from shared.models.video import Part

PIVOT_S = 2.6


def sentence(part: Part, duration_s: float) -> VoicedSentence:
    return VoicedSentence(part=part, text="文。", wav=Path("x.wav"), duration_s=duration_s)


def script(part1_s: float, part2_s: float, *, sentence_s: float = 5.0) -> list[VoicedSentence]:
    """Sentences of about `sentence_s` that fill the two parts."""

    def part(name: Part, total_s: float) -> list[VoicedSentence]:
        count = max(1, round(total_s / sentence_s))
        return [sentence(name, total_s / count) for _ in range(count)]

    return [*part("part1", part1_s), sentence("pivot", PIVOT_S), *part("part2", part2_s)]


def plan(part1_s: float = 33, part2_s: float = 17, outro_s: float = 12, pause_s: float = 0.45) -> Timeline:
    return plan_timeline(script(part1_s, part2_s), pause_s=pause_s, outro_s=outro_s)


@pytest.mark.parametrize("part1_s", [28, 30, 35, 40])
@pytest.mark.parametrize("part2_s", [13, 15, 20])
@pytest.mark.parametrize("outro_s", [12, 14])
def test_scripts_of_the_asked_length_make_75_to_95_seconds(part1_s: float, part2_s: float, outro_s: float) -> None:
    assert 75 <= plan(part1_s, part2_s, outro_s).duration_s <= 95


def test_recap_keeps_its_length_for_a_usual_script() -> None:
    assert plan(outro_s=12).outro_frames == 12 * FRAME_RATE
    assert plan(outro_s=14).outro_frames == 14 * FRAME_RATE


def test_clip_lasts_fifteen_seconds_at_least() -> None:
    assert plan(part1_s=40, part2_s=6).clip_frames == 15 * FRAME_RATE


def test_clip_lasts_as_long_as_what_is_said_over_it() -> None:
    timeline = plan(part1_s=36, part2_s=20)
    said = [cue for cue in timeline.cues if cue.part == "part2"]
    assert timeline.outro_frame / FRAME_RATE >= said[-1].end_s
    assert timeline.clip_frames / FRAME_RATE <= said[-1].end_s - said[0].start_s + 3.3


def test_each_sentence_lies_within_its_part() -> None:
    timeline = plan()
    chapters = dict(zip(("part1", "pivot", "part2"), timeline.chapters(), strict=False))
    for cue in timeline.cues:
        assert chapters[cue.part].start_s <= cue.start_s
        assert cue.end_s <= chapters[cue.part].end_s


def test_chapters_follow_each_other_from_start_to_end() -> None:
    timeline = plan()
    chapters = timeline.chapters()
    assert [chapter.title for chapter in chapters] == ["原理と診断", "ポイント", "その瞬間", "まとめ"]
    assert chapters[0].start_s == 0
    assert chapters[-1].end_s == timeline.duration_s
    assert all(before.end_s == after.start_s for before, after in pairwise(chapters))


def test_short_script_breathes_before_the_recap_grows() -> None:
    natural, short = plan(35, 17), plan(28, 15)
    pauses = [after.start_s - before.end_s for before, after in pairwise(short.cues) if before.part == after.part]
    assert min(pauses) > 0.6
    assert short.cues[0].start_s > natural.cues[0].start_s


def test_very_short_script_is_said_to_be_so() -> None:
    timeline = plan(20, 10)
    assert timeline.outro_frames / FRAME_RATE == 24
    assert any("recap" in warning for warning in timeline.warnings)


def test_long_script_is_drawn_together() -> None:
    timeline = plan(52, 20)
    assert timeline.duration_s <= 95
    assert timeline.cues[0].start_s < 2


@pytest.mark.parametrize(("part1_s", "part2_s"), [(5, 3), (80, 30)])
def test_script_that_cannot_fit_is_refused_with_its_length(part1_s: float, part2_s: float) -> None:
    with pytest.raises(RenderFailed, match=r"expected a script that fills 60 to 120 s\. Found: .* s of voice"):
        plan(part1_s, part2_s)


@pytest.mark.parametrize(
    "parts", [("part1", "part2"), ("pivot", "part1", "part2"), ("part1", "part2", "pivot"), ("part1", "pivot")]
)
def test_parts_missing_or_out_of_order_are_refused(parts: tuple[Part, ...]) -> None:
    with pytest.raises(RenderFailed, match="expected sentences of part1, then pivot, then part2"):
        plan_timeline([sentence(part, 15) for part in parts], pause_s=0.4, outro_s=12)


@given(
    part1=st.lists(st.floats(0.4, 9), min_size=3, max_size=9),
    part2=st.lists(st.floats(0.4, 9), min_size=1, max_size=5),
    pause_s=st.floats(0, 2),
    outro_s=st.floats(5, 24),
)
def test_voice_never_overlaps_and_never_leaves_its_part(
    part1: list[float], part2: list[float], pause_s: float, outro_s: float
) -> None:
    sentences = [sentence("part1", s) for s in part1] + [sentence("pivot", PIVOT_S)]
    sentences += [sentence("part2", s) for s in part2]
    try:
        timeline = plan_timeline(sentences, pause_s=pause_s, outro_s=outro_s)
    except RenderFailed:
        return
    assert 60 <= timeline.duration_s <= 120
    assert all(before.end_s <= after.start_s for before, after in pairwise(timeline.cues))
    last = timeline.cues[-1]
    assert last.end_s <= timeline.outro_frame / FRAME_RATE
    first_of_clip = next(cue for cue in timeline.cues if cue.part == "part2")
    assert first_of_clip.start_s >= timeline.clip_frame / FRAME_RATE
    assert timeline.clip_frames >= 15 * FRAME_RATE
