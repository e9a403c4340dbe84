"""The instruments of the music, each a sum of decaying or swelling partials. No samples, nobody else's recordings."""

import math
from functools import cache

import numpy as np

from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.wav import Signal

A4_MIDI, A4_HZ = 69, 440.0


def hertz(midi: float) -> float:
    """Frequency of a MIDI note."""
    return A4_HZ * math.pow(2.0, (midi - A4_MIDI) / 12)


@cache
def marimba(midi: int) -> Signal:
    """A soft mallet on a wooden bar: fundamental, the tuned double octave, a short knock. About 1.3 s."""
    time_s = _seconds(1.3)
    fundamental = hertz(midi)
    body = np.sin(2 * np.pi * fundamental * time_s) * np.exp(-time_s * (3.2 + fundamental / 260))
    octaves = 0.22 * np.sin(2 * np.pi * 3.98 * fundamental * time_s) * np.exp(-time_s * 16)
    bar = 0.06 * np.sin(2 * np.pi * 9.6 * fundamental * time_s) * np.exp(-time_s * 55)
    return _soften(body + octaves + bar, attack_s=0.004)


@cache
def bell(midi: int) -> Signal:
    """A music box tine: clear, glassy, slow to die. About 2.2 s."""
    time_s = _seconds(2.2)
    fundamental = hertz(midi)
    partials = ((1.0, 1.0, 2.0), (2.003, 0.28, 3.4), (3.01, 0.12, 5.5), (5.43, 0.05, 11.0))
    tone = sum(
        level * np.sin(2 * np.pi * ratio * fundamental * time_s) * np.exp(-decay * time_s)
        for ratio, level, decay in partials
    )
    return _soften(np.asarray(tone), attack_s=0.003)


@cache
def pad(midi: int, length_s: float) -> Signal:
    """Warm strings of an organ-like kind, shape (2, n): three slightly mistuned voices spread left and right."""
    time_s = _seconds(length_s).astype(np.float32)  # half the work of double precision, and far finer than is heard
    swell = np.clip(time_s / 0.7, 0, 1) * np.clip((length_s - time_s) / 1.0, 0, 1)
    swell = swell * swell * (3 - 2 * swell)
    sides = []
    for cents in ((-5.0, 0.0), (0.0, 6.0)):
        side = np.zeros_like(time_s)
        for number, detune in enumerate(cents):
            turn = 2 * np.pi * hertz(midi + detune / 100) * time_s + number * 1.7
            side += np.sin(turn) + 0.30 * np.sin(2 * turn + 0.4) + 0.10 * np.sin(3 * turn + 1.1)
        sides.append(side * swell * 0.5)
    return np.asarray(sides, dtype=np.float32)


@cache
def bass(midi: int, length_s: float) -> Signal:
    """A round plucked bass."""
    time_s = _seconds(length_s)
    turn = 2 * np.pi * hertz(midi) * time_s
    tone = np.sin(turn) * np.exp(-time_s * 1.1) + 0.35 * np.sin(2 * turn) * np.exp(-time_s * 2.6)
    return _soften(tone * np.clip((length_s - time_s) / 0.15, 0, 1), attack_s=0.012)


@cache
def shaker(seed: int) -> Signal:
    """A small shaker: a breath of high noise. About 0.12 s."""
    time_s = _seconds(0.12)
    noise = np.random.default_rng(seed).standard_normal(len(time_s))
    bright = np.diff(noise, n=2, prepend=[0.0, 0.0])
    return _soften(0.16 * bright * np.exp(-((time_s - 0.02) ** 2) / 0.0006), attack_s=0.002)


def _seconds(length_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _soften(tone: np.ndarray[tuple[int], np.dtype[np.float64]], *, attack_s: float) -> Signal:
    """Without a click at either end."""
    attack, release = round(attack_s * SAMPLE_RATE_HZ), round(0.01 * SAMPLE_RATE_HZ)
    tone[:attack] *= np.linspace(0, 1, attack)
    tone[-release:] *= np.linspace(1, 0, release)
    return tone.astype(np.float32)
