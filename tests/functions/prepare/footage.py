"""Small films made to order: any pictures, any sound, any of the ways phones write a file."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.floating[Any]]

WIDTH, HEIGHT = 192, 128
RATE = 10
SOUND_RATE_HZ = 44_100


def write_film(
    path: Path,
    pictures: Iterable[Picture],
    sound: Samples | None = None,
    *,
    rate: int = RATE,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    key_frame_s: float = 1.0,
    rotation: int = 0,
    transfer: int | None = None,
    times_s: list[float] | None = None,
    sound_starts_s: float = 0.0,
    options: dict[str, object] | None = None,
) -> Path:
    """Write pictures (height × width × 3 bytes) and mono samples as a film.

    Args:
        path: the file; its ending chooses the container.
        pictures: in order of time.
        sound: samples at `SOUND_RATE_HZ`, or no sound track.
        rate: pictures per second.
        codec: FFmpeg's name of the encoder.
        pixel_format: as coded.
        key_frame_s: distance of key frames.
        rotation: degrees clockwise a player has to turn the picture.
        transfer: transfer characteristics to write (ITU-T H.273), for HDR.
        times_s: time of each picture, for variable rates.
        sound_starts_s: when the sound begins.
        options: of the encoder, besides those for speed and key frames.
    """
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate)
        context = stream.codec_context
        stream.pix_fmt = pixel_format
        speed: dict[str, object] = {"preset": "ultrafast"} if codec in ("libx264", "libx265") else {}
        stream.options = {**speed, "g": str(max(1, round(rate * key_frame_s))), "sc_threshold": "0", **(options or {})}
        if rotation:
            stream.set_display_rotation(-rotation)
        if transfer is not None:
            context.color_trc, context.color_primaries, context.colorspace = transfer, 9, 9
        audio: Any = container.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono") if sound is not None else None
        base = Fraction(1, 1000)
        if times_s is not None:
            context.time_base = base
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            if times_s is None:
                frame.pts, frame.time_base = number, Fraction(1, rate)
            else:
                frame.pts, frame.time_base = round(times_s[number] * 1000), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None and sound is not None:
            samples = sound.astype(np.float32)
            for start in range(0, samples.size - 1023, 1024):
                block = av.AudioFrame.from_ndarray(
                    samples[None, start : start + 1024].copy(), format="fltp", layout="mono"
                )
                block.sample_rate, block.pts = SOUND_RATE_HZ, start + round(sound_starts_s * SOUND_RATE_HZ)
                container.mux(audio.encode(block))
            container.mux(audio.encode(None))
    return path


def pattern(seed: int = 1, *, brightness: float = 0.5) -> Picture:
    """A still picture with structure everywhere."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(-0.35, 0.35, (HEIGHT // 8, WIDTH // 8, 3))
    picture = np.kron(coarse, np.ones((8, 8, 1))) + brightness
    levels: Picture = np.clip(picture * 255, 0, 255).astype(np.uint8)
    return levels


def still(seconds: float, picture: Picture | None = None, *, rate: int = RATE) -> list[Picture]:
    """One picture, held."""
    return [pattern() if picture is None else picture] * round(seconds * rate)


def hiss(seconds: float, *, level: float = 0.05, low_hz: float = 2500.0, seed: int = 1) -> Samples:
    """Steady noise above a frequency: what frying is to a microphone."""
    random = np.random.default_rng(seed)
    samples = round(seconds * SOUND_RATE_HZ)
    padded = -(-samples // 32768) * 32768
    spectrum = np.fft.rfft(random.standard_normal(padded))
    spectrum[np.fft.rfftfreq(padded, 1 / SOUND_RATE_HZ) < low_hz] = 0
    noise = np.fft.irfft(spectrum, padded)[:samples]
    loud: Samples = noise / noise.std() * level
    return loud


def hush(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * SOUND_RATE_HZ))


def tone(seconds: float, *, hertz: float = 160.0, level: float = 0.1) -> Samples:
    """A voice-like sound: a low pitch with overtones."""
    times = np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    voiced = sum(np.sin(2 * np.pi * hertz * harmonic * times) / harmonic for harmonic in range(1, 9))
    sound: Samples = level * np.asarray(voiced)
    return sound
