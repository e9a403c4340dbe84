"""Stopping an execution at any point.

One `Cancellation` belongs to one execution and is seen by all its threads. A thread that is about to block says how to
wake it (`interrupting`); whoever cancels sets the flag and wakes them all. Between steps the engine only looks at the
flag.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancelled(BaseException):
    """The execution was cancelled. Not an Exception, so that nothing inside a workflow can catch it."""


class Cancellation:
    """A flag that can wake whoever is blocked."""

    def __init__(self) -> None:
        self.requested = False
        self._lock = threading.Lock()
        self._interrupters: set[Callable[[], None]] = set()

    def request(self) -> None:
        """Cancel: set the flag and interrupt everybody who is blocked."""
        with self._lock:
            self.requested = True
            interrupters = list(self._interrupters)
        for interrupt in interrupters:
            interrupt()

    def check(self) -> None:
        """Raise Cancelled when cancellation was requested."""
        if self.requested:
            raise Cancelled

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Around a blocking call: `interrupt` is called from another thread to make it return early.

        Raises Cancelled before or after the call when cancellation was requested.
        """
        with self._lock:
            self._interrupters.add(interrupt)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._interrupters.discard(interrupt)
            self.check()
