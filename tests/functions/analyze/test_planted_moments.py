"""The rules on films nobody tuned them on: do they see what was planted, and do they point at it?

Seeds from 10000 up are kept for this. The default looks at one film of each scene; `-m soak` at hundreds, and
`python -m tests.clips.evaluate` prints the table for any range.
"""

from pathlib import Path

import pytest

from tests.clips.evaluate import Report, judge, watch_all
from tests.clips.stories import SCENES

FIRST_SEED = 14 * 3000
"""The first scene comes first."""


def report_on(seeds: range, directory: Path) -> Report:
    return judge(watch_all(seeds, directory))


def test_one_unseen_film_of_each_scene(tmp_path: Path) -> None:
    report = report_on(range(FIRST_SEED, FIRST_SEED + len(SCENES)), tmp_path)
    print(report.table())
    assert report.share_within_tolerance >= 0.8
    assert report.mistakes.precision() >= 0.8
    assert report.mistakes.recall() >= 0.8
    assert report.outcomes.recall() >= 0.8
    assert report.signs.recall() >= 0.6


@pytest.mark.soak
def test_hundreds_of_unseen_films(tmp_path: Path) -> None:
    report = report_on(range(FIRST_SEED, FIRST_SEED + 24 * len(SCENES)), tmp_path)
    print(report.table())
    assert report.share_within_tolerance >= 0.88
    assert report.mistakes.precision() >= 0.88
    assert report.mistakes.recall() >= 0.88
    assert report.signs.precision() >= 0.75
    assert report.signs.recall() >= 0.75
