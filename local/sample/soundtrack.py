"""The sound of a plan: a burner, a pan that answers late, strokes of the spatula, and the room around."""

import numpy as np

from local.sample import kitchen_sound as kitchen
from local.sample.plan import Plan

SAMPLE_RATE_HZ = 48_000
LOUD_DB = -24.0
"""Frying in a hot pan."""
ANSWER_DB = -46.0
"""What a cold pan answers."""
ROOM_DB = -62.0
BURNER_DB = -48.0
KNOCKS_PER_TURN = 2.0
FADE_S = 1.6


def soundtrack(plan: Plan) -> kitchen.Samples:
    """Mono samples of the whole clip, within ±1."""
    random = np.random.default_rng((plan.seed, 11))
    rate, samples = SAMPLE_RATE_HZ, int(plan.duration_s * SAMPLE_RATE_HZ)
    off = kitchen.OFF_DB
    sizzle = [
        (0.0, off),
        (plan.drop_s - 0.01, off),
        (plan.drop_s + 0.5, ANSWER_DB),
        (plan.drop_s + 5.0, ANSWER_DB + 4.0),
        (plan.hot_s, LOUD_DB),
        (plan.off_s, LOUD_DB),
        (plan.off_s + FADE_S, ANSWER_DB),
        (plan.off_s + 2 * FADE_S, off),
    ]
    flame = [(0.0, off), (plan.flame_s, off), (plan.flame_s + 0.3, BURNER_DB), (plan.off_s, BURNER_DB)]
    unrest = [(float(time), float(random.normal(0.0, 0.8))) for time in np.arange(0.0, plan.duration_s + 1.3, 1.3)]
    strokes = [
        float(time + random.normal(0, 0.05))
        for stroke in plan.strokes
        for time in np.arange(stroke.start_s, stroke.end_s, 1.0 / (KNOCKS_PER_TURN * abs(stroke.turns_per_s)))
    ]
    track = kitchen.frying(random, samples, rate, brightness=0.6, liveliness=0.55) * kitchen.levels(
        sizzle, samples, rate
    )
    track *= kitchen.levels(unrest, samples, rate)
    track += kitchen.burner(random, samples, rate) * kitchen.levels([*flame, (plan.off_s + 0.2, off)], samples, rate)
    track += kitchen.coloured_noise(random, samples, rate, _ROOM) * np.float32(10 ** (ROOM_DB / 20))
    track += np.float32(0.10) * kitchen.knocks(random, samples, rate, strokes, pitch_hz=780.0)
    track += np.float32(0.16) * kitchen.thud(random, samples, rate, [plan.drop_s + 0.05, plan.drop_s + 0.3])
    track += np.float32(0.08) * kitchen.knocks(random, samples, rate, [plan.flame_s, plan.off_s], pitch_hz=1700.0)
    peak = float(np.abs(track).max())
    quiet: kitchen.Samples = (track * np.float32(min(1.0, 0.9 / peak))).astype(np.float32)
    return quiet


_ROOM = ((50, 0), (300, -4), (1500, -16), (6000, -30), (20000, -45))
