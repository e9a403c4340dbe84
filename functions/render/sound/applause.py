"""Applause: a few dozen pairs of hands, each with its own sound, place and pace. Synthesised, the same every time."""

import numpy as np

from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.room import Room, convolve
from functions.render.sound.wav import Signal

SEED = 7
HANDS = 42
KINDS = 7
"""Different sounds of hands; cupped hands are darker than flat ones."""
LENGTH_S = 6.5


def synthesise_applause() -> Signal:
    """Shape (2, samples), `LENGTH_S` long: swells, stays, thins out. Peaks near full scale."""
    random = np.random.default_rng(SEED)
    samples = round(LENGTH_S * SAMPLE_RATE_HZ)
    strokes = np.zeros((KINDS, 2, samples), dtype=np.float32)
    for hands in range(HANDS):
        pan, distance = random.uniform(0.1, 0.9), random.uniform(0.35, 1.0)
        begins, ends = random.uniform(0.0, 0.9), random.uniform(2.2, LENGTH_S - 0.4)
        now = begins
        pace = random.uniform(3.4, 5.2)
        while now < ends:
            tired = 1.0 - 0.6 * max(0.0, (now - begins) / (ends - begins) - 0.5)
            level = distance * tired * random.uniform(0.6, 1.0)
            at = round(now * SAMPLE_RATE_HZ)
            strokes[hands % KINDS, 0, at] += level * np.sqrt(1 - pan)
            strokes[hands % KINDS, 1, at] += level * np.sqrt(pan)
            now += random.normal(1, 0.07) / (pace * (0.75 + 0.25 * tired))
    claps = [_clap(random, hertz) for hertz in np.linspace(900, 2_300, KINDS)]
    dry = np.stack(
        [sum(convolve(strokes[kind, side], claps[kind]) for kind in range(KINDS)) for side in (0, 1)]
    ).astype(np.float32)
    mixed = dry + 0.5 * Room(seed=SEED, length_s=0.9).around(dry)
    envelope = np.interp(np.arange(samples) / SAMPLE_RATE_HZ, [0, 0.5, 3.4, LENGTH_S], [0.3, 1.0, 0.8, 0.0])
    shaped = mixed * envelope
    return np.asarray(shaped / np.abs(shaped).max(), dtype=np.float32)


def _clap(random: np.random.Generator, hertz: float) -> Signal:
    """One clap: a burst of noise around a resonance of the hollow between the hands."""
    time_s = np.arange(round(0.05 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    noise = random.standard_normal(len(time_s))
    ring = np.exp(-time_s * 2 * np.pi * hertz / 3.5) * np.cos(2 * np.pi * hertz * time_s)
    resonant = np.convolve(noise * np.exp(-time_s * 260), ring)[: len(time_s)]
    onset = np.clip(time_s / 0.0006, 0, 1)
    return (resonant * onset * np.exp(-time_s * 90)).astype(np.float32)
