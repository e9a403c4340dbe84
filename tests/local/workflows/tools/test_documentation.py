"""`docs/workflows.md` is true: its commands run, and it knows every knob."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.command.workflow import app
from local.workflows.checker.language import analyse
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.rules.knobs import knobs_of
from tests.local.workflows.checker.coaching import COACHING
from tests.local.workflows.tools.fake_workflows_service import FakeWorkflows, serving
from tests.local.workflows.tools.test_commands import ENVIRONMENT

PAGE = Path(__file__).parents[4] / "docs" / "workflows.md"
NAME = "projects/moment-prod/locations/asia-northeast1/workflows/coaching"
PREFIX = "$ uv run moment workflow "


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [line.removeprefix(PREFIX) for block in blocks for line in block.splitlines()]


def knobs() -> set[str]:
    analysis, _ = analyse(COACHING.read_text("utf-8"))
    assert analysis is not None
    return {knob.target.variable for knob in knobs_of(analysis)}


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_command_of_the_page_runs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "workflows_yaml").mkdir()
    source = COACHING.read_text("utf-8")
    (tmp_path / "workflows_yaml" / "coaching.yaml").write_text(source, "utf-8")
    (tmp_path / "production.yaml").write_text(source.replace("outro_s: 14", "outro_s: 12"), "utf-8")
    monkeypatch.chdir(tmp_path)
    service = FakeWorkflows()
    service.put(NAME, source.replace("outro_s: 14", "outro_s: 12"), **ENVIRONMENT)
    with serving(service) as address:
        monkeypatch.setenv("WORKFLOWS_EMULATOR_HOST", address)
        result = CliRunner().invoke(app, shlex.split(command), catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_page_shows_each_command() -> None:
    shown = {command.split()[0] for command in commands()}
    assert {"check", "diff", "simulate", "graph", "deploy"} <= shown


def test_page_explains_every_knob_and_no_other() -> None:
    table = PAGE.read_text("utf-8").partition("| knob |")[2].partition("\n\n")[0]
    named = {word for line in table.splitlines()[2:] for word in re.findall(r"`(\w+)`", line.split("|")[1])}
    addresses = {name.lower() for name in facts().stage_of_variable}
    assert named == knobs() - addresses
