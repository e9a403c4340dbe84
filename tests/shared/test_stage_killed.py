"""A worker may die at any instruction: calling the stage again ends in the same state."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENDED_WELL = {"status": "text_ready", "messages": 1, "counted": 1, "stage_runs": ["succeeded"]}


def left_behind(url: str, directory: Path, kill_points: list[int]) -> list[dict[str, Any]]:
    """What is found after each kill and the calls that followed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.shared.killed_worker", url, str(directory), *map(str, kill_points)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"calls"')]


def check_kill_points(url: str, directory: Path, count: int) -> None:
    """Kill at `count` instructions spread at random over the whole execution."""
    (undisturbed,) = left_behind(url, directory, [0])
    calls = undisturbed.pop("calls")
    assert calls > 1000
    assert undisturbed == {**ENDED_WELL, "paid": 1}
    points = random.Random(20261120).sample(range(1, calls), count)  # noqa: S311  # spread, not secrecy
    results = left_behind(url, directory, points)
    assert len(results) == count
    for point, found in zip(points, results, strict=True):
        found.pop("calls")
        paid = found.pop("paid")
        assert found == ENDED_WELL, f"killed at call {point} of {calls}"
        assert 1 <= paid <= 2, f"killed at call {point} of {calls}: paid {paid} times"


def test_killing_the_worker_anywhere_ends_in_the_same_state(database_url: str, tmp_path: Path) -> None:
    check_kill_points(database_url, tmp_path, 30)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_killing_the_worker_at_a_thousand_places_ends_in_the_same_state(database_url: str, tmp_path: Path) -> None:
    check_kill_points(database_url, tmp_path, 1000)
