"""The picture's side of the pass: which packets are worth decoding, and what becomes of the pictures."""

from __future__ import annotations  # av.Packet is generic only to the type checker

from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from functions.prepare.picture.meter import LONG_SIDE_PIXELS, PictureMeter
from functions.prepare.picture.stills import StillChooser, sdr_rgb
from shared.models.media import MediaInfo

SPACING_S = 0.95
"""Pictures are looked at this far apart at the least: one per second, with some play in the timestamps."""
LONGEST_PICTURE_S = 2.0
"""The last picture of a file is not believed to last longer than this."""
PARALLEL_PIXELS = 1920 * 1088
HELD_PACKETS = 1000
"""No phone writes more pictures than this between two key frames that are near enough."""


class PictureReader:
    """Reads the packets of one video stream."""

    def __init__(
        self,
        stream: VideoStream,
        media: MediaInfo,
        zero_s: float,
        end_s: float,
        stills: StillChooser,
        *,
        longest_gap_s: float,
        between_share: float,
    ) -> None:
        """Prepare the stream's decoder.

        Args:
            stream: of a container nothing was read from yet.
            media: what the header says of the file.
            zero_s: the container's time at which the film starts.
            end_s: pictures later than this are damage and left out, seconds from the start.
            stills: gets every picture that is looked at.
            longest_gap_s: key frames further apart than this leave too much unseen.
            between_share: share of the long gaps between key frames that may be decoded, 0 to 1.
        """
        self._stream, self._zero_s, self._end_s = stream, zero_s, end_s
        self._stills, self._transfer, self._between_share = stills, media.hdr, between_share
        self._longest_gap_s = longest_gap_s
        self._context = stream.codec_context
        # Two key frames at a time are decoded in parallel, unless so large that the second costs too much memory.
        self._context.thread_type = "FRAME" if media.width * media.height <= PARALLEL_PIXELS else "SLICE"
        self._context.thread_count = 2
        self._small: tuple[int, int] | None = None
        self._key_s = self._decoded_key_s = self._looked_s = float("-inf")
        self._held: list[Packet[Stream]] = []
        self._in_gap = False
        self._credit = 1.0
        self.meter = PictureMeter()
        self.times_s: list[float] = []
        """Of every picture in the file, decoded or not, in file order."""
        self.end_s = 0.0
        """Where the last picture ends."""
        self.decoded = 0
        self.damaged = 0

    def read(self, packet: Packet[Stream]) -> None:
        """Take the next packet; decode it if it is needed."""
        time_s = self._time_s(packet.pts if packet.pts is not None else packet.dts)
        if time_s is None or packet.size == 0 or not time_s <= self._end_s:
            return
        if not packet.is_discard and time_s >= 0:
            self.times_s.append(time_s)
            length_s = float(packet.duration * packet.time_base) if packet.duration else 0.0
            self.end_s = max(self.end_s, time_s + min(max(length_s, 0.0), LONGEST_PICTURE_S))
        if packet.is_keyframe:
            self._start_group(packet, time_s)
        elif self._in_gap:
            self._decode(packet)
        elif time_s - self._key_s <= self._longest_gap_s and len(self._held) < HELD_PACKETS:
            self._held.append(packet)
        elif self._held and self._enter_gap():
            self._decode(packet)

    def flush(self) -> None:
        """Look at what follows the last key frame, and get what the decoder still holds."""
        if self._held and self.end_s - max(self._key_s, self._looked_s) > SPACING_S:
            self._enter_gap()
        self._decode(None)

    def _start_group(self, packet: Packet[Stream], time_s: float) -> None:
        self._held.clear()
        self._in_gap = False
        self._key_s = time_s
        if time_s >= self._decoded_key_s + SPACING_S:
            self._decoded_key_s = time_s
            self._context.skip_frame = "NONKEY"
            self._decode(packet)
        else:
            self._held.append(packet)

    def _enter_gap(self) -> bool:
        """The next key frame is late: look at what lies between, as far as this film's share allows; whether it did."""
        self._credit += self._between_share
        if self._credit >= 1.0:
            self._credit -= 1.0
            self._in_gap = True
            self._context.skip_frame = "NONREF"
            for packet in self._held:
                self._decode(packet)
        self._held.clear()
        return self._in_gap

    def _decode(self, packet: Packet[Stream] | None) -> None:
        try:
            frames = self._context.decode(packet)
        except FFmpegError:
            self.damaged += 1
            return
        for frame in frames:
            self.decoded += 1
            self._look(frame)

    def _look(self, frame: VideoFrame) -> None:
        time_s = self._time_s(frame.pts)
        if time_s is None or not max(0.0, self._looked_s + SPACING_S) <= time_s + 1e-3 <= self._end_s:
            return
        self._looked_s = time_s
        if self._small is None:
            scale = LONG_SIDE_PIXELS / max(frame.width, frame.height)
            self._small = max(16, round(frame.width * scale)), max(16, round(frame.height * scale))
        rgb = sdr_rgb(frame, *self._small, self._transfer)
        self.meter.see(time_s, rgb)
        self._stills.offer(time_s, frame, rgb)

    def _time_s(self, pts: int | None) -> float | None:
        if pts is None or self._stream.time_base is None:
            return None
        return float(pts * self._stream.time_base) - self._zero_s
