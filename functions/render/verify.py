"""Measures the finished file before anybody sees it: an exit code is not proof.

One pass of FFmpeg over the file looks for black and frozen pictures and measures the loudness; the container is read
packet by packet for the rest. What is found outside its limits is an error that names both.
"""

import re
import struct
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from functions.render.framing import Framing
from functions.render.graph import CODER
from functions.render.order import RenderFailed
from functions.render.timeline import FRAME_RATE, Timeline
from shared.models.base import Model

DURATION_TOLERANCE_S = 0.2
DRIFT_AT_MOST_S = 0.04
STILL_AT_MOST_S = 0.5
"""Black or frozen outside the recap."""
LOUDNESS_LUFS, LOUDNESS_TOLERANCE_LU = -16.0, 1.0
TRUE_PEAK_AT_MOST_DBTP = -1.5
ALLOWED_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "language", "handler_name", "vendor_id"})
"""Metadata every MP4 carries; anything else could say who, where or with what."""
ANALYSIS_TIMEOUT_S = 120


class PeaksTooHigh(RenderFailed):
    """The sound comes out of AAC with higher peaks than promised; all else is well."""


class Measured(Model):
    """What the file is."""

    duration_s: float
    loudness_lufs: float
    true_peak_dbtp: float

    @property
    def peaks_too_high(self) -> bool:
        """Whether the sound is higher than promised anywhere."""
        return not self.true_peak_dbtp <= TRUE_PEAK_AT_MOST_DBTP


def verify(video: Path, timeline: Timeline, framing: Framing, binary: str) -> Measured:
    """Check everything that was promised of the file.

    Raises:
        PeaksTooHigh: nothing is wrong but the true peak, for which the sound can be given more room.
        RenderFailed: lists every promise that is not kept, with what was expected and what was found.
    """
    problems = list(_container_problems(video, timeline, framing))
    analysis = _analyse(video, binary)
    measured = Measured(
        duration_s=timeline.duration_s,
        loudness_lufs=_last_number(analysis, r"I:\s+(-?[\d.]+|-inf) LUFS"),
        true_peak_dbtp=_last_number(analysis, r"Peak:\s+(-?[\d.]+|-inf) dBFS"),
    )
    problems += _analysis_problems(analysis, timeline, measured)
    if problems:
        failure = PeaksTooHigh if measured.peaks_too_high and len(problems) == 1 else RenderFailed
        raise failure("the video is not as promised: " + "; ".join(problems))
    return measured


def _container_problems(video: Path, timeline: Timeline, framing: Framing) -> Iterator[str]:
    if not _index_comes_first(video):
        yield "expected the index before the media. Found: it comes after"
    with av.open(str(video), container_options={"protocol_whitelist": "file"}) as container:
        if len(container.streams.video) != 1 or len(container.streams.audio) != 1 or len(container.streams) > 3:
            yield f"expected one picture and one sound track. Found: {[stream.type for stream in container.streams]}"
            return
        picture, sound = container.streams.video[0], container.streams.audio[0]
        yield from _picture_problems(container, framing)
        context = sound.codec_context
        if (context.name, context.sample_rate, context.channels) != ("aac", 48_000, 2):
            found = f"{context.name}, {context.sample_rate} Hz, {context.channels} channels"
            yield f"expected aac, 48000 Hz, 2 channels. Found: {found}"
        chapters = [str(chapter["metadata"].get("title", "")) for chapter in container.chapters()]
        expected = [chapter.title for chapter in timeline.chapters()]
        if chapters != expected:
            yield f"expected the chapters {expected}. Found: {chapters}"
        tags = {**container.metadata, **sound.metadata, **picture.metadata}
        telling = {key: value for key, value in tags.items() if key not in ALLOWED_TAGS and value != CODER}
        if telling:
            yield f"expected no metadata. Found: {telling}"
        yield from _timing_problems(container, timeline)


def _picture_problems(container: InputContainer, framing: Framing) -> Iterator[str]:
    picture = container.streams.video[0]
    context = picture.codec_context
    for name, expected, found in (
        ("codec", "h264", context.name),
        ("profile", "High", picture.profile),
        ("pixel format", "yuv420p", context.pix_fmt),
        ("size", (framing.width, framing.height), (context.width, context.height)),
        ("frame rate", FRAME_RATE, picture.average_rate),
        ("colour", (1, 1, 1), (context.color_primaries, context.color_trc, context.colorspace)),
        ("rotation", 0, _rotation(container, picture)),
    ):
        if found != expected:
            yield f"expected {name} {expected}. Found: {found}"


def _rotation(container: InputContainer, picture: VideoStream) -> int:
    first = next(container.decode(picture), None)
    return 0 if first is None else int(first.rotation)


def _timing_problems(container: InputContainer, timeline: Timeline) -> Iterator[str]:
    """Constant frame rate, lengths, and whether picture and sound run together."""
    container.seek(0)
    stamps: list[int] = []
    ends = {"video": 0.0, "audio": 0.0}
    starts = {"video": float("inf"), "audio": float("inf")}
    for packet in container.demux(container.streams.video[0], container.streams.audio[0]):
        if packet.pts is None or packet.duration is None:
            continue
        start = float(packet.pts * packet.time_base)
        end = start + float(packet.duration * packet.time_base)
        kind = str(packet.stream.type)
        starts[kind], ends[kind] = min(starts[kind], start), max(ends[kind], end)
        if kind == "video":
            stamps.append(packet.pts)
    stamps.sort()
    steps = {after - before for before, after in pairwise(stamps)}
    if len(steps) > 1:
        yield f"expected a constant frame rate. Found: steps of {sorted(steps)}"
    if len(stamps) != timeline.frames:
        yield f"expected {timeline.frames} frames. Found: {len(stamps)}"
    for kind, end in ends.items():
        if abs(end - timeline.duration_s) > DURATION_TOLERANCE_S:
            yield f"expected {timeline.duration_s:.2f} s of {kind}. Found: {end:.2f} s"
    drift = max(abs(ends["video"] - ends["audio"]), abs(max(0.0, starts["video"]) - max(0.0, starts["audio"])))
    if drift > DRIFT_AT_MOST_S:
        yield f"expected picture and sound within {DRIFT_AT_MOST_S * 1000:.0f} ms. Found: {drift * 1000:.0f} ms apart"


def _index_comes_first(video: Path) -> bool:
    """Whether the `moov` box lies before `mdat`."""
    with video.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", header)
            if kind in (b"moov", b"mdat"):
                return bool(kind == b"moov")
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0] - 8
            if size < 8:
                return False
            file.seek(size - 8, 1)
    return False


def _analyse(video: Path, binary: str) -> str:
    """FFmpeg's report on black and frozen stretches and loudness."""
    graph = (
        f"[0:v]blackdetect=d={STILL_AT_MOST_S}:pix_th=0.10,freezedetect=n=-60dB:d={STILL_AT_MOST_S}[v];"
        "[0:a]ebur128=peak=true:framelog=verbose[a]"
    )
    run = subprocess.run(
        [
            *(binary, "-hide_banner", "-nostats", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", str(video)),
            *("-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-f", "null", "-"),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=ANALYSIS_TIMEOUT_S,
        check=False,
    )
    if run.returncode != 0:
        raise RenderFailed(f"expected a video that can be decoded. Found: {run.stderr[-400:].strip()}")
    return run.stderr


def _analysis_problems(analysis: str, timeline: Timeline, measured: Measured) -> Iterator[str]:
    outro_s = timeline.outro_frame / FRAME_RATE
    for kind, starts, ends in (
        ("black", r"black_start:([\d.]+)", r"black_end:([\d.]+)"),
        ("frozen", r"freeze_start: ([\d.]+)", r"freeze_end: ([\d.]+)"),
    ):
        begun = [float(found) for found in re.findall(starts, analysis)]
        ended = [float(found) for found in re.findall(ends, analysis)]
        for number, start in enumerate(begun):
            end = ended[number] if number < len(ended) else timeline.duration_s
            length = min(end, outro_s) - start
            if length > STILL_AT_MOST_S + 1 / FRAME_RATE:
                found = f"{length:.2f} s from {start:.2f} s on"
                yield f"expected at most {STILL_AT_MOST_S} s {kind} before the recap. Found: {found}"
    if not abs(measured.loudness_lufs - LOUDNESS_LUFS) <= LOUDNESS_TOLERANCE_LU:
        yield f"expected {LOUDNESS_LUFS} LUFS ± {LOUDNESS_TOLERANCE_LU}. Found: {measured.loudness_lufs}"
    if measured.peaks_too_high:
        yield f"expected a true peak of at most {TRUE_PEAK_AT_MOST_DBTP} dBTP. Found: {measured.true_peak_dbtp}"


def _last_number(analysis: str, pattern: str) -> float:
    found = re.findall(pattern, analysis)
    if not found:
        raise RenderFailed(f"expected a measurement like {pattern!r}. Found: {analysis[-300:].strip()}")
    return float(found[-1])
