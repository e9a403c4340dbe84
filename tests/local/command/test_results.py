"""Where results may go, and how messages look when something else than a terminal takes them."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from typer.testing import CliRunner

from local.cloud import EmbeddedCloud
from local.coaching import Lesson
from local.command import exits
from local.command.lesson.results import check_folders, ending_of, write_results
from local.command.main import app
from local.command.texts import Stopped
from shared.database import dishes
from shared.database.stage_runs import FORGOTTEN
from shared.models.session import FailureCode
from tests.shared.builders import add_uploaded_session, services_on


def test_a_file_is_no_folder_for_results(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("words")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "inside"):
        for out, home, option in ((folder, tmp_path, "--out"), (tmp_path, folder, "--home")):
            with pytest.raises(Stopped) as stopped:
                check_folders(out, home)
            assert stopped.value.exit_code == exits.USAGE
            assert option in stopped.value.said.en
            assert "taken is no folder" in stopped.value.said.en


def test_a_folder_that_does_not_exist_yet_is_fine_and_is_not_made(tmp_path: Path) -> None:
    check_folders(tmp_path / "lessons" / "fried-rice-1", tmp_path / "home")
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_a_file_is_told_by_every_command(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("words")
    told = CliRunner().invoke(app, ["session", "list", "--home", str(tmp_path / "taken")])
    assert told.exit_code == exits.USAGE
    assert "--home is expected to be a folder" in told.stderr


def test_results_that_cannot_be_written_are_told(database_url: str, tmp_path: Path) -> None:
    services = services_on(database_url)
    _, session = add_uploaded_session(services.database)
    with services.database.transaction() as connection:
        dish = dishes.get(connection, session.dish_id)
    (tmp_path / "session.json").mkdir()  # in the way
    cloud = cast("EmbeddedCloud", SimpleNamespace(services=services))
    lesson = Lesson(session=session, dish=dish, run=None, failure=None, messages=[])
    with pytest.raises(Stopped) as stopped:
        write_results(cloud, lesson, tmp_path)
    services.database.close()
    assert stopped.value.exit_code == exits.FAILED
    assert "results could not be written" in stopped.value.said.en
    assert str(tmp_path / "session.json") in stopped.value.said.en


def test_what_went_wrong_is_that_of_the_run_itself_and_short(database_url: str, tmp_path: Path) -> None:
    services = services_on(database_url)
    _, session = add_uploaded_session(services.database)
    with services.database.transaction() as connection:
        dish = dishes.get(connection, session.dish_id)
    services.database.close()
    lesson = Lesson(session=session, dish=dish, run=None, failure=FailureCode.UNREADABLE_VIDEO, messages=[])

    def failed_prepare(run: str, detail: str, code: str = "unreadable_video") -> dict[str, str]:
        return {"run_id": run, "stage": "prepare", "status": "failed", "error_code": code, "error_detail": detail}

    record = {
        "session": {"current_run": "new"},
        "runs": [{"id": "new"}, {"id": "old"}],
        "stages": [
            failed_prepare("new", "no picture " * 200),
            failed_prepare("new", "again", FORGOTTEN),
            failed_prepare("old", "too short"),
        ],
    }
    ending = ending_of(lesson, record, tmp_path)
    assert ending is not None
    assert ending.exit_code == exits.REFUSED
    assert "prepare: no picture" in ending.said.en
    assert "session.json has all of it" in ending.said.en
    assert len(ending.said.en) < 600

    raised = '{"failure_code": "unreadable_video", "message": "nothing can be seen"}'
    record = {"session": {"current_run": "new"}, "runs": [{"id": "new", "error": raised}], "stages": []}
    ending = ending_of(lesson, record, tmp_path)
    assert ending is not None
    assert ending.said.en.endswith("(nothing can be seen)")
