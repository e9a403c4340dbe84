"""The ready-made retry policies and predicates: `http.default_retry`, `retry.always` and their kin.

Source: cloud.google.com/workflows/docs/reference/stdlib/http (default_retry and the others) and .../retry
"""

from collections.abc import Callable

from local.workflows.standard_library.registry import CONSTANTS
from local.workflows.values import Value

RetryPredicate = Callable[[Value], bool]

DEFAULT_MAX_RETRIES = 5


def _predicate(codes: set[int], tags: set[str]) -> RetryPredicate:
    """Whether an error is an HTTP answer with one of `codes`, or bears one of `tags`."""

    def matches(error: Value) -> bool:
        if not isinstance(error, dict):
            return False
        found = error.get("tags")
        found_tags = set(found) if isinstance(found, list) else set()
        return ("HttpError" in found_tags and error.get("code") in codes) or not tags.isdisjoint(found_tags)

    return matches


def always(error: Value) -> bool:  # noqa: ARG001  # a predicate takes the error
    """Retry whatever happens."""
    return True


def never(error: Value) -> bool:  # noqa: ARG001  # a predicate takes the error
    """Do not retry."""
    return False


IDEMPOTENT = _predicate({429, 502, 503, 504}, {"ConnectionError", "ConnectionFailedError", "TimeoutError"})
"""For calls that may be repeated freely."""
NON_IDEMPOTENT = _predicate({429, 503}, {"ConnectionFailedError"})
"""For calls that may be repeated only when they certainly had no effect."""

DEFAULT_BACKOFF: dict[str, Value] = {"initial_delay": 1.0, "max_delay": 60.0, "multiplier": 1.25}


def _policy(predicate: RetryPredicate) -> dict[str, Value]:
    return {"predicate": predicate, "max_retries": DEFAULT_MAX_RETRIES, "backoff": DEFAULT_BACKOFF}


CONSTANTS.update(
    {
        "http.default_retry": _policy(IDEMPOTENT),
        "http.default_retry_non_idempotent": _policy(NON_IDEMPOTENT),
        "http.default_retry_predicate": IDEMPOTENT,
        "http.default_retry_predicate_non_idempotent": NON_IDEMPOTENT,
        "retry.always": always,
        "retry.never": never,
        "retry.default_backoff": DEFAULT_BACKOFF,
    }
)
