"""The clip that is filmed for those who have none."""

from pathlib import Path

import av
import numpy as np
import pytest

from functions.analyze.signs.curves import Film
from functions.analyze.signs.find import find_signs
from functions.prepare import probe, signals
from functions.prepare.signals import Limits
from local.sample.plan import Plan, plan_clip
from local.sample_clip import DURATION_S, SampleClipError, make_sample_clip
from shared.models.analysis import Sign
from shared.models.media import MediaInfo, Signals


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan, list[float]]:
    path = tmp_path_factory.mktemp("clip") / "sample.mp4"
    shown: list[float] = []
    return path, make_sample_clip(path, progress=shown.append), shown


@pytest.fixture(scope="module")
def measured(clip: tuple[Path, Plan, list[float]]) -> tuple[MediaInfo, Signals]:
    path = clip[0]
    with probe.opened(path) as container:
        header = probe.read_header(container, path.stat().st_size)
    with probe.opened(path) as container:
        found = signals.measure(container, header, Limits(5.0, 3600.0), stills=1)
    return found.media, found.signals


def test_it_is_what_a_phone_films(measured: tuple[MediaInfo, Signals]) -> None:
    media, _ = measured
    assert (media.width, media.height, media.video_codec, media.audio_codec) == (1280, 720, "h264", "aac")
    assert media.duration_s == pytest.approx(DURATION_S, abs=0.1)
    assert media.frame_rate == pytest.approx(30.0, rel=0.01)
    assert not media.variable_frame_rate


def test_its_parts_join_without_a_seam(clip: tuple[Path, Plan, list[float]]) -> None:
    with av.open(str(clip[0])) as container:
        times = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    assert len(times) == round(DURATION_S * 30)
    assert len(set(np.diff(times))) == 1


def test_the_planted_moment_is_found(clip: tuple[Path, Plan, list[float]], measured: tuple[MediaInfo, Signals]) -> None:
    found = [evidence for evidence in find_signs(Film(measured[1])) if evidence.sign is Sign.WEAK_SIZZLE]
    assert found
    assert found[0].time_s == pytest.approx(clip[1].drop_s, abs=2.0)


def test_progress_is_shown(clip: tuple[Path, Plan, list[float]]) -> None:
    assert clip[2][0] == 0.0
    assert clip[2][-1] == 1.0


def test_the_same_seed_plans_the_same_clip_and_another_one_another() -> None:
    assert plan_clip("fried-rice", 1, 45.0) == plan_clip("fried-rice", 1, 45.0)
    assert plan_clip("fried-rice", 1, 45.0) != plan_clip("fried-rice", 2, 45.0)


def test_a_dish_without_a_recipe_is_cooked_with_vegetables() -> None:
    assert plan_clip("no-such-dish", 1, 45.0).ingredients() == plan_clip("another", 1, 45.0).ingredients()


def test_a_clip_too_short_for_its_story_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 20"):
        make_sample_clip(tmp_path / "short.mp4", duration_s=10.0)


def test_a_process_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(SampleClipError, match="part0"):
        make_sample_clip(tmp_path / "clip.mp4", duration_s=20.0)
