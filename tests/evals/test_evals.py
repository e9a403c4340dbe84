"""The golden sets hold, nothing dropped since the last acceptance, and a drop is told."""

import pytest

from tests.evals.metrics import EvalReport, Metric
from tests.evals.run import read_accepted, run_evals

SEARCH = "retrieval/"
"""Needs a database: tests/knowledge_base asserts those figures, `moment eval` compares them."""


def report_of(*metrics: Metric) -> EvalReport:
    return EvalReport(metrics=list(metrics), findings=[], seconds=0.0)


def test_nothing_dropped_since_the_last_acceptance() -> None:
    accepted = {key: value for key, value in read_accepted().items() if not key.startswith(SEARCH)}
    report = run_evals()
    print(*(f"{metric.key} {metric.value:.3f}" for metric in report.metrics), sep="\n")
    assert accepted, "expected accepted figures. Found none: moment eval --accept"
    assert report.drops(accepted) == []


@pytest.mark.parametrize(
    ("metric", "accepted", "dropped"),
    [
        (Metric(section="s", name="up", value=0.9), 0.9, False),
        (Metric(section="s", name="up", value=0.95), 0.9, False),
        (Metric(section="s", name="up", value=0.89), 0.9, True),
        (Metric(section="s", name="up", value=0.89, slack=0.02), 0.9, False),
        (Metric(section="s", name="down", value=3, better="lower"), 2, True),
        (Metric(section="s", name="down", value=1, better="lower"), 2, False),
        (Metric(section="s", name="down", value=3, better="lower", slack=1), 2, False),
    ],
)
def test_a_figure_worse_than_the_accepted_one_is_a_drop(metric: Metric, accepted: float, dropped: bool) -> None:
    assert bool(report_of(metric).drops({metric.key: accepted})) == dropped


def test_a_figure_out_of_its_bound_is_a_drop_even_when_it_was_accepted() -> None:
    metric = Metric(section="robustness", name="leaks", value=1, better="lower", bound=0)
    assert report_of(metric).drops({metric.key: 1}) == ["robustness/leaks: expected 0 or better. Found: 1.000"]


def test_a_figure_that_is_no_longer_measured_is_a_drop() -> None:
    assert report_of().drops({"gates/recall": 1.0}) == ["gates/recall: accepted was 1.000. Found: not measured"]
