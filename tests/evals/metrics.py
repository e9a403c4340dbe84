"""Figures with a direction: what was measured, what it may not fall below, and what was accepted last."""

from pathlib import Path
from typing import Literal

from shared.models.base import Model
from shared.models.coaching import CoachingText

ACCEPTED = Path(__file__).with_name("accepted.json")
ROUNDING = 0.0005
"""Figures this close are the same: they are stored with three decimals."""


class Metric(Model):
    """One figure."""

    section: str
    name: str
    value: float
    better: Literal["higher", "lower"] = "higher"
    bound: float | None = None
    """The least (or, where lower is better, the most) that is acceptable at all."""
    slack: float = 0.0
    """How much worse than the accepted figure is still no drop: style moves a little whenever a phrase is added."""

    @property
    def key(self) -> str:
        """Names the figure in the accepted results."""
        return f"{self.section}/{self.name}"

    def dropped_from(self, accepted: float | None) -> bool:
        """Whether this figure is worse than the accepted one, slack allowed."""
        return accepted is not None and self._worse_by(accepted) > self.slack + ROUNDING

    @property
    def out_of_bounds(self) -> bool:
        """Whether the figure is worse than anything acceptable."""
        return self.bound is not None and self._worse_by(self.bound) > ROUNDING

    def _worse_by(self, other: float) -> float:
        return other - self.value if self.better == "higher" else self.value - other


class Finding(Model):
    """One case that went wrong, for people to look at."""

    section: str
    case: str
    problem: str


class EvalReport(Model):
    """Everything that was measured in one run."""

    metrics: list[Metric]
    findings: list[Finding]
    seconds: float
    texts: list[CoachingText] = []
    """The lessons that were written, in the order of the cases."""

    def drops(self, accepted: dict[str, float]) -> list[str]:
        """Figures that are out of bounds or worse than the accepted ones, a line each."""
        lines = []
        for metric in self.metrics:
            before = accepted.get(metric.key)
            if metric.out_of_bounds:
                lines.append(f"{metric.key}: expected {metric.bound:g} or better. Found: {metric.value:.3f}")
            elif before is not None and metric.dropped_from(before):
                lines.append(f"{metric.key}: accepted was {before:.3f}. Found: {metric.value:.3f}")
        measured = {metric.key for metric in self.metrics}
        lines += [
            f"{key}: accepted was {value:.3f}. Found: not measured"
            for key, value in accepted.items()
            if key not in measured
        ]
        return lines
