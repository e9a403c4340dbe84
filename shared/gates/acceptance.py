"""Writing under the gates: try, name what failed, try again, and in the end fall back on words that are known to pass.

The loop is the same whoever writes (Gemini or the rules) and whatever is written (text, narration, answer).
"""

from collections.abc import Callable
from typing import TypeVar

from shared.gates.facts import GateFailure, GateRejection
from shared.models.coaching import GateReport

Draft = TypeVar("Draft")


def accepted(
    write: Callable[[int, list[GateFailure]], Draft],
    check: Callable[[Draft], list[GateFailure]],
    template: Callable[[], Draft],
    *,
    max_regenerations: int,
) -> tuple[Draft, GateReport]:
    """The first draft that passes, or the template, and the report that is stored with the run.

    Args:
        write: given the number of the attempt (0 first) and the failures of the attempt before, writes a draft.
        check: the failures of a draft; none: it passes.
        template: the safe words.
        max_regenerations: how often a failed draft is written again, 0 to 2.

    Raises:
        GateRejection: even the template fails; nothing may be shown.
    """
    failures: list[GateFailure] = []
    failed_first: list[str] = []
    for attempt in range(max_regenerations + 1):
        draft = write(attempt, failures)
        failures = check(draft)
        if not failures:
            return draft, GateReport(failed_first=failed_first, regenerations=attempt)
        if attempt == 0:
            failed_first = sorted({failure.gate for failure in failures})
    safe = template()
    failures = check(safe)
    if failures:
        raise GateRejection(failures)
    return safe, GateReport(failed_first=failed_first, regenerations=max_regenerations, template=True)
