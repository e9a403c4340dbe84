"""Files a cook might send by mistake, made on the spot."""

import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SAMPLE_RATE_HZ = 48000


def plain_video(
    path: Path, *, seconds: float, brightness: int = 120, sound: bool = True, rate: Fraction = Fraction(10)
) -> Path:
    """A grey picture with a little noise (none when black), and a quiet hum."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono") if sound else None
        noise = 6 if brightness > 16 else 0
        for _ in range(max(1, round(seconds * rate))):
            picture = random.integers(brightness - noise, brightness + noise + 1, (120, 160, 3)).astype(np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        if audio is not None:
            times = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
            hum = (0.01 * np.sin(2 * np.pi * 100 * times)).astype(np.float32)[np.newaxis]
            frame = av.AudioFrame.from_ndarray(hum, format="fltp", layout="mono")
            frame.rate = SAMPLE_RATE_HZ
            container.mux(audio.encode(frame))
            container.mux(audio.encode())
    return path


def text_file(path: Path) -> Path:
    """Words that call themselves a video."""
    path.write_text("これは動画ではありません。\n" * 100, encoding="utf-8")
    return path


def zip_file(path: Path) -> Path:
    """An archive."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("video.mp4", b"nothing of the kind" * 1000)
    return path


def png_picture(path: Path) -> Path:
    """A still picture with the ending of a video."""
    picture = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 90, np.uint8), format="rgb24")
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "rgb24"
        container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def truncated(path: Path) -> Path:
    """A video whose second half never arrived; phones write the index last, so it is gone."""
    whole = plain_video(path.with_stem("whole"), seconds=8).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def without_index(path: Path) -> Path:
    """A video whose `moov` box is called something else."""
    whole = plain_video(path.with_stem("whole"), seconds=8).read_bytes()
    path.write_bytes(whole.replace(b"moov", b"voom", 1))
    return path


def sound_only(path: Path) -> Path:
    """A recording in a video's container."""
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        hum = (0.1 * np.sin(np.arange(SAMPLE_RATE_HZ * 8) / 70)).astype(np.float32)[np.newaxis]
        frame = av.AudioFrame.from_ndarray(hum, format="fltp", layout="mono")
        frame.rate = SAMPLE_RATE_HZ
        container.mux(audio.encode(frame))
        container.mux(audio.encode())
    return path


def blink(path: Path) -> Path:
    """0.3 s."""
    return plain_video(path, seconds=0.3)


def sixty_one_minutes(path: Path) -> Path:
    """Too long by a minute."""
    return plain_video(path, seconds=61 * 60, sound=False, rate=Fraction(1, 4))


def black_and_silent(path: Path) -> Path:
    """The lens was covered and the microphone off."""
    return plain_video(path, seconds=8, brightness=0, sound=False)


Maker = Callable[[Path], Path]
REFUSED: dict[str, tuple[Maker, str]] = {
    "text renamed": (text_file, "unreadable_video"),
    "zip renamed": (zip_file, "unreadable_video"),
    "png renamed": (png_picture, "unreadable_video"),
    "truncated": (truncated, "unreadable_video"),
    "moov missing": (without_index, "unreadable_video"),
    "audio only": (sound_only, "unreadable_video"),
    "0.3 s": (blink, "too_short"),
    "61 minutes": (sixty_one_minutes, "too_long"),
    "black and silent": (black_and_silent, "unreadable_video"),
}
"""What is sent → how to make it, and the failure code the cook's note is chosen by."""
