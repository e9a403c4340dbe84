"""The check of the finished file: it must notice every promise that is broken."""

import shutil
import subprocess
from pathlib import Path

import pytest

from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.framing import Framing, frame_picture
from functions.render.order import RenderFailed
from functions.render.timeline import Timeline
from functions.render.verify import PeaksTooHigh, verify
from tests.functions.render.made import Made


def framing(made: Made) -> Framing:
    return frame_picture(made.order.media, made.order.options.height)


def problems(video: Path, made: Made, timeline: Timeline | None = None, frame: Framing | None = None) -> str:
    """What verification says of a file that should be refused."""
    with pytest.raises(RenderFailed) as refusal:
        verify(video, timeline or made.timeline, frame or framing(made), ffmpeg_binary())
    return str(refusal.value)


def changed(made: Made, tmp_path: Path, *arguments: str, inputs: tuple[str, ...] = ()) -> Path:
    """The finished video passed through FFmpeg once more."""
    video = tmp_path / "changed.mp4"
    source = ("-i", str(made.video.video))
    command = [ffmpeg_binary(), "-nostdin", "-v", "error", "-y", *inputs, *source, *arguments, str(video)]
    subprocess.run(command, check=True)
    return video


def test_finished_video_is_as_promised(lying: Made) -> None:
    measured = verify(lying.video.video, lying.timeline, framing(lying), ffmpeg_binary())
    assert measured.duration_s == lying.timeline.duration_s
    assert measured.loudness_lufs == pytest.approx(-16, abs=0.6)
    assert measured.true_peak_dbtp <= -1.5


def test_other_length_is_noticed(lying: Made) -> None:
    longer = lying.timeline.model_copy(update={"frames": lying.timeline.frames + 10})
    found = problems(lying.video.video, lying, timeline=longer)
    assert f"expected {longer.frames} frames. Found: {lying.timeline.frames}" in found


def test_other_size_is_noticed(lying: Made) -> None:
    assert "expected size (240, 426). Found: (426, 240)" in problems(
        lying.video.video, lying, frame=Framing(240, 426, 264, 450)
    )


def test_index_at_the_end_is_noticed(lying: Made, tmp_path: Path) -> None:
    assert "expected the index before the media" in problems(changed(lying, tmp_path, "-c", "copy"), lying)


def test_metadata_and_missing_chapters_are_noticed(lying: Made, tmp_path: Path) -> None:
    place = ("-metadata", "location=+35.68+139.76/", "-map_chapters", "-1", "-movflags", "+faststart")
    found = problems(changed(lying, tmp_path, "-c", "copy", *place), lying)
    assert "expected no metadata" in found
    assert "+35.6800+139.7600/" in found
    assert "expected the chapters ['原理と診断', 'ポイント', 'その瞬間', 'まとめ']. Found: []" in found


def test_quiet_sound_is_noticed(lying: Made, tmp_path: Path) -> None:
    found = problems(changed(lying, tmp_path, "-c:v", "copy", "-af", "volume=-4dB"), lying)
    assert "expected -16.0 LUFS ± 1.0. Found: -20" in found


def test_clipping_sound_is_noticed(lying: Made, tmp_path: Path) -> None:
    # The same loudness over all, with one overdriven second.
    loud = "volume=enable='between(t,20,20.4)':volume=12dB"
    video = changed(lying, tmp_path, "-c:v", "copy", "-af", loud, "-movflags", "+faststart")
    with pytest.raises(PeaksTooHigh, match=r"expected a true peak of at most -1\.5 dBTP"):
        verify(video, lying.timeline, framing(lying), ffmpeg_binary())


def test_sound_that_runs_late_is_noticed(lying: Made, tmp_path: Path) -> None:
    late = ("-itsoffset", "0.12", "-i", str(lying.video.video))
    mapped = ("-map", "1:v", "-map", "0:a", "-c", "copy", "-movflags", "+faststart")
    assert "expected picture and sound within 40 ms. Found: 1" in problems(
        changed(lying, tmp_path, *mapped, inputs=late), lying
    )


def test_black_and_frozen_stretches_are_noticed(lying: Made, tmp_path: Path) -> None:
    broken = "drawbox=c=black:t=fill:enable='between(t,10,10.8)',loop=loop=24:size=1:start=600"
    found = problems(changed(lying, tmp_path, "-vf", broken, "-preset", "superfast", "-c:a", "copy"), lying)
    assert "s black before the recap. Found: 0.8" in found
    assert "s frozen before the recap. Found: 0.8" in found


def test_torn_file_is_noticed(lying: Made, tmp_path: Path) -> None:
    torn = tmp_path / "torn.mp4"
    shutil.copy(lying.video.video, torn)
    with torn.open("r+b") as file:
        file.truncate(lying.video.size_bytes // 2)
    found = problems(torn, lying)
    assert f"expected {lying.timeline.frames} frames" in found
