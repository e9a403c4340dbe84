"""A cooking clip for those who have none at hand: filmed from above, with sound, and with one mistake in it.

Food goes into a pan that is not hot yet; the sizzle comes up slowly. The pictures are drawn by as many processes as
there are cores (at most four), the sound meanwhile, and the parts are put together without encoding anything twice.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream

from local.sample.plan import FRAME_RATE, Plan, plan_clip
from local.sample.soundtrack import SAMPLE_RATE_HZ, soundtrack

DURATION_S = 45.0
SHORTEST_S = 20.0
MOST_PARTS = 4
AUDIO_SAMPLES = 1024
POLL_S = 0.2
PROJECT_ROOT = Path(__file__).resolve().parents[1]


class SampleClipError(RuntimeError):
    """The clip could not be made."""


def make_sample_clip(
    path: Path,
    dish: str = "fried-rice",
    seed: int = 1,
    *,
    duration_s: float = DURATION_S,
    progress: Callable[[float], None] = lambda _: None,
) -> Plan:
    """Film a dish that starts in a cold pan: 1280 × 720, 30 frames per second, H.264 and AAC, as `.mp4` or `.mov`.

    Args:
        path: the file to write.
        dish: slug of the dish; one whose ingredients are not known is cooked with a mix of vegetables.
        seed: the same seed films the same clip.
        duration_s: length, at least `SHORTEST_S`.
        progress: called now and then with the share done, 0 to 1.

    Returns:
        The plan of the clip: when the food goes in (`drop_s`), when the pan is hot, and so on.

    Raises:
        ValueError: the clip would be too short for its story.
        SampleClipError: a process that draws failed.
    """
    if duration_s < SHORTEST_S:
        raise ValueError(f"duration_s is expected to be at least {SHORTEST_S:g}. Found: {duration_s:g}")
    plan = plan_clip(dish, seed, duration_s)
    with tempfile.TemporaryDirectory(prefix="sample-clip-") as directory:
        parts = _shoot(plan, Path(directory), progress)
        sound = Path(directory) / "sound.mp4"
        try:
            _record(plan, sound)
            _wait(parts)
        finally:
            for _, process in parts:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        _put_together([part for part, _ in parts], sound, path)
    progress(1.0)
    return plan


Part = tuple[Path, "subprocess.Popen[bytes]"]


def _shoot(plan: Plan, directory: Path, progress: Callable[[float], None]) -> list[Part]:
    """Start drawing, a stretch of the clip per process."""
    progress(0.0)
    count = max(1, min(MOST_PARTS, os.cpu_count() or 1))
    # A process that draws a later stretch has to let everything before it happen unseen, so it gets a little less.
    shares = np.linspace(1.06, 0.94, count) if count > 1 else np.ones(1)
    bounds = np.round(np.concatenate(([0.0], np.cumsum(shares / shares.sum()))) * plan.frames).astype(int)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT), "OPENBLAS_NUM_THREADS": "1"}
    parts = []
    for number in range(count):
        path = directory / f"part{number}.mp4"
        bounds_of_part = [str(int(bounds[number])), str(int(bounds[number + 1]))]
        command = [sys.executable, "-m", "local.sample.shoot", plan.model_dump_json(), *bounds_of_part, str(path)]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        parts.append((path, process))
    return parts


def _record(plan: Plan, path: Path) -> None:
    """Encode the sound into a file of its own."""
    samples = soundtrack(plan)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono", options={"b": "128k"})
        if not isinstance(stream, AudioStream):
            raise TypeError(f"expected an audio stream. Found: {stream.type}")
        for start in range(0, samples.size - AUDIO_SAMPLES + 1, AUDIO_SAMPLES):
            block = np.ascontiguousarray(samples[None, start : start + AUDIO_SAMPLES])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, start, Fraction(1, SAMPLE_RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _wait(parts: list[Part]) -> None:
    for path, process in parts:
        _, errors = process.communicate()
        if process.returncode != 0:
            last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
            raise SampleClipError(f"{path.name} could not be drawn. Found: exit {process.returncode}, {last[0]}")


def _put_together(parts: list[Path], sound: Path, path: Path) -> None:
    """Copy the packets of all parts and of the sound into one file."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container, av.open(str(sound)) as heard:
        with av.open(str(parts[0])) as first:
            video = container.add_stream_from_template(first.streams.video[0])
        audio = container.add_stream_from_template(heard.streams.audio[0])
        frames = 0
        for part in parts:
            with av.open(str(part)) as source:
                begun = frames
                for picture in source.demux(source.streams.video[0]):
                    if picture.pts is None or picture.size == 0:
                        continue
                    picture.pts = picture.dts = begun + round(picture.pts * picture.time_base * FRAME_RATE)
                    picture.time_base, picture.duration = Fraction(1, FRAME_RATE), 1
                    picture.stream = video
                    container.mux(picture)
                    frames += 1
        for block in heard.demux(heard.streams.audio[0]):
            if block.dts is not None:
                block.stream = audio
                container.mux(block)
