"""How far a run is, for the cook who waits: each stage's share of the whole, in percent and in typical seconds."""

from shared.models.base import Model


class Span(Model):
    """Where a stage lies between 0 and 100 percent, and how long it and everything after it takes."""

    start: int
    end: int
    remaining_s: int
    """Typical seconds from the start of this stage to the finished video."""


SPANS: dict[str, Span] = {  # in the order of the workflow
    "prepare": Span(start=2, end=15, remaining_s=150),
    "transcribe": Span(start=15, end=16, remaining_s=130),
    "analyze": Span(start=16, end=35, remaining_s=130),
    "retrieve": Span(start=35, end=40, remaining_s=95),
    "coach": Span(start=40, end=50, remaining_s=90),
    "narrate": Span(start=52, end=55, remaining_s=75),
    "speak": Span(start=55, end=65, remaining_s=65),
    "render": Span(start=65, end=98, remaining_s=50),
}


def percent(stage: str, fraction: float) -> int:
    """Percent of the whole run when `stage` is `fraction` (0 to 1) done."""
    span = SPANS[stage]
    return round(span.start + (span.end - span.start) * min(1.0, max(0.0, fraction)))


def fraction(stage: str, percent_: int) -> float:
    """How much of `stage` is done, 0 to 1, when the whole run is at this percent."""
    span = SPANS[stage]
    return min(1.0, max(0.0, (percent_ - span.start) / (span.end - span.start)))


def eta_s(stage: str, fraction: float) -> int:
    """Typical seconds until the video when `stage` is `fraction` (0 to 1) done."""
    span = SPANS[stage]
    later = [other.remaining_s for other in SPANS.values() if other.start >= span.end]
    after = max(later, default=0)
    return round(after + (span.remaining_s - after) * (1 - min(1.0, max(0.0, fraction))))
