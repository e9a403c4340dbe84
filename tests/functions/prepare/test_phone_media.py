"""Real clips from phones. They are not part of the repository: MOMENT_MEDIA_DIR says where they are."""

import os
from pathlib import Path

import pytest

from functions.prepare import probe
from functions.prepare.signals import Limits
from shared.models.media import MediaInfo
from tests.functions.prepare.test_signals import measured

DIRECTORY = Path(os.environ.get("MOMENT_MEDIA_DIR", "/nonexistent"))
pytestmark = pytest.mark.skipif(not DIRECTORY.is_dir(), reason="MOMENT_MEDIA_DIR does not name a folder of phone clips")


def media_of(name: str) -> MediaInfo:
    return measured(DIRECTORY / name, limits=Limits(minimum_s=1.0, maximum_s=3600.0)).media


def test_an_iphone_clip_is_upright_and_counts_its_seconds() -> None:
    media = media_of("iphone6_rot90_h264.mov")
    assert (media.width, media.height, media.rotation_degrees) == (320, 568, 90)
    assert media.duration_s == pytest.approx(4.0, abs=0.05)
    assert not media.variable_frame_rate


def test_an_hdr_clip_with_an_edit_list_is_as_long_as_it_plays() -> None:
    media = media_of("hevc_hlg10_rot90_editlist.mp4")
    assert (media.hdr, media.video_codec) == ("hlg", "hevc")
    assert (media.width, media.height) == (1080, 1920)
    assert media.duration_s == pytest.approx(2.55, abs=0.05)


def test_a_variable_rate_is_seen() -> None:
    assert media_of("vfr_portrait_flir_h264.mp4").variable_frame_rate


def test_4_97_seconds_are_five() -> None:
    found = measured(DIRECTORY / "rot180_h264_aac.mp4", limits=Limits(minimum_s=5.0, maximum_s=3600.0))
    assert found.media.rotation_degrees == 180
    assert found.signals.seconds == 5


def test_key_frames_eight_seconds_apart_still_give_movement_each_second() -> None:
    motion = measured(DIRECTORY / "long17s_h264_aac.mp4").signals.motion
    assert len(set(motion[:8])) > 5


def test_a_voice_memo_is_no_video() -> None:
    with pytest.raises(probe.Refused, match="audio"), probe.opened(DIRECTORY / "memo_ja.m4a") as container:
        probe.read_header(container, 1)
