"""The sounds of a kitchen, synthesised: frying, fan, burner, knocks, pops, talk, music. No recording is used.

Every function gives mono samples, 32-bit floats around ±1 at its loudest, of the length asked for; loudness over time
is given in decibels per second of film, so that a score can be written like one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.floating[Any]]

OFF_DB = -120.0
FFT_GRAIN = 32768


def levels(points: Sequence[tuple[float, float]], samples: int, rate: int) -> Samples:
    """A curve of amplitudes from (second, decibel) points, straight in decibels between them."""
    times = np.arange(samples, dtype=np.float32) / rate
    decibels = np.interp(times, [time for time, _ in points], [level for _, level in points])
    amplitudes: Samples = np.where(decibels <= OFF_DB, 0.0, 10.0 ** (decibels / 20.0)).astype(np.float32)
    return amplitudes


def coloured_noise(
    random: np.random.Generator, samples: int, rate: int, shape: Sequence[tuple[float, float]]
) -> Samples:
    """Noise of a given spectrum, root mean square 1.

    Args:
        random: source of chance.
        samples: how many.
        rate: samples per second.
        shape: (hertz, decibel) points of the spectrum, straight between them on a logarithmic scale.
    """
    padded = (
        -(-samples // FFT_GRAIN) * FFT_GRAIN
    )  # a length with large prime factors would take a hundred times as long
    spectrum = np.fft.rfft(random.standard_normal(padded, dtype=np.float32))
    frequencies = np.maximum(np.fft.rfftfreq(padded, 1.0 / rate), 1.0)
    decibels = np.interp(np.log(frequencies), np.log([hertz for hertz, _ in shape]), [level for _, level in shape])
    gains = (10.0 ** (decibels / 20.0)).astype(np.float32)
    noise = np.fft.irfft(spectrum * gains, padded)[:samples].astype(np.float32)
    scaled: Samples = noise / np.float32(np.sqrt(np.mean(noise**2)) + 1e-9)
    return scaled


def frying(
    random: np.random.Generator, samples: int, rate: int, *, brightness: float = 0.5, liveliness: float = 0.5
) -> Samples:
    """The hiss of bursting bubbles, root mean square about 1.

    Args:
        random: source of chance.
        samples: how many.
        rate: samples per second.
        brightness: 0 (a lid, a deep pot) to 1 (a thin hot pan close to the microphone).
        liveliness: how much the hiss flutters and crackles, 0 to 1.
    """
    peak_hz = 3500.0 + 3500.0 * brightness
    shape = [(80, -38), (400, -26), (1200, -12 + 4 * brightness), (peak_hz, 0), (9000, -3 - 5 * (1 - brightness))]
    hiss = coloured_noise(random, samples, rate, [*shape, (16000, -14), (24000, -30)])
    flutter = _slow_noise(random, samples, rate, hertz=9.0)
    hiss *= np.exp(np.float32(0.22 * liveliness) * flutter)
    return hiss + pops(random, samples, rate, per_second=60.0 * liveliness, loudness=1.5, spread=0.6)


def pops(
    random: np.random.Generator,
    samples: int,
    rate: int,
    *,
    per_second: float | npt.NDArray[np.floating[Any]],
    loudness: float,
    spread: float = 0.5,
) -> Samples:
    """Drops that burst in hot fat: clicks of a few milliseconds.

    Args:
        random: source of chance.
        samples: how many.
        rate: samples per second.
        per_second: how many pops, either throughout or for each second of film.
        loudness: their typical peak.
        spread: how unequal they are (sigma of a log-normal).
    """
    seconds = -(-samples // rate)
    counts = random.poisson(np.broadcast_to(np.asarray(per_second, dtype=np.float64), (seconds,)))
    starts = np.repeat(np.arange(seconds), counts) * rate + random.integers(0, rate, int(counts.sum()))
    starts = starts[starts < samples]
    length = rate // 160
    decay = np.exp(-np.arange(length) / (length / 5.0)).astype(np.float32)
    kinds = random.standard_normal((32, length)).astype(np.float32) * decay
    peaks = (loudness * np.exp(spread * random.standard_normal(starts.size))).astype(np.float32)
    track = np.zeros(samples + length, dtype=np.float32)
    for start, peak, kind in zip(starts, peaks, random.integers(0, len(kinds), starts.size), strict=True):
        track[start : start + length] += peak * kinds[kind]
    return track[:samples]


def knocks(
    random: np.random.Generator, samples: int, rate: int, times_s: Sequence[float], *, pitch_hz: float = 900.0
) -> Samples:
    """A spatula against a pan at these times: a few ringing modes, each knock a little different. Peak about 1."""
    length = int(0.22 * rate)
    time = np.arange(length, dtype=np.float32) / rate
    track = np.zeros(samples + length, dtype=np.float32)
    for start_s in times_s:
        start = int(start_s * rate)
        if not 0 <= start < samples:
            continue
        knock = np.zeros(length, dtype=np.float32)
        for ratio, share in ((1.0, 1.0), (2.32, 0.7), (4.25, 0.5), (6.6, 0.3)):
            hertz = pitch_hz * ratio * float(random.uniform(0.97, 1.03))
            if hertz < rate / 2:
                knock += share * np.sin(2 * np.pi * hertz * time) * np.exp(-time * (18.0 + 9.0 * ratio))
        knock += 0.5 * random.standard_normal(length).astype(np.float32) * np.exp(-time * 400.0)
        track[start : start + length] += float(random.uniform(0.45, 1.0)) * knock / 2.2
    return track[:samples]


def thud(random: np.random.Generator, samples: int, rate: int, times_s: Sequence[float]) -> Samples:
    """Something soft lands in the pan at these times. Peak about 1."""
    length = int(0.3 * rate)
    time = np.arange(length, dtype=np.float32) / rate
    track = np.zeros(samples + length, dtype=np.float32)
    for start_s in times_s:
        start = int(start_s * rate)
        if 0 <= start < samples:
            body = np.sin(2 * np.pi * float(random.uniform(90, 160)) * time) * np.exp(-time * 22.0)
            scatter = random.standard_normal(length).astype(np.float32) * np.exp(-time * 30.0) * 0.35
            track[start : start + length] += (body + scatter).astype(np.float32)
    return track[:samples]


def hood_fan(random: np.random.Generator, samples: int, rate: int) -> Samples:
    """An extractor hood: falling noise and the hum of its motor. Root mean square about 1."""
    wind = coloured_noise(random, samples, rate, [(40, 0), (150, 0), (600, -8), (2000, -22), (8000, -42), (20000, -60)])
    time = np.arange(samples, dtype=np.float32) / rate
    hum = sum(np.sin(2 * np.pi * 50.0 * k * time + k) * share for k, share in ((2, 0.3), (4, 0.2), (6, 0.1)))
    return wind + np.float32(0.6) * np.asarray(hum, dtype=np.float32)


def burner(random: np.random.Generator, samples: int, rate: int) -> Samples:
    """A gas flame: a soft roar. Root mean square about 1."""
    roar = coloured_noise(
        random, samples, rate, [(60, -6), (200, 0), (700, -2), (2000, -14), (8000, -34), (20000, -60)]
    )
    fluttering: Samples = roar * np.exp(np.float32(0.15) * _slow_noise(random, samples, rate, hertz=6.0))
    return fluttering


def talk(random: np.random.Generator, samples: int, rate: int) -> Samples:
    """Somebody speaking: a voice with formants, syllables, sibilants and pauses. Peak about 1."""
    time = np.arange(samples, dtype=np.float32) / rate
    pitch_hz = float(random.uniform(95, 230)) * np.exp(0.12 * _slow_noise(random, samples, rate, hertz=2.5))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate
    voice = np.zeros(samples, dtype=np.float32)
    for harmonic in range(1, 22):
        hertz = harmonic * float(pitch_hz.mean())
        strength = sum(np.exp(-(((hertz - formant) / width) ** 2)) for formant, width in _FORMANTS) + 0.04
        voice += np.float32(strength / harmonic**0.4) * np.sin(harmonic * phase).astype(np.float32)
    syllables = np.clip(np.sin(2 * np.pi * 4.3 * time + 2 * _slow_noise(random, samples, rate, hertz=1.5)), 0, 1) ** 0.7
    phrases = (_slow_noise(random, samples, rate, hertz=0.35) > -0.5).astype(np.float32)
    hiss = coloured_noise(random, samples, rate, [(1500, -30), (4000, 0), (9000, 0), (20000, -20)])
    sibilants = np.clip(_slow_noise(random, samples, rate, hertz=3.0) - 1.2, 0, 1)
    spoken = (voice / np.float32(3.0) * syllables + np.float32(0.35) * hiss * sibilants) * phrases
    scaled: Samples = (spoken / (np.abs(spoken).max() + 1e-6)).astype(np.float32)
    return scaled


def music(random: np.random.Generator, samples: int, rate: int) -> Samples:
    """A radio in the next room: chords, a tune and a beat. Peak about 1."""
    beat_s = float(random.uniform(0.4, 0.6))
    track = np.zeros(samples + rate, dtype=np.float32)
    note = np.arange(int(beat_s * 1.6 * rate), dtype=np.float32) / rate
    root = float(random.uniform(180, 260))
    for number in range(int(samples / rate / beat_s)):
        start = int(number * beat_s * rate)
        chord = (0, 5, 7, 5)[number // 4 % 4]
        for step in (0, 4, 7, int(random.choice([12, 14, 16, 19]))):
            hertz = root * 2 ** ((chord + step) / 12)
            tone = np.sin(2 * np.pi * hertz * note) + 0.4 * np.sin(4 * np.pi * hertz * note)
            track[start : start + note.size] += (tone * np.exp(-note * 3.0) * 0.2).astype(np.float32)
        hat = random.standard_normal(int(0.05 * rate)).astype(np.float32)
        track[start : start + hat.size] += 0.25 * hat * np.exp(-np.arange(hat.size) / (0.012 * rate)).astype(np.float32)
    scaled: Samples = track[:samples] / (np.abs(track).max() + 1e-6)
    return scaled


_FORMANTS = ((550.0, 160.0), (1400.0, 260.0), (2500.0, 350.0))


def _slow_noise(random: np.random.Generator, samples: int, rate: int, *, hertz: float) -> Samples:
    """A wandering curve, standard deviation about 1, that changes about `hertz` times a second."""
    count = max(4, int(samples / rate * hertz * 2) + 3)
    corners = random.standard_normal(count).astype(np.float32)
    smooth = np.interp(np.linspace(0, count - 1, samples), np.arange(count), corners)
    curve: Samples = (smooth * 1.2).astype(np.float32)
    return curve
