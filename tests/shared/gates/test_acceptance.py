"""The loop of writing under the gates."""

import pytest

from shared.gates import GateFailure, GateRejection, accepted

FAILURE = GateFailure(gate="one_action", reason="found two", found="と")


def check(draft: str) -> list[GateFailure]:
    return [] if draft.startswith("good") else [FAILURE]


def test_a_first_draft_that_passes_is_taken() -> None:
    draft, report = accepted(lambda *_: "good", check, lambda: "template", max_regenerations=2)
    assert draft == "good"
    assert (report.failed_first, report.regenerations, report.template) == ([], 0, False)


def test_the_next_attempt_is_told_what_failed() -> None:
    told: list[tuple[int, list[GateFailure]]] = []

    def write(attempt: int, failures: list[GateFailure]) -> str:
        told.append((attempt, failures))
        return "good" if attempt == 1 else "bad"

    draft, report = accepted(write, check, lambda: "template", max_regenerations=2)
    assert draft == "good"
    assert told == [(0, []), (1, [FAILURE])]
    assert (report.failed_first, report.regenerations, report.template) == (["one_action"], 1, False)


@pytest.mark.parametrize(("most", "attempts"), [(0, 1), (1, 2), (2, 3)])
def test_after_the_last_regeneration_the_template_stands_in(most: int, attempts: int) -> None:
    written: list[int] = []

    def write(attempt: int, failures: list[GateFailure]) -> str:
        written.append(attempt)
        return f"bad {failures}"

    draft, report = accepted(write, check, lambda: "good template", max_regenerations=most)
    assert draft == "good template"
    assert written == list(range(attempts))
    assert (report.failed_first, report.regenerations, report.template) == (["one_action"], most, True)


def test_nothing_is_shown_when_even_the_template_fails() -> None:
    with pytest.raises(GateRejection, match="one_action: found two"):
        accepted(lambda *_: "bad", check, lambda: "bad", max_regenerations=0)
