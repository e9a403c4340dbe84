"""Time as an execution sees it: the real one, or a virtual one in which waiting costs nothing.

An execution may have several threads (the branches of parallel steps). All of them wait through the clock, so that a
virtual clock knows when everybody is waiting; only then does it move on, to the moment the first of them waits for.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from local.workflows.runtime.cancellation import Cancellation


class Clock(Protocol):
    """What the engine asks of time. Seconds are real-valued; `now` counts from 1970."""

    def now(self) -> float: ...

    def sleep(self, seconds: float, woken_by: threading.Event) -> None:
        """Wait; return early when `woken_by` is set."""

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        """Wait for `event`, at most `seconds`; whether it was set."""

    def wake(self, event: threading.Event) -> None:
        """Set an event another thread may be waiting for."""

    def thread_starts(self) -> None:
        """A thread is about to be started that will run steps. Called by the thread that starts it."""

    def thread_ends(self) -> None:
        """The calling thread will run no more steps."""


def sleep(clock: Clock, seconds: float, cancellation: Cancellation) -> None:
    """Sleep by `clock`. Raises Cancelled as soon as the execution is cancelled."""
    woken = threading.Event()
    with cancellation.interrupting(lambda: clock.wake(woken)):
        clock.sleep(seconds, woken)


class RealClock:
    """The machine's clock. `sleeping` replaces how it sleeps, so that a test need not wait."""

    def __init__(self, sleeping: Callable[[float], None] | None = None) -> None:
        self._sleeping = sleeping

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float, woken_by: threading.Event) -> None:
        if self._sleeping is not None:
            self._sleeping(seconds)
        else:
            self.wait(woken_by, seconds)

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        # A lock waits at most threading.TIMEOUT_MAX; nobody outlives that.
        return event.wait(None if seconds is None else min(seconds, threading.TIMEOUT_MAX))

    def wake(self, event: threading.Event) -> None:
        event.set()

    def thread_starts(self) -> None:
        """Real time passes by itself."""

    def thread_ends(self) -> None:
        """Real time passes by itself."""


@dataclass(order=True, slots=True)
class _Waiter:
    due: float
    order: int
    event: threading.Event = field(compare=False)
    timed_out: bool = field(default=False, compare=False)


class VirtualClock:
    """Time that jumps. It stands still while any thread of the execution works, and moves when all of them wait."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._working = 0
        self._waiters: list[_Waiter] = []
        self._orders = itertools.count()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float, woken_by: threading.Event) -> None:
        self.wait(woken_by, seconds)

    def wait(self, event: threading.Event, seconds: float | None) -> bool:
        due = float("inf") if seconds is None else self._now + max(seconds, 0.0)
        with self._lock:
            if event.is_set():
                return True
            waiter = _Waiter(due, next(self._orders), event)
            heapq.heappush(self._waiters, waiter)
            self._working -= 1
            self._move_on_when_all_wait()
        event.wait()
        return not waiter.timed_out

    def wake(self, event: threading.Event) -> None:
        with self._lock:
            for waiter in [waiter for waiter in self._waiters if waiter.event is event]:
                self._release(waiter)
            event.set()

    def thread_starts(self) -> None:
        with self._lock:
            self._working += 1

    def thread_ends(self) -> None:
        with self._lock:
            self._working -= 1
            self._move_on_when_all_wait()

    def _move_on_when_all_wait(self) -> None:
        if self._working > 0 or not self._waiters or self._waiters[0].due == float("inf"):
            return
        # One at a time, in the order they began to wait, so that a run is the same every time.
        waiter = self._waiters[0]
        self._now = max(self._now, waiter.due)
        waiter.timed_out = True
        self._release(waiter)
        waiter.event.set()

    def _release(self, waiter: _Waiter) -> None:
        """The waiting thread counts as working from here on, before it has even woken."""
        self._waiters.remove(waiter)
        heapq.heapify(self._waiters)
        self._working += 1
