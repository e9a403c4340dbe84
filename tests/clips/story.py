"""What happens in a clip: a score for picture and sound, and the truth about it. Pure data, made from a seed."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from shared.models.analysis import Outcome, Sign

Curve = tuple[tuple[float, float], ...]
"""(second, value) points, straight between them."""
OFF_DB = -120.0


def value_at(curve: Curve, time_s: float) -> float:
    """Where a curve is at a moment."""
    times, values = [time for time, _ in curve], [value for _, value in curve]
    return float(np.interp(time_s, times, values))


@dataclass(frozen=True)
class Planted:
    """A sign that is really there."""

    sign: Sign
    time_s: float
    """When it begins."""
    end_s: float


@dataclass(frozen=True)
class Stirring:
    """The hand moves the food."""

    start_s: float
    end_s: float
    vigour: float
    """Turns per second, about 0.3 to 1.2."""


@dataclass(frozen=True)
class Distractors:
    """What has nothing to do with the cooking."""

    room_db: float = -60.0
    fan_db: float = OFF_DB
    talk: Curve = ((0.0, OFF_DB),)
    music_db: float = OFF_DB
    clatter_s: tuple[float, ...] = ()
    """Crockery somewhere else."""
    shake: float = 0.0
    """How far a hand-held camera sways, share of the short side."""
    exposure: Curve = ((0.0, 1.0),)
    reaching_s: tuple[float, ...] = ()
    """An arm passes through the picture without touching the food."""
    cut_s: tuple[float, ...] = ()
    """The film was cut: the view changes."""


@dataclass(frozen=True)
class Story:
    """One clip."""

    name: str
    seed: int
    dish: str
    duration_s: float
    outcome: Outcome
    mistakes: tuple[str, ...]
    """Right answers, the best first; empty unless coachable."""
    moments_s: tuple[float, ...]
    """Where the lesson may point; empty when it does not matter."""
    planted: tuple[Planted, ...]
    also: tuple[Sign, ...] = ()
    """Signs that this scene may rightly show besides what was planted."""
    scene: Literal["kitchen", "office", "black"] = "kitchen"
    sizzle: Curve = ((0.0, OFF_DB),)
    """Decibels relative to full scale."""
    pops: Curve = ((0.0, 0.0),)
    """Loud drops per second."""
    browning: Curve = ((0.0, 0.0),)
    """0 raw, 0.6 well browned, 1 charred."""
    haze: Curve = ((0.0, 0.0),)
    """Density of smoke or steam, 0 to 1."""
    haze_kind: Literal["smoke", "steam"] = "steam"
    stirring: tuple[Stirring, ...] = ()
    drops_s: tuple[float, ...] = ()
    """Food goes in."""
    silent: bool = False
    """No sound track."""
    distractors: Distractors = field(default_factory=Distractors)

    def told(self, **changes: object) -> "Story":
        """The same story with some things changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names are checked by dataclasses.replace
