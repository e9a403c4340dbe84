"""The plan of a sample clip: what happens when. Whoever draws a part of it and whoever makes its sound get the same."""

from functools import cache
from pathlib import Path

import numpy as np
from pydantic import Field
from ruamel.yaml import YAML

from local.sample.food import Ingredient, Shape
from shared.models.base import Model

FRAME_RATE = 30
DEFAULT_DISH = "default"


class Portion(Model):
    """An entry of `dishes.yaml`."""

    shape: Shape
    count: int = Field(ge=1)
    size: tuple[float, float]
    raw: tuple[float, float, float]
    browned: tuple[float, float, float]
    after_s: float = 0.0
    spread: float = 1.0


class Stroke(Model):
    """The spatula goes around in the pan."""

    start_s: float
    end_s: float
    turns_per_s: float
    phase: float
    """Where it begins, radians."""


class Plan(Model):
    """A clip in which food goes into a pan that is not hot yet."""

    dish: str
    seed: int
    duration_s: float
    flame_s: float
    """The burner is lit."""
    drop_s: float
    """Food goes in, too early: this is the moment a lesson should be about."""
    hot_s: float
    """The pan has become as hot as it should have been."""
    off_s: float
    """The burner is turned off."""
    strokes: list[Stroke]

    @property
    def frames(self) -> int:
        """Pictures in the clip."""
        return round(self.duration_s * FRAME_RATE)

    def ingredients(self) -> list[Ingredient]:
        """What goes in, and when."""
        portions = _portions().get(self.dish) or _portions()[DEFAULT_DISH]
        return [
            Ingredient(
                shape=portion.shape,
                count=portion.count,
                size=portion.size,
                raw=portion.raw,
                browned=portion.browned,
                lands_s=self.drop_s + portion.after_s,
                spread=portion.spread,
            )
            for portion in portions
        ]


def plan_clip(dish: str, seed: int, duration_s: float) -> Plan:
    """The course of a clip of this length, seconds (at least 20)."""
    random = np.random.default_rng(seed)
    drop_s = float(random.uniform(7.0, 9.0))
    off_s = duration_s - 3.5
    strokes = []
    time_s = drop_s + 2.2
    while time_s < off_s - 1.5:
        until_s = min(time_s + float(random.uniform(3.0, 5.5)), off_s)
        turns = float(random.choice([-1.0, 1.0])) * float(random.uniform(0.55, 0.85))
        strokes.append(
            Stroke(start_s=time_s, end_s=until_s, turns_per_s=turns, phase=float(random.uniform(0, 2 * np.pi)))
        )
        time_s = until_s + float(random.uniform(1.8, 3.2))
    return Plan(
        dish=dish,
        seed=seed,
        duration_s=duration_s,
        flame_s=drop_s - 3.0,
        drop_s=drop_s,
        hot_s=min(drop_s + float(random.uniform(17, 21)), off_s - 6.0),
        off_s=off_s,
        strokes=strokes,
    )


@cache
def _portions() -> dict[str, list[Portion]]:
    raw = YAML(typ="safe", pure=True).load(Path(__file__).with_name("dishes.yaml"))
    return {dish: [Portion.model_validate(entry) for entry in entries] for dish, entries in raw.items()}
