"""The sound of a story."""

import numpy as np

from local.sample import kitchen_sound as kitchen
from tests.clips.story import OFF_DB, Curve, Story, value_at

KNOCKS_PER_TURN = 2.0
MICROPHONE_DB = -75.0
"""Every phone hears itself."""


def soundtrack(story: Story, rate: int) -> kitchen.Samples:
    """Mono samples of the whole story, within ±1."""
    random = np.random.default_rng((story.seed, 1))
    samples = int(story.duration_s * rate)
    around = story.distractors
    track = kitchen.coloured_noise(random, samples, rate, _ROOM) * _amplitude(around.room_db)
    track += kitchen.coloured_noise(random, samples, rate, _FLAT) * _amplitude(MICROPHONE_DB)
    if _is_heard(story.sizzle):
        frying = kitchen.frying(
            random,
            samples,
            rate,
            brightness=float(random.uniform(0.1, 1.0)),
            liveliness=float(random.uniform(0.15, 0.9)),
        )
        unrest = kitchen.levels(
            [(time, float(random.normal(0, 1.0))) for time in np.arange(0, story.duration_s + 2, 1.7)], samples, rate
        )
        track += frying * kitchen.levels(story.sizzle, samples, rate) * unrest
        track += kitchen.burner(random, samples, rate) * _amplitude(_top_db(story.sizzle) - random.uniform(12, 30))
    track += _handiwork(story, random, samples, rate)
    track += _surroundings(story, random, samples, rate)
    peak = float(np.abs(track).max())
    return track / peak * np.float32(0.98) if peak > 0.98 else track


def _handiwork(story: Story, random: np.random.Generator, samples: int, rate: int) -> kitchen.Samples:
    """Strokes of the spatula, food landing, fat spitting."""
    top = _amplitude(_top_db(story.sizzle)) if _is_heard(story.sizzle) else 0.05
    strokes = [
        float(time + random.normal(0, 0.06))
        for stirring in story.stirring
        for time in np.arange(stirring.start_s, stirring.end_s, 1.0 / (KNOCKS_PER_TURN * stirring.vigour))
    ]
    track = kitchen.knocks(random, samples, rate, strokes, pitch_hz=float(random.uniform(600, 1500)))
    track = track * np.float32(top * random.uniform(1.0, 4.0))
    track += kitchen.thud(random, samples, rate, story.drops_s) * np.float32(top * random.uniform(2.0, 5.0))
    if max(rate_per_s for _, rate_per_s in story.pops) > 0:
        seconds = np.arange(int(np.ceil(story.duration_s))) + 0.5
        per_second = np.array([value_at(story.pops, float(second)) for second in seconds])
        loudness = float(top * random.uniform(6, 12))
        track += kitchen.pops(random, samples, rate, per_second=per_second, loudness=loudness)
    return track


def _surroundings(story: Story, random: np.random.Generator, samples: int, rate: int) -> kitchen.Samples:
    around = story.distractors
    track = np.zeros(samples, dtype=np.float32)
    if around.fan_db > OFF_DB:
        track += kitchen.hood_fan(random, samples, rate) * _amplitude(around.fan_db)
    if _is_heard(around.talk):
        track += kitchen.talk(random, samples, rate) * kitchen.levels(around.talk, samples, rate) * np.float32(4.0)
    if around.music_db > OFF_DB:
        track += kitchen.music(random, samples, rate) * _amplitude(around.music_db) * np.float32(4.0)
    if around.clatter_s:
        clatter = kitchen.knocks(random, samples, rate, around.clatter_s, pitch_hz=2100.0)
        track += clatter * np.float32(random.uniform(0.05, 0.3))
    return track


def _is_heard(curve: Curve) -> bool:
    return max(level for _, level in curve) > OFF_DB


def _top_db(curve: Curve) -> float:
    return max(level for _, level in curve)


def _amplitude(decibels: float) -> np.float32:
    return np.float32(0.0 if decibels <= OFF_DB else 10.0 ** (decibels / 20.0))


_ROOM = ((50, 0), (300, -4), (1500, -16), (6000, -30), (20000, -45))
_FLAT = ((50, 0), (20000, 0))
