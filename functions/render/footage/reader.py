"""The process that opens the upload: reads a request on stdin, writes pictures to stdout, a report to stderr.

The source is opened once. Its index says where the key frames are; only the packets of what is shown are read and
decoded, and each picture is scaled to its final size before it leaves. Pictures go out as raw video in a NUT stream
whose time stamps are output frames, so a picture that is shown for ten frames is sent once.

Started as `python -m functions.render.footage.reader`; see `ReadingRequest` for stdin and `ReadingReport` for stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame

from functions.render.footage.limits import confine
from functions.render.footage.shots import Stretch, plan_time_lapse
from functions.render.footage.source import LONGEST_HOLD, Footage, NoPictures, Placed, Size
from functions.render.timeline import FRAME_RATE

REPORT_PREFIX = "report "
UNREADABLE, UNWANTED = 1, 3
"""Exit codes: no pictures could be had; nobody takes them any more."""


@dataclass(frozen=True)
class ReadingRequest:
    """What to read. Goes to stdin as JSON."""

    source: str
    width: int
    """Of the pictures to send, in the orientation they are coded in."""
    height: int
    pixel_format: str
    black_below: int
    """Luma, 0 to 255: a picture with nothing brighter is not sent."""
    duration_s: float
    time_lapse_frames: int
    pictures_per_second: float
    clip: list[Stretch]
    cpu_s: int

    @classmethod
    def from_json(cls, text: str) -> ReadingRequest:
        """The request as `json.dumps(asdict(...))` wrote it."""
        fields: dict[str, Any] = json.loads(text)
        fields["clip"] = [Stretch(*stretch) for stretch in fields["clip"]]
        return cls(**fields)


@dataclass
class ReadingReport:
    """How it went. One line of JSON on stderr, after `REPORT_PREFIX`."""

    way: str = ""
    """`whole`, `stills` or `shots`."""
    pictures: int = 0
    """Sent."""
    decoded: int = 0
    lost: int = 0
    """Packets that could not be decoded."""
    black: int = 0
    """Pictures that were not sent because nothing is seen on them."""
    repeated: int = 0
    """Times a stretch had to be shown again because the source ended early."""
    warnings: list[str] = field(default_factory=list)


def _emit(pictures: Iterator[Placed], request: ReadingRequest, report: ReadingReport) -> None:
    """Write pictures as raw video in NUT to stdout, stamped with their output frames."""
    with av.open("pipe:1", "w", format="nut") as sink:
        track = sink.add_stream("rawvideo", rate=FRAME_RATE)
        track.width, track.height, track.pix_fmt = request.width, request.height, request.pixel_format
        track.time_base = track.codec_context.time_base = Fraction(1, FRAME_RATE)
        for at_frame, picture in _lively(pictures, request):
            picture.pts, picture.time_base = at_frame, Fraction(1, FRAME_RATE)
            sink.mux(track.encode(picture))
            report.pictures += 1
        sink.mux(track.encode(None))


def _programme(footage: Footage, request: ReadingRequest, report: ReadingReport) -> Iterator[Placed]:
    """All pictures of the video in order: the time-lapse, then the clip."""
    plan = plan_time_lapse(
        footage.source(),
        request.time_lapse_frames,
        pictures_per_second=request.pictures_per_second,
    )
    report.way = plan.way
    if plan.stills:
        yield from footage.stills(plan.stills)
    for stretch in (*plan.stretches, *request.clip):
        yield from _filled(footage, stretch, report)


def _lively(pictures: Iterator[Placed], request: ReadingRequest) -> Iterator[Placed]:
    """The same pictures from the first frame to the last; one that stands for long is sent again and again.

    The view drifts with every picture that is sent, so that even then the video does not stand still.
    """
    end = request.clip[-1].at_frame + request.clip[-1].frames
    held: VideoFrame | None = None
    sent_until = 0
    for at_frame, picture in pictures:
        if held is not None:
            yield from ((again, held) for again in range(sent_until + LONGEST_HOLD, at_frame, LONGEST_HOLD))
        held, sent_until = picture, at_frame if held is not None else 0
        yield sent_until, held
    if held is None:
        raise NoPictures("expected pictures on which something is seen. Found: none")
    yield from ((again, held) for again in range(sent_until + LONGEST_HOLD, end, LONGEST_HOLD))


def _filled(footage: Footage, stretch: Stretch, report: ReadingReport) -> Iterator[Placed]:
    """The pictures of a stretch. Where the source ends early, earlier pictures follow, so that nothing stands still."""
    while True:
        filled = yield from footage.stretch(stretch)
        if filled == 0 and stretch.start_s == 0:
            raise NoPictures("expected pictures that can be decoded. Found: none in the whole source")
        if filled >= stretch.frames:
            return
        report.repeated += 1
        missing = stretch.frames - filled
        start_s = max(0.0, stretch.start_s - missing / FRAME_RATE * stretch.speed)
        stretch = Stretch(start_s, stretch.at_frame + filled, missing, stretch.speed)


def main() -> int:
    """Read one request, answer it, report. Returns the exit code: 0 when every picture was sent."""
    request = ReadingRequest.from_json(sys.stdin.read())
    confine(cpu_s=request.cpu_s)
    report = ReadingReport()
    exit_code = 0
    try:
        footage = Footage(
            request.source,
            request.duration_s,
            Size(request.width, request.height, request.pixel_format),
            black_below=request.black_below,
        )
        try:
            _emit(_programme(footage, request, report), request, report)
        finally:
            tally = footage.tally
            report.decoded, report.lost, report.black = tally.decoded, tally.lost, tally.black
            report.warnings += tally.warnings
    except BrokenPipeError:
        exit_code = UNWANTED
    except (NoPictures, FFmpegError) as error:
        report.warnings.append(str(error))
        exit_code = UNREADABLE
    sys.stderr.write(REPORT_PREFIX + json.dumps(asdict(report)) + "\n")
    return exit_code


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # libavformat closed stdout under Python's feet, which would complain on its way out
