"""How long to wait between attempts."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays in seconds that grow by a factor up to a maximum."""

    initial_delay: float = 1.0
    max_delay: float = 60.0
    multiplier: float = 1.25

    def delays(self) -> Iterator[float]:
        """The delay before the first retry, the second, and so on without end."""
        delay = self.initial_delay
        while True:
            yield min(delay, self.max_delay)
            delay = min(delay * self.multiplier, self.max_delay)
