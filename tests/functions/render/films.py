"""What the render is tried on: small films whose pictures carry their own number, and a humming voice."""

import subprocess
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from functions.prepare.probe import opened, read_header
from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.order import RenderOptions, RenderOrder, VoicedSentence
from shared.models.media import MediaInfo

BITS = 8
HIGHEST = 256
BRIGHT, DARK = 215, 75
NUMBER_ROWS = (0.40, 0.56)
"""Where the number is written, as shares of the height."""
SAMPLE_RATE_HZ = 48_000
SCRIPT_S = (("part1", (6.0, 6.5, 6.0, 7.0, 6.5)), ("pivot", (2.6,)), ("part2", (5.0, 5.5, 5.5)))
TEXTS = ("鍋を温めてから、卵を入れましょう。", "音をよく聞いてください。", "湯気が、ふわりと上がります。")

Picture = NDArray[np.uint8]


def tenths(time_s: float) -> int:
    """The number of the tenth of a second."""
    return int(time_s * 10 + 1e-6) % HIGHEST


def seconds(time_s: float) -> int:
    """The number of the second."""
    return int(time_s + 1e-6) % HIGHEST


def numbered_picture(number: int, width: int, height: int, time_s: float) -> Picture:
    """A moving texture with a number written across it as a row of bright and dark blocks; RGB."""
    rows, columns = np.mgrid[0:height, 0:width]
    wave_ = 40 * np.sin(columns / 5.0 + 4 * time_s) + 40 * np.sin(rows / 7.0 - 3 * time_s)
    picture = np.repeat((125 + wave_).astype(np.uint8)[:, :, None], 3, axis=2)
    picture[:, :, 0] //= 2
    top, bottom = (round(share * height) for share in NUMBER_ROWS)
    for bit in range(BITS):
        left, right = round(width * bit / BITS), round(width * (bit + 1) / BITS)
        picture[top:bottom, left:right] = BRIGHT if number >> bit & 1 else DARK
    return picture


def number_in(luma: NDArray[np.uint8]) -> int:
    """The number written across an upright picture."""
    row = luma[round(luma.shape[0] * 0.48)]
    return sum(
        int(row[round(len(row) * (bit + 0.5) / BITS)] > (BRIGHT + DARK) / 2 * 0.86) << bit for bit in range(BITS)
    )


def film(
    path: Path,
    *,
    length_s: float,
    size: tuple[int, int] = (320, 180),
    rate: int = 30,
    key_every_s: float = 1.0,
    number: Callable[[float], int] = tenths,
    keep: Callable[[float], bool] = lambda _: True,
    black: Callable[[float], bool] = lambda _: False,
) -> Path:
    """Write a silent H.264 film of `size`, without the pictures that `keep` refuses (a variable frame rate)."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", rate=rate)
        track.width, track.height, track.pix_fmt = *size, "yuv420p"
        interval = str(round(rate * key_every_s))
        track.options = {"preset": "ultrafast", "crf": "20", "g": interval, "sc_threshold": "0", "bf": "0"}
        track.time_base = track.codec_context.time_base = Fraction(1, rate * 100)
        for index in range(round(length_s * rate)):
            time_s = index / rate
            if not keep(time_s):
                continue
            picture = numbered_picture(number(time_s), *size, time_s)
            if black(time_s):
                picture[:] = 0
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index * 100, Fraction(1, rate * 100)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


def hdr_turned_film(path: Path, **parameters: object) -> Path:
    """A film as a phone held upright makes it: HEVC 10-bit HLG, coded lying, with a quarter turn in its metadata."""
    upright = film(path.with_name("upright.mp4"), **parameters)  # type: ignore[arg-type]  # those of `film`
    coded = path.with_name("coded.mp4")
    _ffmpeg(
        *("-i", upright, "-vf", "transpose=cclock", "-fps_mode", "passthrough", "-enc_time_base", "1:3000"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=30:log-level=error:bframes=0"),
        *("-pix_fmt", "yuv420p10le", "-color_trc", "arib-std-b67", "-color_primaries", "bt2020"),
        *("-colorspace", "bt2020nc", "-tag:v", "hvc1", coded),
    )
    # The matrix lies in the track header: 16.16 numbers, the last column 2.30; a quarter turn clockwise.
    data = bytearray(coded.read_bytes())
    straight = [2**16, 0, 0, 0, 2**16, 0, 0, 0, 2**30]
    turned = [0, 2**16, 0, -(2**16), 0, 0, 2**16 * probed(upright).width, 0, 2**30]
    place = data.index(_matrix(straight), data.index(b"tkhd"))
    data[place : place + 36] = _matrix(turned)
    path.write_bytes(data)
    return path


def damaged(path: Path, *, at: float, length: int = 4000) -> Path:
    """Overwrite some bytes of a film's media, at a share of the file."""
    data = bytearray(path.read_bytes())
    start = round(len(data) * at)
    data[start : start + length] = np.random.default_rng(5).bytes(length)
    path.write_bytes(data)
    return path


def probed(path: Path) -> MediaInfo:
    """What `prepare` reads off a film."""
    with opened(path) as container:
        return read_header(container, path.stat().st_size)


def voice(directory: Path) -> list[VoicedSentence]:
    """A script of usual length, hummed."""
    sentences: list[VoicedSentence] = []
    for part, lengths in SCRIPT_S:
        for length_s in lengths:
            path = directory / f"voice-{len(sentences)}.wav"
            times = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
            hum = 0.2 * np.sin(2 * np.pi * 220 * times) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * times))
            with wave.open(str(path), "wb") as writer:
                writer.setnchannels(1)
                writer.setsampwidth(2)
                writer.setframerate(SAMPLE_RATE_HZ)
                writer.writeframes((hum * 32_767).astype("<i2").tobytes())
            text = TEXTS[len(sentences) % len(TEXTS)]
            sentences.append(
                VoicedSentence.model_validate({"part": part, "text": text, "wav": path, "duration_s": length_s})
            )
    return sentences


def order_for(source: Path, directory: Path, *, key_moment_s: float, height: int = 240) -> RenderOrder:
    """An order of a small video of this source."""
    return RenderOrder(
        source=source,
        media=probed(source),
        key_moment_s=key_moment_s,
        sentences=voice(directory),
        pause_s=0.45,
        dish_name="チャーハン",
        session_number=2,
        next_action="鍋からうっすら煙が上がるまで待ってから、溶き卵を一気に流し入れてみましょう。",
        success_sign="卵が触れた瞬間に、じゅわっと大きな音がして、ふちがふくらんできたら成功です。",
        options=RenderOptions(height=height),
    )


def pictures_at(video: Path, times_s: list[float]) -> Iterator[Picture]:
    """The luma of the pictures shown at ascending times."""
    waiting = list(times_s)
    with av.open(str(video)) as container:
        for frame in container.decode(container.streams.video[0]):
            while waiting and frame.time >= waiting[0] - 0.001:
                waiting.pop(0)
                yield frame.to_ndarray(format="gray").astype(np.uint8)
            if not waiting:
                return


def _matrix(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(4, "big", signed=True) for value in values)


def _ffmpeg(*arguments: object) -> None:
    command = [ffmpeg_binary(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)
