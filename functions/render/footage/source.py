"""The open source: its index, and the pictures of it that are asked for, already scaled.

Only `reader.py` uses this, inside its confined process.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import takewhile
from threading import local
from typing import Any, NamedTuple, cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from functions.render.footage.shots import Source, Still, Stretch
from functions.render.timeline import FRAME_RATE

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
"""FFmpeg's names for the containers of mp4, mov, 3gp, mkv and webm: nothing else is ever tried."""
WORKERS = 2
"""Key frames are independent of each other: this many are decoded at once."""
AHEAD = 6
"""Stills under way at once; bounds the memory."""
BROKEN_AFTER = 300
"""Packets in a row that cannot be decoded before a stretch is given up."""
LONGEST_HOLD = 9
"""Output frames for which the last picture before the end of the source may stand."""
TOLERANCE_S = 0.004
"""Time stamps of phones jitter by less than this."""
UNSPECIFIED_MATRIX = 2
"""Matrix coefficients of ITU-T H.273: not said."""
SD_HEIGHT = 576
BLACK_SHARE, BLACK_SAMPLING = 0.97, 8
"""How much of a picture must be dark for it to be black, and at which of its pixels that is looked up."""

Placed = tuple[int, VideoFrame]
"""The output frame from which on a picture is shown, and the picture."""


class NoPictures(RuntimeError):
    """Not one picture could be decoded where there should be some."""


class Size(NamedTuple):
    """Of the pictures that are sent, in the orientation they are coded in."""

    width: int
    height: int
    pixel_format: str


@dataclass
class Tally:
    """What happened while reading."""

    decoded: int = 0
    lost: int = 0
    """Packets and pictures that could not be decoded."""
    black: int = 0
    """Pictures on which nothing is seen."""
    warnings: list[str] = field(default_factory=list)


class Footage:
    """The open source."""

    def __init__(self, path: str, duration_s: float, size: Size, *, black_below: int = 0) -> None:
        """Args:
            path: a local file; no other protocol is possible.
            duration_s: length of the picture as probed.
            size: of the pictures wanted.
            black_below: luma, 0 to 255; pictures with nothing brighter are left out.

        Raises:
            NoPictures: there is no video stream.
            FFmpegError: it cannot be opened.
        """
        self._duration_s = duration_s
        self._size = size
        self._black_below = black_below
        self.tally = Tally()
        self._container: InputContainer = av.open(
            path, "r", container_options={"protocol_whitelist": "file", "format_whitelist": DEMUXERS}
        )
        streams = [s for s in self._container.streams.video if not s.disposition & s.disposition.attached_pic]
        if not streams:
            raise NoPictures("expected a video stream. Found: none")
        self._stream: VideoStream = streams[0]
        self._time_base = self._stream.time_base or Fraction(1, av.time_base)
        self._origin_s = float((self._stream.start_time or 0) * self._time_base)
        self._own = local()

    def source(self) -> Source:
        """What the plan needs to know."""
        stream, context = self._stream, self._stream.codec_context
        keys = {
            self._seconds(entry.timestamp)
            for entry in stream.index_entries
            if entry.is_keyframe and not entry.is_discard
        }
        shown = sorted(time_s for time_s in keys if 0 <= time_s < self._duration_s)
        rate = stream.average_rate or stream.guessed_rate or FRAME_RATE
        return Source(self._duration_s, shown, context.width * context.height, max(1.0, float(rate)))

    def stills(self, stills: list[Still]) -> Iterator[Placed]:
        """Output frame and picture of each still, in order. One that cannot be decoded is left out."""
        under_way: deque[tuple[int, Future[VideoFrame | None]]] = deque()
        with ThreadPoolExecutor(WORKERS) as workers:
            for still in stills:
                packet = self._key_packet(still.time_s)
                if packet is not None:
                    under_way.append((still.at_frame, workers.submit(self._decode_still, packet)))
                if len(under_way) >= AHEAD:
                    yield from self._finished(*under_way.popleft())
            while under_way:
                yield from self._finished(*under_way.popleft())

    def stretch(self, stretch: Stretch) -> Generator[Placed, None, int]:
        """Each picture of a stretch with the output frame it is shown from, in order.

        Returns:
            How many output frames are filled: all of them, or fewer if the source ends early.
        """
        filled, held = 0, None
        for time_s, picture in self._pictures_from(stretch.start_s):
            until = self._first_frame_at(stretch, time_s)
            if held is not None and until > filled:
                yield from self._seen(stretch.at_frame + filled, self._scaled(held))
                filled = until
            if filled >= stretch.frames:
                return stretch.frames
            held = picture
        if held is None:
            return 0
        yield from self._seen(stretch.at_frame + filled, self._scaled(held))
        return min(stretch.frames, filled + LONGEST_HOLD)

    @staticmethod
    def _first_frame_at(stretch: Stretch, time_s: float) -> int:
        """The first output frame of a stretch that shows the source at `time_s` or later."""
        exact = (time_s - TOLERANCE_S - stretch.start_s) / stretch.speed * FRAME_RATE
        return min(stretch.frames, max(0, math.ceil(exact)))

    def _pictures_from(self, start_s: float) -> Iterator[tuple[float, VideoFrame]]:
        """Pictures with their times, from the last one shown at or before `start_s`."""
        decoder = self._decoder("AUTO")
        failed, late = 0, None
        for packet in self._packets_from(start_s):
            try:
                pictures = decoder.decode(packet)
                failed = 0
            except FFmpegError:
                self.tally.lost += 1
                failed += 1
                if failed > BROKEN_AFTER:
                    return
                continue
            for picture in pictures:
                self.tally.decoded += 1
                if picture.pts is None or picture.is_corrupt:
                    continue
                time_s = self._seconds(picture.pts)
                if time_s <= start_s + TOLERANCE_S:
                    late = (time_s, picture)
                    continue
                if late is not None:
                    yield late
                    late = None
                yield time_s, picture
        if late is not None:
            yield late

    def _packets_from(self, start_s: float) -> Iterator[Packet[VideoStream] | None]:
        """Packets from the last key frame at or before `start_s`; pictures that lean on what came before it are left
        out; None at the end makes the decoder give what it still holds."""
        self._seek(start_s)
        key_pts: int | None = None
        for packet in self._demuxed():
            if packet.is_keyframe and key_pts is None:
                key_pts = packet.pts
            if key_pts is not None and packet.pts is not None and packet.pts >= key_pts:
                yield packet
        yield None

    def _key_packet(self, time_s: float) -> Packet[VideoStream] | None:
        self._seek(time_s)
        return next((packet for packet in self._demuxed() if packet.is_keyframe), None)

    def _demuxed(self) -> Iterator[Packet[VideoStream]]:
        """Packets that hold something, to the end or to damage nothing can be read behind."""
        try:
            yield from takewhile(lambda packet: packet.size > 0, self._container.demux(self._stream))
        except FFmpegError as error:
            self.tally.warnings.append(f"the source could not be read further: {error}")

    def _seek(self, time_s: float) -> None:
        # Half a millisecond later, so that rounding to the time base cannot miss the key frame at this very time.
        target = round((time_s + self._origin_s + 0.0005) / self._time_base)
        try:
            self._container.seek(target, stream=self._stream, backward=True)
        except FFmpegError:  # nothing at or before it: from the first key frame on
            self._container.seek(target, stream=self._stream, backward=False)

    def _decode_still(self, packet: Packet[VideoStream]) -> VideoFrame | None:
        """One key frame by itself. Runs in a worker, each with a decoder of its own."""
        if not hasattr(self._own, "decoder"):
            self._own.decoder = self._decoder("NONE")
        decoder: VideoCodecContext = self._own.decoder
        try:
            pictures = [*decoder.decode(packet), *decoder.decode(None)]
            return self._scaled(pictures[0]) if pictures else None
        except FFmpegError:
            return None
        finally:
            decoder.flush_buffers()

    def _finished(self, at_frame: int, future: Future[VideoFrame | None]) -> Iterator[Placed]:
        picture = future.result()
        if picture is None:
            self.tally.lost += 1
        else:
            self.tally.decoded += 1
            yield from self._seen(at_frame, picture)

    def _seen(self, at_frame: int, picture: VideoFrame) -> Iterator[Placed]:
        """The picture at its place, unless it is black."""
        if _is_black(picture, self._black_below):
            self.tally.black += 1
        else:
            yield at_frame, picture

    def _decoder(self, thread_type: str) -> VideoCodecContext:
        template = self._stream.codec_context
        decoder = cast("VideoCodecContext", av.CodecContext.create(template.codec.name, "r"))
        decoder.extradata = template.extradata
        decoder.width, decoder.height = template.width, template.height
        decoder.thread_type, decoder.thread_count = thread_type, WORKERS
        return decoder

    def _scaled(self, picture: VideoFrame) -> VideoFrame:
        """The picture in the size and format that is sent; SDR pictures in BT.709, limited range."""
        if not hasattr(self._own, "reformatter"):
            self._own.reformatter = VideoReformatter()
        width, height, pixel_format = self._size
        colours = _colours(picture) if pixel_format == "yuv420p" else {}
        scaled: VideoFrame = self._own.reformatter.reformat(
            picture, width, height, pixel_format, interpolation="BICUBIC", **colours
        )
        return scaled

    def _seconds(self, pts: int) -> float:
        return float(pts * self._time_base) - self._origin_s


def _colours(picture: VideoFrame) -> dict[str, Any]:
    """How an SDR picture comes to BT.709, limited range. One that does not say what it is is taken by its size."""
    target = {"dst_colorspace": Colorspace.ITU709, "dst_color_range": ColorRange.MPEG}
    if picture.colorspace != UNSPECIFIED_MATRIX:
        return target
    guess = Colorspace.ITU709 if min(picture.width, picture.height) > SD_HEIGHT else Colorspace.ITU601
    return {**target, "src_colorspace": guess}


def _is_black(picture: VideoFrame, black_below: int) -> bool:
    """Whether all but a few specks of a scaled picture are darker than `black_below`."""
    luma = picture.planes[0]
    depth = 2 if picture.format.name.endswith("10le") else 1
    codes: NDArray[np.integer[Any]] = np.frombuffer(memoryview(luma), dtype=f"<u{depth}")
    sampled = codes.reshape(-1, luma.line_size // depth)[::BLACK_SAMPLING, : picture.width : BLACK_SAMPLING]
    return bool(np.count_nonzero(sampled < black_below * depth**2) >= BLACK_SHARE * sampled.size)
