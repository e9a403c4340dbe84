"""The one FFmpeg command."""

import pytest

from functions.render.framing import frame_picture
from functions.render.graph import Programme, chapter_file, command
from functions.render.order import RenderOptions
from functions.render.timeline import Timeline
from shared.models.media import Hdr, Rotation
from tests.functions.render.test_framing import media


def programme(*, hdr: Hdr = "none", rotation: Rotation = 0, gamma: float = 1.0) -> Programme:
    return Programme(
        timeline=Timeline(cues=[], pivot_frame=1000, clip_frame=1200, outro_frame=1800, frames=2200),
        framing=frame_picture(media(1920, 1080), 720),
        rotation_degrees=rotation,
        hdr=hdr,
        gamma=gamma,
        options=RenderOptions(),
    )


def graph_of(arguments: list[str]) -> str:
    return arguments[arguments.index("-filter_complex") + 1]


def test_there_is_one_graph_and_one_output() -> None:
    arguments = command(programme(), "ffmpeg")
    assert arguments.count("-filter_complex") == 1
    assert [argument for argument in arguments if argument.endswith((".mp4", ".jpg"))] == ["video.mp4"]


def test_every_input_is_a_file_or_a_pipe() -> None:
    arguments = command(programme(), "ffmpeg")
    places = [place for place, argument in enumerate(arguments) if argument == "-i"]
    assert [arguments[place + 1] for place in places] == ["pipe:0", "sound.wav", "chapters.txt"]
    assert all(arguments[place - 2 : place] == ["-protocol_whitelist", "file,pipe"] for place in places)


@pytest.mark.parametrize(("rotation", "turned"), [(0, ""), (90, "transpose=clock"), (270, "transpose=cclock")])
def test_picture_is_turned_upright(rotation: Rotation, turned: str) -> None:
    graph = graph_of(command(programme(rotation=rotation), "ffmpeg"))
    assert ("transpose" in graph) == bool(turned)
    assert turned in graph


def test_only_hdr_is_tone_mapped() -> None:
    assert "lut3d" not in graph_of(command(programme(), "ffmpeg"))
    assert "lut3d=file=hdr.cube" in graph_of(command(programme(hdr="hlg"), "ffmpeg"))


def test_only_dim_footage_is_brightened() -> None:
    assert "gamma" not in graph_of(command(programme(), "ffmpeg"))
    assert "eq=gamma=1.6" in graph_of(command(programme(gamma=1.6), "ffmpeg"))


def test_options_reach_the_encoder() -> None:
    changed = programme().model_copy(update={"options": RenderOptions(preset="veryfast", crf=26)})
    arguments = command(changed, "ffmpeg")
    assert arguments[arguments.index("-preset") + 1] == "veryfast"
    assert arguments[arguments.index("-crf") + 1] == "26"


def test_chapters_are_written_in_milliseconds() -> None:
    text = chapter_file(programme().timeline.chapters())
    assert text.startswith(";FFMETADATA1\n")
    assert text.count("[CHAPTER]") == 4
    assert "START=33333\nEND=40000\ntitle=ポイント" in text
