"""Reading the longest upload there is: what the worker of `prepare` takes of memory and time; and whether the rules
point at the moment that was planted, on films nobody tuned them on.

uv run pytest -m benchmark tests/benchmarks/test_signals.py -s
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from functions.prepare.main import PrepareRequest
from shared.models.analysis import Outcome
from tests.clips.evaluate import TOLERANCE_S, Watched, watch_all
from tests.clips.stories import SCENES
from tests.functions.prepare.footage import RATE, SOUND_RATE_HZ, Picture, write_film

pytestmark = pytest.mark.benchmark

MINUTES = 60
WIDTH, HEIGHT = 1920, 1080
LOOP_S = 20
MOST_MB = 600
MOST_TIMES_DECODING = 5.0
"""The worker may take this many times what only decoding key frames and sound takes in the same run."""

UNSEEN_SEEDS = range(14 * 9000, 14 * 9000 + 4 * len(SCENES))
"""Neither tuned on nor used by any other test."""
LEAST_PRECISION = LEAST_RECALL = 0.85

MEASURE = """\
import json, resource, sys, time
from pathlib import Path
from functions.prepare.contract import Job
from functions.prepare.sandbox import measure_apart
began = time.monotonic()
found = measure_apart(Path(sys.argv[1]), Path(sys.argv[2]), Job.model_validate_json(sys.argv[3]), time_limit_s=240)
took_s = time.monotonic() - began
peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"seconds": found.signals.seconds, "took_s": took_s, "peak_mb": peak_kb / 1024}))
"""
"""In a process of its own, whose only child is the worker."""


def kitchen() -> Iterator[Picture]:
    """Something that moves on something that does not, with a little grain: an hour of it stays below 2 GB."""
    random = np.random.default_rng(5)
    table = np.clip(random.normal(120, 2.5, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
    for number in range(LOOP_S * RATE):
        picture = table.copy()
        left = 40 + (number * 9) % (WIDTH - 640)
        picture[300:800, left : left + 500] = (150, 90 + number % 60, 40)
        yield picture


def longest_upload(directory: Path) -> Path:
    """An hour in 1080p: a short film, its packets copied again and again."""
    sound = np.random.default_rng(6).normal(0, 0.05, LOOP_S * SOUND_RATE_HZ).astype(np.float32)
    short = write_film(directory / "short.mp4", kitchen(), sound, options={"crf": "28"})
    path = directory / "hour.mp4"
    with av.open(str(path), "w") as target:
        copies = None
        for turn in range(MINUTES * 60 // LOOP_S):
            with av.open(str(short)) as source:
                if copies is None:
                    copies = [target.add_stream_from_template(stream) for stream in source.streams]
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None or packet.time_base is None:
                        continue
                    offset = round(turn * LOOP_S / packet.time_base)
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = copies[packet.stream_index]
                    target.mux(packet)
    short.unlink()
    return path


def decoding_s(path: Path) -> float:
    """The yardstick: seconds to decode the key frames and all of the sound, and to look at neither."""
    began = time.monotonic()
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.skip_frame = "NONKEY"
        for _ in container.decode(video=0, audio=0):
            pass
    return time.monotonic() - began


@pytest.mark.timeout(900)
def test_an_hour_in_1080p_is_read_within_its_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = longest_upload(tmp_path)
    size_mb = path.stat().st_size / 1e6
    knobs = PrepareRequest.model_fields
    job = {
        "minimum_s": knobs["min_duration_s"].default,
        "maximum_s": knobs["max_duration_s"].default,
        "key_frames": knobs["key_frames"].default,
        "cpu_s": 480,
        "memory_bytes": knobs["memory_limit_mb"].default * 1024**2,
    }
    work = tmp_path / "stills"
    work.mkdir()
    try:
        told = subprocess.run(
            [sys.executable, "-c", MEASURE, str(path), str(work), json.dumps(job)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, told.stderr
        measured = json.loads(told.stdout)
        yardstick_s = decoding_s(path)
    finally:
        path.unlink()
    ratio = measured["took_s"] / yardstick_s
    with capsys.disabled():
        print(f"\n{MINUTES} min in {HEIGHT}p, {size_mb:.0f} MB, {measured['seconds']} s of signals")
        print(f"{'only decoding':24}{yardstick_s:8.1f} s     1.0 ×")
        print(
            f"{'worker of prepare':24}{measured['took_s']:8.1f} s{ratio:8.1f} ×{measured['peak_mb']:10.0f} MB at most"
        )
    assert measured["seconds"] == MINUTES * 60
    assert measured["peak_mb"] < MOST_MB
    assert ratio <= MOST_TIMES_DECODING


def points_at_planted(clip: Watched) -> bool:
    """Whether the key moment lies within the tolerance of a planted one."""
    return any(abs(clip.analysis.key_moment_s - moment) <= TOLERANCE_S for moment in clip.story.moments_s)


@pytest.mark.timeout(900)
def test_the_rules_point_at_what_was_planted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = watch_all(UNSEEN_SEEDS, tmp_path)
    planted = [clip for clip in clips if clip.story.moments_s]
    pointed = [clip for clip in clips if clip.analysis.outcome is Outcome.COACHABLE]
    right = [clip for clip in pointed if points_at_planted(clip)]
    precision, recall = len(right) / max(1, len(pointed)), len(right) / len(planted)
    with capsys.disabled():
        print(f"\n{len(clips)} films, {len(planted)} with a planted moment; pointed at one in {len(pointed)}")
        print(f"within {TOLERANCE_S:g} s in {len(right)}: precision {precision:.3f}, recall {recall:.3f}")
        for clip in clips:
            if (clip in planted) != (clip in right) or (clip in pointed) != (clip in right):
                moments = ", ".join(f"{moment:.1f}" for moment in clip.story.moments_s) or "none"
                found = clip.analysis
                print(
                    f"  {clip.story.name} {clip.story.seed} {clip.story.dish}: expected {moments} s. "
                    f"Found: {found.outcome.value} at {found.key_moment_s:.1f} s"
                )
    assert precision >= LEAST_PRECISION
    assert recall >= LEAST_RECALL
