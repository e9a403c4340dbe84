"""Where results may go, and how messages look when something else than a terminal takes them."""

from pathlib import Path

import pytest

from local.command import exits
from local.command.lesson.results import check_folder
from local.command.texts import Stopped


def test_a_file_is_no_folder_for_results(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("words")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "inside"):
        with pytest.raises(Stopped) as stopped:
            check_folder(folder)
        assert stopped.value.exit_code == exits.USAGE
        assert "taken is no folder" in stopped.value.said.en


def test_a_folder_that_does_not_exist_yet_is_fine_and_is_not_made(tmp_path: Path) -> None:
    check_folder(tmp_path / "lessons" / "fried-rice-1")
    assert list(tmp_path.iterdir()) == []
