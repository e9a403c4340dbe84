"""The embedded voice: Open JTalk with the voice "Mei", both inside the wheel of pyopenjtalk-plus (see NOTICE.md).

One sentence in, 48 kHz mono PCM out: without silence at either end, at the same loudness as every other sentence, and
with the synthesiser's hiss taken back a little. No network, no files.
"""

import contextlib
import io
import wave
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from threading import Lock
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

VOICE = "mei"
TREATMENT = 1
"""Raised whenever anything below changes what a sentence sounds like, so that stored recordings are made anew."""

SPEECH_LEVEL_DB = -20.0
"""Level of the spoken parts of every sentence, dB relative to full scale."""
PEAK = 0.89
"""No sample may exceed this share of full scale."""
SILENCE_DB = -55.0
"""Below this, dB relative to full scale, a stretch at either end is silence; the voice itself idles at −72."""
EDGE_S = 0.012
"""Kept before the first and after the last sound, and faded, so that no consonant is cut and nothing clicks."""
FRAME_S = 0.005

# The synthesiser is dull between 2.5 and 5 kHz, where consonants are told apart, and hisses above 6 kHz.
# (Hz, dB), interpolated over log frequency; read off its long-term spectrum beside that of recorded speech.
EQUALISER = (
    (20, -30.0),
    (70, -12.0),
    (130, 1.0),
    (300, 1.0),
    (900, 0.0),
    (2_500, 2.5),
    (4_500, 3.5),
    (6_500, -2.5),
    (9_000, -6.0),
    (14_000, -9.0),
    (24_000, -12.0),
)

_SYNTHESISER = Lock()
"""Open JTalk keeps one set of buffers per process."""


class UnspeakableText(ValueError):
    """The voice found nothing to say in a text."""


@dataclass(frozen=True)
class Recording:
    """Mono 16-bit PCM."""

    samples: NDArray[np.int16]
    sample_rate_hz: int

    @property
    def duration_s(self) -> float:
        """Exact: samples divided by the sample rate."""
        return len(self.samples) / self.sample_rate_hz

    def wav(self) -> bytes:
        """As the bytes of a WAV file."""
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(self.sample_rate_hz)
            writer.writeframes(self.samples.astype("<i2").tobytes())
        return file.getvalue()


def wav_duration_s(wav: bytes) -> float:
    """Length of a WAV file, seconds, from its samples. Raises `wave.Error` when it is not one."""
    with wave.open(io.BytesIO(wav), "rb") as reader:
        return reader.getnframes() / reader.getframerate()


def voice_version() -> str:
    """Names everything a recording depends on besides text and knobs: the synthesiser's version and our treatment."""
    return f"{VOICE}/{version('pyopenjtalk-plus')}/{TREATMENT}"


def synthesise(text: str, *, speaking_rate: float = 1.0, half_tone: float = 0.0) -> Recording:
    """Speak one sentence. Safe to call from several threads; they wait for each other.

    Args:
        text: Japanese, kana where the reading matters.
        speaking_rate: 1.0 is the voice's own pace, about 5.6 characters a second.
        half_tone: pitch shift in semitones.

    Raises:
        UnspeakableText: no sound came out (only symbols, or a script the voice cannot read).
    """
    with _SYNTHESISER:
        wave_form, sample_rate_hz = _open_jtalk().tts(text, speed=speaking_rate, half_tone=half_tone)
    spoken = _trim(np.asarray(wave_form, dtype=np.float64) / 32_768, sample_rate_hz)
    if len(spoken) == 0:
        raise UnspeakableText(f"expected a sentence the voice can say. Found: {text!r}")
    treated = _fade_edges(_level(_equalise(spoken, sample_rate_hz), sample_rate_hz), sample_rate_hz)
    return Recording(np.round(treated * 32_767).astype(np.int16), sample_rate_hz)


@cache
def _open_jtalk() -> ModuleType:
    with contextlib.redirect_stdout(io.StringIO()):  # it advertises an optional package by printing
        import pyopenjtalk
    return pyopenjtalk


def _trim(signal: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Cut the silence at both ends; empty when there is nothing else."""
    loud = np.flatnonzero(_levels_db(signal, sample_rate_hz) > SILENCE_DB)
    if len(loud) == 0:
        return signal[:0]
    frame, edge = round(FRAME_S * sample_rate_hz), round(EDGE_S * sample_rate_hz)
    return signal[max(0, int(loud[0]) * frame - edge) : (int(loud[-1]) + 1) * frame + edge]


def _equalise(signal: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Apply `EQUALISER` without shifting anything in time."""
    padded = len(signal) + sample_rate_hz // 10
    frequencies = np.fft.rfftfreq(padded, 1 / sample_rate_hz)
    hertz, decibels = zip(*EQUALISER, strict=True)
    gain_db = np.interp(np.log(np.maximum(frequencies, 1.0)), np.log(hertz), decibels)
    equalised: NDArray[np.float64] = np.fft.irfft(np.fft.rfft(signal, padded) * 10 ** (gain_db / 20), padded)
    return equalised[: len(signal)]


def _level(signal: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """Bring the spoken parts to `SPEECH_LEVEL_DB`; pauses at commas do not count."""
    levels = _levels_db(signal, sample_rate_hz)
    spoken = levels[levels > levels.max() - 30]
    level_db = 10 * np.log10(np.mean(10 ** (spoken / 10)))
    levelled: NDArray[np.float64] = signal * 10 ** ((SPEECH_LEVEL_DB - level_db) / 20)
    return levelled * min(1.0, PEAK / float(np.abs(levelled).max()))


def _fade_edges(signal: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    length = min(round(EDGE_S * sample_rate_hz), len(signal) // 2)
    ramp = np.linspace(0.0, 1.0, length, endpoint=False)
    faded = signal.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def _levels_db(signal: NDArray[np.float64], sample_rate_hz: int) -> NDArray[np.float64]:
    """RMS of consecutive frames of `FRAME_S`, dB relative to full scale."""
    frame = round(FRAME_S * sample_rate_hz)
    framed = signal[: len(signal) // frame * frame].reshape(-1, frame)
    power = np.mean(framed**2, axis=1)
    levels: NDArray[np.float64] = 10 * np.log10(power + 1e-12)
    return levels
