"""How long a check takes: the coaching workflow within 0.3 s in process, the largest source soon enough."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.workflows import check, limits
from local.workflows.checker.project import check_project
from local.workflows.language.loader import load
from local.workflows.problems import ProblemList

pytestmark = pytest.mark.benchmark

COACHING = Path(__file__).parents[2] / "workflows_yaml" / "coaching.yaml"
LONGEST_CHECK_S = 0.3
MOST_TIMES_THE_LOADER = 12
"""A check may cost this many times what reading the YAML costs: the yardstick of the same machine."""
ROUNDS = 7


def median_s(work: Callable[[], object]) -> float:
    """The median of several rounds, after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def largest_source() -> str:
    """As many steps as fit into the largest source."""
    header = "main:\n  params: [args]\n  steps:\n    - i: {assign: [{x: 0}]}\n"
    steps: list[str] = []
    size, number = len(header), 0
    while True:
        number += 1
        step = (
            f"    - s{number}:\n        switch:\n          - condition: ${{x > {number} and args.go}}\n"
            f"            assign: [{{x: '${{x + {number}}}'}}, {{y{number % 50}: 1}}]\n"
        )
        if size + len(step) > limits.SOURCE_BYTES:
            return header + "".join(steps)
        steps.append(step)
        size += len(step)


def test_check_of_the_coaching_workflow(capsys: pytest.CaptureFixture[str]) -> None:
    source = COACHING.read_text("utf-8")
    yardstick = median_s(lambda: load(source, ProblemList()))
    language, project = median_s(lambda: check(source)), median_s(lambda: check_project(source))
    with capsys.disabled():
        print(f"\n{'reading the YAML':32}{yardstick * 1000:8.1f} ms     1.0 ×")
        for name, took in (("rules of the language", language), ("with the rules of the project", project)):
            print(f"{name:32}{took * 1000:8.1f} ms{took / yardstick:8.1f} ×")
    assert language <= LONGEST_CHECK_S
    assert project <= LONGEST_CHECK_S
    assert project <= MOST_TIMES_THE_LOADER * yardstick


def test_check_of_the_largest_source(capsys: pytest.CaptureFixture[str]) -> None:
    source = largest_source()
    yardstick = median_s(lambda: load(source, ProblemList()))
    took = median_s(lambda: check(source))
    with capsys.disabled():
        print(
            f"\n{len(source) // 1024} KB: reading {yardstick:.2f} s, checking {took:.2f} s ({took / yardstick:.1f} ×)"
        )
    assert took <= MOST_TIMES_THE_LOADER * yardstick
