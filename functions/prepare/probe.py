"""What kind of file an upload is, by its headers and first picture, and whether it may be a cooking video at all.

A refusal is an answer, not an accident: `Refused` carries the code the cook's note is chosen by, and one English
sentence that says what was expected and what was found.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shared.models.media import Hdr, MediaInfo, Rotation
from shared.models.session import FailureCode
from shared.storage import MAX_VIDEO_BYTES

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
"""FFmpeg's names for the containers of mp4, mov, 3gp, mkv and webm: nothing else is ever tried on an upload."""
VIDEO_CODECS = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1", "vp9": "VP9"}
"""Accepted video codecs, by FFmpeg's name."""
FIRST_PICTURE_PACKETS = 600
"""How many packets may go by before the first picture must have come out."""

TRANSFER_HLG = 18
"""ARIB STD-B67, numbered as in ITU-T H.273."""
TRANSFER_PQ = 16
"""SMPTE ST 2084, numbered as in ITU-T H.273."""

MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"ID3", "an MP3 sound file"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC sound file"),
    (b"FLV\x01", "a Flash video"),
    (b"\x00\x00\x01\xba", "an MPEG programme stream"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"RIFF", "a RIFF file (AVI, WAV or WebP)"),
)
"""First bytes of files that are often sent by mistake, and what to call them."""


class Refused(Exception):  # the name reads as the sentence it is raised in
    """This upload cannot be coached on."""

    def __init__(self, code: FailureCode, detail: str) -> None:
        """`detail`: English: what was expected and what was found."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


def check_size(path: Path) -> int:
    """Size of the file in bytes.

    Raises:
        Refused: it is empty or larger than `MAX_VIDEO_BYTES`.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refused(FailureCode.UNREADABLE_VIDEO, "expected a video. Found: an empty file")
    if size > MAX_VIDEO_BYTES:
        raise Refused(FailureCode.TOO_LARGE, f"expected at most {MAX_VIDEO_BYTES} bytes. Found: {size}")
    return size


def check_duration(duration_s: float, *, minimum_s: float, maximum_s: float) -> None:
    """Compare a duration with its limits at a tenth of a second, as a phone shows it: 4.97 s is 5.0.

    Raises:
        Refused: it is too short or too long.
    """
    shown = round(duration_s, 1)
    if shown < minimum_s:
        raise Refused(FailureCode.TOO_SHORT, f"expected at least {minimum_s:g} s of picture. Found: {duration_s:.2f} s")
    if shown > maximum_s:
        raise Refused(FailureCode.TOO_LONG, f"expected at most {maximum_s:g} s of picture. Found: {duration_s:.2f} s")


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The file as a container: local files only, and only the containers a phone or a browser writes.

    Raises:
        Refused: it is none of these, or too damaged to be opened.
    """
    try:
        container = av.open(
            str(path), "r", container_options={"protocol_whitelist": "file", "format_whitelist": DEMUXERS}
        )
    except (FFmpegError, UnicodeDecodeError) as error:
        raise Refused(FailureCode.UNREADABLE_VIDEO, _unopened(path, error)) from error
    with container:
        yield container


def read_header(container: InputContainer, size_bytes: int) -> MediaInfo:
    """What headers and the first picture say. Duration 0 and frame rate 1 stand where the file does not say (browser
    recordings): the pass over the file measures both.

    Raises:
        Refused: there is no picture, none that can be decoded, or a codec that is not accepted.
    """
    stream = video_stream(container)
    first = _first_picture(container, stream)
    rotation = _clockwise(first.rotation)
    shape = first.sample_aspect_ratio if hasattr(first, "sample_aspect_ratio") else stream.sample_aspect_ratio
    width, height = first.width, first.height
    if shape and 0.1 < shape < 10:
        width = max(1, round(width * float(shape)))
    if rotation in (90, 270):
        width, height = height, width
    rate = stream.average_rate or stream.guessed_rate
    audio = container.streams.audio[0] if container.streams.audio else None
    return MediaInfo(
        container=container.format.name,
        duration_s=declared_duration_s(container, stream),
        size_bytes=size_bytes,
        video_codec=codec_name(stream),
        width=width,
        height=height,
        rotation_degrees=rotation,
        frame_rate=float(rate) if rate else 1.0,
        variable_frame_rate=False,
        pixel_format=first.format.name,
        hdr=transfer_of(first),
        audio_codec=None if audio is None else codec_name(audio),
    )


def video_stream(container: InputContainer) -> VideoStream:
    """The picture of the file: its first video stream that is not a cover image.

    Raises:
        Refused: there is none, or its codec is not accepted.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & stream.disposition.attached_pic]
    if not streams:
        found = ", ".join(f"{stream.type} ({codec_name(stream)})" for stream in container.streams) or "no stream at all"
        raise Refused(FailureCode.UNREADABLE_VIDEO, f"expected a moving picture. Found: {found}")
    stream = streams[0]
    if codec_name(stream) not in VIDEO_CODECS:
        accepted = ", ".join(VIDEO_CODECS.values())
        raise Refused(FailureCode.UNREADABLE_VIDEO, f"expected one of {accepted}. Found: {codec_name(stream)}")
    return stream


def declared_duration_s(container: InputContainer, stream: VideoStream) -> float:
    """Length of the picture by the headers, seconds; 0 where they do not say."""
    if stream.duration is not None and stream.time_base is not None:
        return max(0.0, float(stream.duration * stream.time_base))
    return max(0.0, container.duration / av.time_base) if container.duration is not None else 0.0


def transfer_of(picture: VideoFrame) -> Hdr:
    """Whether the picture's brightness is coded as HLG, PQ or neither."""
    if picture.color_trc == TRANSFER_HLG:
        return "hlg"
    return "pq" if picture.color_trc == TRANSFER_PQ else "none"


def codec_name(stream: av.stream.Stream) -> str:
    """FFmpeg's name of a stream's codec, whatever decoder reads it."""
    context: CodecContext | None = stream.codec_context  # None where FFmpeg has no decoder, whatever the stub says
    return "unknown" if context is None else str(context.codec.canonical_name)


def _first_picture(container: InputContainer, stream: VideoStream) -> VideoFrame:
    failure = "the file ends before it"
    try:
        for count, packet in enumerate(container.demux(stream)):
            try:
                pictures = packet.decode()
            except FFmpegError as error:
                failure = str(error)
                continue
            if pictures and isinstance(pictures[0], VideoFrame):
                return pictures[0]
            if count >= FIRST_PICTURE_PACKETS:
                failure = f"{FIRST_PICTURE_PACKETS} packets without one"
                break
    except FFmpegError as error:
        failure = str(error)
    raise Refused(FailureCode.UNREADABLE_VIDEO, f"expected a first picture that can be decoded. Found: {failure}")


def _clockwise(counter_clockwise: int) -> Rotation:
    """FFmpeg counts the turn of the display matrix counter-clockwise; phones only make right angles."""
    turns: tuple[Rotation, ...] = (0, 90, 180, 270)
    return turns[round(-counter_clockwise / 90) % 4]


def _unopened(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    for magic, name in MAGIC:
        if head.startswith(magic):
            return f"expected a video (mp4, mov, webm, mkv, 3gp). Found: {name}"
    if head[4:8] == b"ftyp" or b"moov" in head or b"mdat" in head:
        return f"expected a complete mp4 or mov. Found: one without its index (moov), or damaged: {error}"
    if not any(byte < 9 for byte in head):
        return "expected a video (mp4, mov, webm, mkv, 3gp). Found: a text file"
    return f"expected a video (mp4, mov, webm, mkv, 3gp). Found: unknown bytes: {error}"
