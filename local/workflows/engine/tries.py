"""`try` with `retry` and `except`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from local.workflows.engine.evaluation import Evaluate
from local.workflows.engine.outcomes import Control, Jump, Outcome
from local.workflows.engine.routines import Routine
from local.workflows.engine.scopes import Scope
from local.workflows.engine.steps import Block, Step
from local.workflows.engine.strand import Strand
from local.workflows.errors import TraceEntry, WorkflowError, system_error
from local.workflows.runtime.backoff import Backoff
from local.workflows.runtime.clock import sleep
from local.workflows.standard_library.retry_policies import DEFAULT_MAX_RETRIES
from local.workflows.values import Value, is_number, type_name


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again and after how long. Evaluated at the first failure."""

    policy: Evaluate
    """Gives a map with `predicate`, `max_retries` and `backoff`, such as `http.default_retry`."""

    def attempts(self, strand: Strand) -> Attempts:
        policy = self.policy(strand)
        if not isinstance(policy, dict):
            raise system_error("TypeError", f"a retry policy must be a map, not '{type_name(policy)}'")
        max_retries = policy.get("max_retries")
        retries = float(DEFAULT_MAX_RETRIES) if max_retries is None else _number("max_retries", max_retries)
        backoff = policy.get("backoff")
        if backoff is not None and not isinstance(backoff, dict):
            raise system_error("TypeError", f"backoff must be a map, not '{type_name(backoff)}'")
        given = {key: _number(key, value) for key, value in (backoff or {}).items() if value is not None}
        unknown = [key for key in given if key not in BACKOFF_KEYS]
        if unknown:
            raise system_error("ValueError", f"backoff takes {', '.join(BACKOFF_KEYS)}, not {unknown[0]!r}")
        return Attempts(policy.get("predicate"), retries, Backoff(**given).delays())


BACKOFF_KEYS = ("initial_delay", "max_delay", "multiplier")


@dataclass(slots=True)
class Attempts:
    """The retries one step has left."""

    _predicate: Value
    _retries: float
    _delays: Iterator[float]

    def delay_after(self, error: Value, strand: Strand) -> float | None:
        """How long to wait before trying again after `error`; None to give up."""
        if self._retries <= 0 or not self._wants_retry(error, strand):
            return None
        self._retries -= 1
        return next(self._delays)

    def _wants_retry(self, error: Value, strand: Strand) -> bool:
        predicate = self._predicate
        if predicate is None:
            return True
        if isinstance(predicate, Routine):
            return predicate.call(strand, [error]) is True
        if callable(predicate):
            return predicate(error) is True
        raise system_error("TypeError", f"a retry predicate must be a subworkflow, not '{type_name(predicate)}'")


@dataclass(frozen=True, slots=True)
class Handler:
    """`except`: runs with the error under a name of its own."""

    variable: str | None
    block: Block

    def handle(self, error: Value, strand: Strand) -> Outcome:
        scope = Scope(strand.run.memory, parent=strand.scope)
        if self.variable is not None:
            scope.declare({self.variable: error}, strand.run.lock)
        return strand.run_block(self.block, scope)


class TryStep(Step):
    kind = "try"

    def __init__(
        self,
        place: TraceEntry,
        next_outcome: Jump | Control | None,
        *,
        body: Step,
        retry: RetryPolicy | None,
        handler: Handler | None,
    ) -> None:
        super().__init__(place, next_outcome)
        self._body = body
        self._retry = retry
        self._handler = handler

    def act(self, strand: Strand) -> Outcome:
        attempts: Attempts | None = None
        while True:
            try:
                return self._body.perform(strand)
            except WorkflowError as error:
                caught = error
            if self._retry is not None:
                attempts = attempts or self._retry.attempts(strand)
                delay = attempts.delay_after(caught.payload, strand)
                if delay is not None:
                    strand.run.begin_step()  # attempts count, so that no policy goes on for ever
                    sleep(strand.runtime.clock, delay, strand.cancellation)
                    continue
            if self._handler is None:
                raise caught
            return self._handler.handle(caught.payload, strand)


def _number(name: str, value: Value) -> float:
    if not is_number(value):
        raise system_error("TypeError", f"{name} must be a number, not '{type_name(value)}'")
    if not 0 <= value < math.inf:
        raise system_error("ValueError", f"{name} must be a number from 0 up, not {value}")
    return float(value)
