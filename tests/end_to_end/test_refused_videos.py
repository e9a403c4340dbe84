"""Videos that cannot be coached on: each ends with its reason, the session ready for another try, nothing running."""

from pathlib import Path

import pytest

from shared.models.session import FailureCode, RunStatus, SessionStatus
from shared.texts import texts
from tests.end_to_end.conftest import Give
from tests.end_to_end.videos import REFUSED


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_a_video_that_cannot_be_coached_on_is_refused_with_its_reason(give: Give, tmp_path: Path, what: str) -> None:
    make, code = REFUSED[what]
    lesson = give(make(tmp_path / "video.mp4"), dish="pomodoro")
    assert (lesson.session.status, lesson.failure) == (SessionStatus.FAILED, FailureCode(code))
    assert lesson.run is not None
    assert lesson.run.status is RunStatus.FAILED
    note = lesson.messages[-1]
    assert note.sender == "system"
    assert note.text is not None
    assert note.text.startswith(texts().failures[FailureCode(code)].said)


def test_an_office_is_no_kitchen(give: Give, office: Path) -> None:
    lesson = give(office, dish="pomodoro")
    assert lesson.failure is FailureCode.NOT_COOKING


def test_after_all_refusals_the_same_session_takes_a_good_video(give: Give, tmp_path: Path, clip: Path) -> None:
    make, _ = REFUSED["0.3 s"]
    refused = give(make(tmp_path / "video.mp4"), dish="omurice")
    taken = give(clip, dish="omurice")
    assert taken.session.id == refused.session.id
    assert taken.session.status is SessionStatus.COMPLETED
    assert taken.failure is None
