"""Running FFmpeg beside the reader: what happens when either ends early, and that nothing stays behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from functions.render.encoder import Encoding
from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.footage.reader import ReadingReport, ReadingRequest
from functions.render.footage.shots import Stretch
from functions.render.order import RenderCancelled, RenderFailed
from tests.functions.render.films import film

FRAMES = 1800
OTHERS: set[int] = set()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film") / "source.mp4", length_s=6, rate=15)


def request_for(source: Path, *, cpu_s: int = 60) -> ReadingRequest:
    return ReadingRequest(
        source=str(source),
        width=320,
        height=180,
        pixel_format="yuv420p",
        black_below=38,
        duration_s=6.0,
        time_lapse_frames=FRAMES - 450,
        pictures_per_second=10,
        clip=[Stretch(0.0, FRAMES - 450 + start, 150, 1.0) for start in (0, 150, 300)],
        cpu_s=cpu_s,
    )


def arguments(*, slow: bool) -> list[str]:
    """FFmpeg that takes the pictures; at life's pace if slow."""
    pace = ["-re"] if slow else []
    inputs = ["-nostdin", "-v", "error", "-y", *pace, "-f", "nut", "-i", "pipe:0"]
    return [ffmpeg_binary(), *inputs, "-progress", "pipe:1", "-nostats", "-vf", "fps=30", "-f", "rawvideo", "out.yuv"]


def encode(encoding: Encoding, *, slow: bool = False, cancelled: threading.Event | None = None) -> ReadingReport:
    return encoding.encode(arguments(slow=slow), FRAMES, lambda _: None, cancelled or threading.Event())


@pytest.fixture(autouse=True)
def known_children() -> None:
    """Remember the children that were there before the test: servers other rooms keep for the whole run."""
    OTHERS.clear()
    OTHERS.update(child.pid for child in psutil.Process().children(recursive=True))


def children() -> list[psutil.Process]:
    """Give the living children this test has started."""
    living = [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if child.pid not in OTHERS]


def run(request: ReadingRequest, directory: Path, meanwhile: Callable[[Encoding], None], **knobs: float) -> None:
    """Run slowly, and do something to it after half a second."""
    with Encoding(request, directory, deadline_s=knobs.get("deadline_s", 30)) as encoding:
        timer = threading.Timer(0.6, lambda: meanwhile(encoding))
        timer.start()
        try:
            encode(encoding, slow=True)
        finally:
            timer.cancel()


def child_named(name: str) -> psutil.Process:
    return next(child for child in children() if any(name in part for part in child.cmdline()))


def test_pictures_arrive_and_both_end(source: Path, tmp_path: Path) -> None:
    with Encoding(request_for(source), tmp_path, deadline_s=60) as encoding:
        report = encode(encoding)
    assert report.way == "whole"
    assert report.lost == 0
    assert (tmp_path / "out.yuv").stat().st_size >= (FRAMES - 30) * 320 * 180 * 3 // 2
    assert children() == []


def test_killed_ffmpeg_is_an_error_that_says_so(source: Path, tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match="FFmpeg was ended by SIGKILL"):
        run(request_for(source), tmp_path, lambda _: child_named("out.yuv").kill())
    assert children() == []


def test_killed_reader_is_an_error_that_says_so(source: Path, tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match="the reader of the source was ended by SIGKILL"):
        run(request_for(source), tmp_path, lambda _: child_named("footage.reader").kill())
    assert children() == []


def test_deadline_ends_both(source: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(RenderFailed, match="expected the video before the deadline"):
        run(request_for(source), tmp_path, lambda _: None, deadline_s=1.0)
    assert time.monotonic() - started < 5
    assert children() == []


def test_cancelling_ends_both(source: Path, tmp_path: Path) -> None:
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    with (
        pytest.raises(RenderCancelled),
        Encoding(request_for(source), tmp_path, deadline_s=30) as encoding,
    ):
        encode(encoding, slow=True, cancelled=cancelled)
    assert children() == []


def test_file_that_is_no_video_is_an_error_that_says_so(tmp_path: Path) -> None:
    text = tmp_path / "source.mp4"
    text.write_text("no video " * 1000)
    with (
        pytest.raises(RenderFailed, match="the source could not be read"),
        Encoding(request_for(text), tmp_path, deadline_s=30) as encoding,
    ):
        encode(encoding)


@pytest.mark.parametrize("name", ["http://127.0.0.1:9/source.mp4", "concat:a.mp4|b.mp4", "subfile,,start,0,,:x.mp4"])
def test_reader_opens_nothing_but_files(name: str, source: Path) -> None:
    request = asdict(request_for(source)) | {"source": name}
    run_ = subprocess.run(
        [sys.executable, "-m", "functions.render.footage.reader"],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert run_.returncode == 1
    assert b"report" in run_.stderr


def test_playlist_posing_as_a_video_opens_nothing(tmp_path: Path, source: Path) -> None:
    playlist = tmp_path / "source.mp4"
    playlist.write_text(f"#EXTM3U\n#EXTINF:6,\nfile://{source}\n#EXT-X-ENDLIST\n")
    with (
        pytest.raises(RenderFailed, match="the source could not be read"),
        Encoding(request_for(playlist), tmp_path, deadline_s=30) as encoding,
    ):
        encode(encoding)


def test_reader_sees_no_secrets(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    seen: list[dict[str, str]] = []

    def look(_: Encoding) -> None:
        seen.extend(child.environ() for child in children())
        child_named("out.yuv").kill()

    with pytest.raises(RenderFailed):
        run(request_for(source), tmp_path, look)
    assert len(seen) == 2
    assert all("DATABASE_URL" not in environment for environment in seen)


def test_reader_has_limits(source: Path, tmp_path: Path) -> None:
    limits: dict[str, str] = {}

    def look(_: Encoding) -> None:
        reader = Path(f"/proc/{child_named('footage.reader').pid}")
        while limits.get("Max open files") != "64":  # the last one that matters
            text = (reader / "limits").read_text(encoding="ascii")
            limits.update({line[:25].strip(): line[26:46].strip() for line in text.splitlines()})
            time.sleep(0.01)
        child_named("out.yuv").kill()

    if not Path("/proc/self/limits").exists():
        pytest.skip("limits are read from /proc, which only Linux has")
    with pytest.raises(RenderFailed):
        run(request_for(source, cpu_s=42), tmp_path, look)
    assert limits["Max cpu time"] == "42"
    assert limits["Max core file size"] == "0"
    assert int(limits["Max address space"]) < 8 * 1024**3


def test_nothing_outlives_a_killed_render(source: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps(asdict(request_for(source))))
    program = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from functions.render.encoder import Encoding\n"
        "from functions.render.footage.reader import ReadingRequest\n"
        f"request = ReadingRequest.from_json(Path({str(request)!r}).read_text())\n"
        f"with Encoding(request, Path({str(tmp_path)!r}), deadline_s=60) as encoding:\n"
        "    say = lambda _: print('on', flush=True)\n"
        f"    encoding.encode({arguments(slow=False)!r}, {FRAMES}, say, threading.Event())\n"
    )
    render = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert render.stdout is not None
    assert render.stdout.readline() == b"on\n"
    started = psutil.Process(render.pid).children(recursive=True)
    os.kill(render.pid, signal.SIGKILL)
    render.wait()
    render.stdout.close()
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []


def test_ffmpeg_without_libass_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poor = tmp_path / "bin" / "ffmpeg"
    poor.parent.mkdir()
    poor.write_text('#!/bin/sh\necho " ... scale V->V Scale the input video."\n')
    poor.chmod(0o755)
    monkeypatch.setenv("PATH", str(poor.parent))
    ffmpeg_binary.cache_clear()
    try:
        assert ffmpeg_binary() != str(poor)
    finally:
        ffmpeg_binary.cache_clear()


def test_ffmpeg_from_path_is_preferred_where_it_can_do_the_job() -> None:
    on_path = shutil.which("ffmpeg")
    if on_path is None:
        pytest.skip("there is no ffmpeg on PATH")
    assert ffmpeg_binary() == on_path or "imageio" in ffmpeg_binary()
