"""What a render costs, beside what it would cost done naively and what no design can go below.

- naive: the whole source decoded into the time-lapse, the moment cut out, an outro, the three joined; a process each.
- limit: only what cannot be left out: encoding the finished frames, and decoding the pictures they are made of.

Yardsticks and renders take turns in one run, so that a drift of the machine touches all alike. Sources look like a
phone's to a codec: 1080p, 30 pictures and one key frame a second, 17 Mbit/s, the index at the end.

uv run pytest -m benchmark tests/benchmarks/test_render.py -s
"""

import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from functions.render.compose import compose
from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.order import RenderOptions
from functions.render.timeline import plan_timeline
from tests.functions.render.films import order_for

UNIT_S = 20
SHORT_MIN, USUAL_MIN, LONG_MIN = 1, 5, 25
RUNS = 3
OPTIONS = RenderOptions()
SIZE = "1280x720"
KEY_MOMENT_S = 40.0
NAIVE_WALL_SHARE = 0.6
"""The naive way grows with the source, so this is generous at five minutes."""
LIMIT_CPU_RATIO = 2.0
"""Over the limit come drawing, sound, sending the pictures from one process to the other, and measuring the result."""
FLAT_CPU_RATIO = 1.25
"""A long source may cost this many times what a shorter one costs."""


class Cost(NamedTuple):
    """Of one run."""

    wall_s: float
    cpu_s: float


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Path]]:
    """By minutes. Deleted afterwards: the longest has 3 GB."""
    directory = tmp_path_factory.mktemp("sources")
    unit = directory / "unit.mp4"
    scene = (
        "mandelbrot=s=2112x1188:r=1:start_scale=0.02:maxiter=300,trim=end_frame=1,loop=-1:1,fps=30,setpts=N/30/TB,"
        "crop=1920:1080:x='96+80*sin(n/20)':y='54+45*cos(n/27)',noise=c0s=6:c0f=t+u,eq=brightness='0.03*sin(t*3)':eval=frame"
    )
    run(
        *("-f", "lavfi", "-i", scene, "-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.03:r=48000", "-t", UNIT_S),
        *("-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "high", "-b:v", "17M", "-maxrate", "20M"),
        *("-bufsize", "17M", "-g", 30, "-bf", 0, "-pix_fmt", "yuv420p", "-c:a", "aac", unit),
    )
    made = {minutes: directory / f"{minutes}.mp4" for minutes in (SHORT_MIN, USUAL_MIN, LONG_MIN)}
    for minutes, path in made.items():
        run("-stream_loop", minutes * 60 // UNIT_S - 1, "-i", unit, "-c", "copy", path)
    yield made
    shutil.rmtree(directory)


def run(*arguments: object) -> None:
    """One FFmpeg."""
    subprocess.run([ffmpeg_binary(), "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)


def cost_of(work: Callable[[], object]) -> Cost:
    """Of this process and of those it starts."""

    def cpu_s() -> float:
        usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    started_s, cpu_before_s = time.monotonic(), cpu_s()
    work()
    return Cost(time.monotonic() - started_s, cpu_s() - cpu_before_s)


def render(source: Path, directory: Path) -> Path:
    """Our video of a source."""
    workspace = directory / "work"
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir()
    order = order_for(source, directory, key_moment_s=KEY_MOMENT_S)
    return compose(order.model_copy(update={"options": OPTIONS}), workspace).video


def naive(source: Path, source_s: float, directory: Path, lengths_s: tuple[float, float, float]) -> None:
    """Three files and a fourth: time-lapse, moment and outro of the lengths of ours, encoded as ours."""
    intro_s, clip_s, outro_s = lengths_s
    tone = ("-f", "lavfi", "-i", "sine=220:r=48000")
    encoding = ("-map", "0:v", "-map", "1:a", *("-c:v", "libx264", "-preset", OPTIONS.preset, "-crf", OPTIONS.crf))
    fit = "scale=1280:720,fps=30,format=yuv420p"
    speed = f"setpts=PTS/{source_s / intro_s:.6f},{fit}"
    parts = (
        ("-i", source, *tone, "-vf", speed, "-t", intro_s),
        ("-ss", KEY_MOMENT_S, "-i", source, *tone, "-vf", fit, "-t", clip_s),
        ("-f", "lavfi", "-i", f"color=black:s={SIZE}:r=30", *tone, "-vf", fit, "-t", outro_s),
    )
    for number, part in enumerate(parts):
        run(*part, *encoding, "-c:a", "aac", "-ac", 2, directory / f"part{number}.mp4")
    listing = directory / "parts.txt"
    listing.write_text("".join(f"file 'part{number}.mp4'\n" for number in range(len(parts))), encoding="utf-8")
    run("-f", "concat", "-i", listing, "-c", "copy", "-movflags", "+faststart", directory / "naive.mp4")


def encode_frames(frames: Path, directory: Path) -> None:
    """Finished frames to H.264, and nothing else."""
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", SIZE, "-r", 30, "-i", frames)
    extra = ("-x264-params", "mbtree=1:rc-lookahead=40", "-profile:v", "high")
    run(*raw, "-c:v", "libx264", "-preset", OPTIONS.preset, "-crf", OPTIONS.crf, *extra, directory / "limit.mp4")


def decode_shown(source: Path, clip_s: float) -> None:
    """The key frames and the clip, and nothing else."""
    sink = ("-map", "0:v:0", "-f", "null", "-")
    run("-discard", "nokey", "-skip_frame", "nokey", "-i", source, "-fps_mode", "passthrough", *sink)
    run("-ss", KEY_MOMENT_S, "-t", clip_s, "-i", source, *sink)


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_render_beside_the_naive_way_and_the_limit(sources: dict[int, Path], tmp_path: Path) -> None:
    source = sources[USUAL_MIN]
    order = order_for(source, tmp_path, key_moment_s=KEY_MOMENT_S)
    timeline = plan_timeline(order.sentences, pause_s=order.pause_s, outro_s=OPTIONS.outro_s)
    lengths_s = (timeline.clip_frame / 30, timeline.clip_frames / 30, timeline.outro_frames / 30)
    frames = tmp_path / "frames.yuv"
    run("-i", render(source, tmp_path), "-pix_fmt", "yuv420p", "-f", "rawvideo", frames)

    ways: dict[str, Callable[[], object]] = {
        "naive": lambda: naive(source, USUAL_MIN * 60, tmp_path, lengths_s),
        "limit: encode": lambda: encode_frames(frames, tmp_path),
        "limit: decode": lambda: decode_shown(source, lengths_s[1]),
        "ours": lambda: render(source, tmp_path),
    }
    costs = medians(ways)
    frames.unlink()
    limit_cpu_s = costs["limit: encode"].cpu_s + costs["limit: decode"].cpu_s
    ours, naively = costs["ours"], costs["naive"]
    show(f"{USUAL_MIN} minutes of 1080p into {timeline.duration_s:.0f} s of 720p", costs)
    print(f"ours / naive: wall {ours.wall_s / naively.wall_s:.2f}, CPU {ours.cpu_s / naively.cpu_s:.2f}")
    print(f"ours / limit: CPU {ours.cpu_s / limit_cpu_s:.2f}")
    assert ours.wall_s <= NAIVE_WALL_SHARE * naively.wall_s
    assert ours.cpu_s <= LIMIT_CPU_RATIO * limit_cpu_s


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_render_is_flat_in_the_length_of_the_source(sources: dict[int, Path], tmp_path: Path) -> None:
    costs = medians({f"{minutes} min": partial(render, path, tmp_path) for minutes, path in sources.items()})
    show("by length of the source", costs)
    long = costs[f"{LONG_MIN} min"]
    ratios = {minutes: long.cpu_s / costs[f"{minutes} min"].cpu_s for minutes in (SHORT_MIN, USUAL_MIN)}
    for minutes, ratio in ratios.items():
        print(f"{LONG_MIN} min / {minutes} min: CPU {ratio:.2f}")
    assert max(ratios.values()) <= FLAT_CPU_RATIO


def medians(ways: dict[str, Callable[[], object]]) -> dict[str, Cost]:
    """Of `RUNS` interleaved runs."""
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, way in ways.items():
            costs[name].append(cost_of(way))
    return {
        name: Cost(*(statistics.median(figures) for figures in zip(*measured, strict=True)))
        for name, measured in costs.items()
    }


def show(title: str, costs: dict[str, Cost]) -> None:
    print(f"\n{title:44}{'wall s':>9}{'CPU s':>9}")
    for name, cost in costs.items():
        print(f"{name:44}{cost.wall_s:9.1f}{cost.cpu_s:9.1f}")
