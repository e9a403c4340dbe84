"""`moment dishes` names every dish that --dish accepts."""

from typer.testing import CliRunner

from knowledge_base.catalogue import load_catalogue
from local.command.main import app


def test_every_dish_is_listed_with_its_names() -> None:
    told = CliRunner().invoke(app, ["dishes"])
    assert told.exit_code == 0
    for dish in load_catalogue().dishes.values():
        [line] = [line for line in told.stdout.splitlines() if line.split()[0] == dish.slug]
        assert dish.name_ja in line
        assert dish.name_en in line


def test_the_evals_are_part_of_the_command() -> None:
    told = CliRunner().invoke(app, ["eval", "--help"])
    assert told.exit_code == 0
    assert "--accept" in told.stdout
