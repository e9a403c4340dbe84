"""How pictures of any shape are fitted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.framing import CROPPED_AT_MOST, frame_picture
from shared.models.media import MediaInfo


def media(width: int, height: int) -> MediaInfo:
    return MediaInfo(
        container="mov",
        duration_s=60,
        size_bytes=1,
        video_codec="h264",
        width=width,
        height=height,
        rotation_degrees=0,
        frame_rate=30,
        variable_frame_rate=False,
        pixel_format="yuv420p",
        hdr="none",
        audio_codec=None,
    )


@pytest.mark.parametrize(
    ("size", "video", "fills"),
    [
        ((1920, 1080), (1280, 720), True),
        ((3840, 2160), (1280, 720), True),
        ((1080, 1920), (720, 1280), True),
        ((568, 320), (1280, 720), True),
        ((1920, 1200), (1280, 720), True),
        ((640, 480), (1280, 720), False),
        ((1080, 1440), (720, 1280), False),
        ((2560, 1080), (1280, 720), False),
        ((1000, 1000), (1280, 720), False),
        ((1081, 1921), (720, 1280), True),
    ],
)
def test_video_is_16_to_9_in_the_orientation_of_the_source(
    size: tuple[int, int], video: tuple[int, int], fills: bool
) -> None:
    framing = frame_picture(media(*size), 720)
    assert (framing.width, framing.height) == video
    assert framing.fills is fills


@given(st.integers(16, 8000), st.integers(16, 8000), st.sampled_from([240, 480, 720, 1080]))
def test_any_picture_keeps_its_shape_and_fills_or_fits(width: int, height: int, short_side: int) -> None:
    framing = frame_picture(media(width, height), short_side)
    numbers = [framing.width, framing.height, framing.picture_width, framing.picture_height]
    assert all(number % 2 == 0 and number > 0 for number in numbers)
    stage_width, stage_height = framing.stage
    if framing.fills:
        shown = (stage_width * stage_height) / (framing.picture_width * framing.picture_height)
        assert shown >= 1 - CROPPED_AT_MOST - 0.03
    else:
        assert framing.picture_width <= stage_width
        assert framing.picture_height <= stage_height
    if min(framing.picture_width, framing.picture_height) > 100:
        assert framing.picture_width / framing.picture_height == pytest.approx(width / height, rel=0.03)


@pytest.mark.parametrize(("rotation", "swapped"), [(0, False), (90, True), (180, False), (270, True)])
def test_turned_picture_is_scaled_before_it_is_turned(rotation: int, swapped: bool) -> None:
    framing = frame_picture(media(1080, 1920), 720)
    upright = (framing.picture_width, framing.picture_height)
    assert framing.coded_size(rotation) == (upright[::-1] if swapped else upright)
