"""WAV files in and out of numpy."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32_768
Signal = NDArray[np.float32]
"""Samples from −1 to 1; stereo is shaped (2, samples)."""


class UnexpectedSound(ValueError):
    """A sound file is not what the render works with."""


def read_wav(path: Path) -> tuple[Signal, int]:
    """Samples, shape (n,), and sample rate in Hz of a mono 16-bit PCM file.

    Raises:
        UnexpectedSound: it is anything else.
    """
    try:
        with wave.open(str(path), "rb") as reader:
            if reader.getnchannels() != 1 or reader.getsampwidth() != 2:
                found = f"{reader.getnchannels()} channels of {8 * reader.getsampwidth()} bits"
                raise UnexpectedSound(f"expected mono 16-bit PCM in {path.name}. Found: {found}")
            data = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2")
            return (data / np.float32(FULL_SCALE)).astype(np.float32), reader.getframerate()
    except (wave.Error, EOFError) as error:
        raise UnexpectedSound(f"expected a WAV file in {path.name}. Found: {error}") from error


def write_wav(path: Path, stereo: Signal, sample_rate_hz: int) -> None:
    """Write samples, shape (2, n), as 16-bit PCM; the level must not exceed full scale."""
    interleaved = np.round(np.clip(stereo.T, -1.0, 1.0) * (FULL_SCALE - 1)).astype("<i2")
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate_hz)
        writer.writeframes(interleaved.tobytes())
