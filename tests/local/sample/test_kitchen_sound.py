"""Synthesised sounds are what they are called, to a microphone's eye."""

import numpy as np
import pytest

from local.sample import kitchen_sound as kitchen

RATE = 48_000
SAMPLES = 4 * RATE


def share_above(sound: kitchen.Samples, hertz: float) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float(power[np.fft.rfftfreq(sound.size, 1 / RATE) > hertz].sum() / power.sum())


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(1)


def test_levels_run_straight_between_points_and_off_is_silence() -> None:
    curve = kitchen.levels([(0.0, kitchen.OFF_DB), (1.0, kitchen.OFF_DB), (1.001, -40.0), (3.0, -20.0)], 3 * RATE, RATE)
    assert curve[RATE // 2] == 0.0
    assert curve[2 * RATE] == pytest.approx(10 ** (-30 / 20), rel=0.02)


def test_frying_hisses_and_a_fan_rumbles(random: np.random.Generator) -> None:
    assert share_above(kitchen.frying(random, SAMPLES, RATE), 2500) > 0.8
    assert share_above(kitchen.hood_fan(random, SAMPLES, RATE), 2500) < 0.02
    assert share_above(kitchen.burner(random, SAMPLES, RATE), 2500) < 0.1


def test_noise_has_the_loudness_asked_for(random: np.random.Generator) -> None:
    noise = kitchen.coloured_noise(random, 123_457, RATE, [(50, 0), (20_000, -30)])
    assert noise.size == 123_457
    assert float(np.sqrt(np.mean(noise**2))) == pytest.approx(1.0, rel=0.01)


def test_knocks_come_when_told(random: np.random.Generator) -> None:
    sound = np.abs(kitchen.knocks(random, SAMPLES, RATE, [1.0, 2.5]))
    assert sound[: RATE - 10].max() == 0.0
    assert sound[RATE : RATE + 500].max() > 0.2
    assert sound[int(1.5 * RATE) : int(2.4 * RATE)].max() < 0.02


def test_pops_are_as_many_as_asked_for_each_second(random: np.random.Generator) -> None:
    sound = np.abs(kitchen.pops(random, SAMPLES, RATE, per_second=np.array([0.0, 30.0, 0.0, 0.0]), loudness=1.0))
    assert sound[:RATE].max() == 0.0
    assert sound[RATE : 2 * RATE].max() > 0.5


@pytest.mark.parametrize("sound", [kitchen.talk, kitchen.music])
def test_distractions_stay_within_bounds(sound: object, random: np.random.Generator) -> None:
    samples = sound(random, SAMPLES, RATE)  # type: ignore[operator]  # the parameters are functions
    assert samples.size == SAMPLES
    assert float(np.abs(samples).max()) <= 1.001
