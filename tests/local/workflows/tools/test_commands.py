"""`moment workflow …` as it is typed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.command.workflow import app
from tests.local.workflows.checker.coaching import COACHING
from tests.local.workflows.tools.fake_workflows_service import FakeWorkflows, serving

NAME = "projects/kitchen/locations/asia-northeast1/workflows/coaching"
ENVIRONMENT = {
    f"{stage}_URL": f"https://{stage.lower()}.example.com"
    for stage in ("PREPARE", "TRANSCRIBE", "ANALYZE", "RETRIEVE", "COACH", "NARRATE", "SPEAK", "DELIVER")
} | {"RENDER_JOB": "projects/kitchen/locations/asia-northeast1/jobs/render"}

runner = CliRunner()


def invoke(*words: str | Path, code: int = 0) -> str:
    """Run a command and give what it printed on standard output."""
    result = runner.invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "coaching.yaml"
    path.write_text(COACHING.read_text("utf-8").replace("${coach_url}", "${coach_ur}"), "utf-8")
    return path


@pytest.fixture
def greeting(tmp_path: Path) -> Path:
    path = tmp_path / "greeting.yaml"
    path.write_text(
        "main:\n  params: [args]\n  steps:\n    - greet: {assign: [{text: '${\"Hello \" + args.name}'}]}\n"
        "    - r: {return: '${text + sys.get_env(\"MARK\")}'}\n",
        "utf-8",
    )
    return path


def test_check_prints_place_rule_and_fix(broken: Path) -> None:
    output = invoke("check", broken, code=1)
    line = next(n for n, text in enumerate(broken.read_text("utf-8").splitlines(), 1) if "coach_ur}" in text)
    assert f"{broken}:{line}:" in output
    assert "undefined-variable" in output
    assert "fix:      did you mean 'coach_url'?" in output


def test_check_of_good_files_prints_nothing() -> None:
    assert invoke("check", COACHING) == ""


def test_check_as_json(broken: Path) -> None:
    records = json.loads(invoke("check", "--json", COACHING, broken, code=1))
    assert {record["file"] for record in records} == {str(broken)}
    record = next(record for record in records if record["code"] == "undefined-variable")
    assert {"line", "column", "message", "found", "expected", "fix", "severity"} <= set(record)


def test_language_only_leaves_the_rules_of_the_project_aside(tmp_path: Path) -> None:
    path = tmp_path / "coaching.yaml"
    path.write_text(COACHING.read_text("utf-8").replace("kind: video", "kind: letter"), "utf-8")
    assert "bad-value" in invoke("check", path, code=1)
    assert invoke("check", "--language-only", path) == ""


def test_warnings_pass_when_they_may(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("- a: {return: 1}\n- b: {return: 2}\n", "utf-8")
    assert "(warning)" in invoke("check", path, code=1)
    invoke("check", "--allow-warnings", path)


def test_file_that_is_not_there_is_a_mistake_of_usage(tmp_path: Path) -> None:
    invoke("check", tmp_path / "nothing.yaml", code=2)
    invoke("simulate", COACHING, "--fail", "analyz=503", code=2)
    invoke("run", COACHING, "--arg", "{", code=2)
    invoke("run", COACHING, "--env", "VOICE", code=2)
    invoke("deploy", COACHING, "--project", "kitchen", "--revision", "1", code=2)


def test_file_that_is_no_text_is_a_mistake_of_usage(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    invoke("check", path, code=2)


def test_run_prints_state_and_result(greeting: Path) -> None:
    output = invoke("run", greeting, "--arg", '{"name": "Aki"}', "--env", "MARK=!")
    assert output.splitlines() == ["SUCCEEDED", '"Hello Aki!"']


def test_run_prints_the_error_with_its_steps(greeting: Path) -> None:
    output = invoke("run", greeting, "--arg", "{}", code=1)
    assert output.splitlines()[0] == "FAILED"
    assert 'in step "greet", routine "main", line: 4' in output


def test_run_as_json(greeting: Path) -> None:
    record = json.loads(invoke("run", greeting, "--arg", '{"name": "Aki"}', "--env", "MARK=!", "--json"))
    assert (record["state"], record["result"], record["error"], record["steps"]) == ("SUCCEEDED", "Hello Aki!", None, 2)


def test_trace_shows_each_step_with_its_value(greeting: Path) -> None:
    result = runner.invoke(
        app, ["run", str(greeting), "--arg", '{"name": "Aki"}', "--env", "MARK=!", "--trace"], catch_exceptions=False
    )
    assert "main/greet" in result.stderr
    assert 'text = "Hello Aki"' in result.stderr
    assert "main/r" in result.stderr


def test_argument_from_a_file(greeting: Path, tmp_path: Path) -> None:
    argument = tmp_path / "argument.json"
    argument.write_text('{"name": "Mio"}', "utf-8")
    assert "Hello Mio" in invoke("run", greeting, "--arg", f"@{argument}", "--env", "MARK=!")


def test_graph_as_tree_and_as_mermaid(tmp_path: Path) -> None:
    assert "look_and_listen" in invoke("graph", COACHING)
    assert invoke("graph", COACHING, "--mermaid").startswith("flowchart TD\n")
    out = tmp_path / "coaching.mmd"
    assert invoke("graph", COACHING, "--mermaid", "--out", out) == ""
    assert out.read_text("utf-8").startswith("flowchart TD\n")


def test_diff_says_what_changes(tmp_path: Path) -> None:
    changed = tmp_path / "new.yaml"
    changed.write_text(COACHING.read_text("utf-8").replace("outro_s: 14", "outro_s: 20"), "utf-8")
    output = invoke("diff", COACHING, changed)
    assert "outro_s: 14 → 20" in output
    assert "# length of the closing card" in output
    assert "Nothing changes" in invoke("diff", COACHING, COACHING)


def test_simulation_shows_time_line_and_critical_path() -> None:
    output = invoke("simulate", COACHING, "--fail", "analyze=503x2", "--fail", "render=1", "--memo")
    assert "analyze 503" in output
    assert "Critical path" in output
    assert "SUCCEEDED" in output


def test_simulated_failure_has_its_exit_code() -> None:
    assert "The cook was told of the failure." in invoke("simulate", COACHING, "--outcome", "unusable", code=1)


@pytest.fixture
def service() -> Iterator[tuple[FakeWorkflows, str]]:
    fake = FakeWorkflows()
    with serving(fake) as address:
        yield fake, address


def deploy(address: str, *words: str | Path, code: int = 0) -> str:
    return invoke("deploy", *words, "--project", "kitchen", "--emulator", address, code=code)


def test_deploy_checks_rehearses_and_deploys(service: tuple[FakeWorkflows, str]) -> None:
    fake, address = service
    source = COACHING.read_text("utf-8")
    first = fake.put(NAME, source.replace("outro_s: 14", "outro_s: 12"), **ENVIRONMENT)
    output = deploy(address, COACHING)
    assert "✓ everything works" in output
    assert "outro_s: 12 → 14" in output
    assert f"--revision {first.revision_id}" in output
    assert fake.latest(NAME).source_contents == source


def test_dry_run_changes_nothing(service: tuple[FakeWorkflows, str]) -> None:
    fake, address = service
    fake.put(NAME, COACHING.read_text("utf-8").replace("outro_s: 14", "outro_s: 12"), **ENVIRONMENT)
    assert "outro_s: 12 → 14" in deploy(address, COACHING, "--dry-run")
    assert len(fake.revisions[NAME]) == 1


def test_deploy_refuses_a_broken_file(service: tuple[FakeWorkflows, str], broken: Path) -> None:
    fake, address = service
    assert "undefined-variable" in deploy(address, broken, code=1)
    assert fake.revisions == {}


def test_deploy_refuses_a_workflow_that_fails_a_rehearsal(service: tuple[FakeWorkflows, str], tmp_path: Path) -> None:
    fake, address = service
    path = tmp_path / "coaching.yaml"
    edited = COACHING.read_text("utf-8").replace(
        "            return: timed_out", "            return: ${error.nothing}"
    )
    path.write_text(edited, "utf-8")
    assert "a rehearsal went wrong" in deploy(address, path, code=1)
    assert fake.revisions == {}


def test_deploy_refuses_without_the_environment_the_source_reads(service: tuple[FakeWorkflows, str]) -> None:
    fake, address = service
    output = deploy(address, COACHING, code=1)
    assert "PREPARE_URL is read and not set" in output
    assert fake.revisions == {}


def test_deploy_goes_back_to_an_earlier_revision(service: tuple[FakeWorkflows, str]) -> None:
    fake, address = service
    source = COACHING.read_text("utf-8")
    first = fake.put(NAME, source, **ENVIRONMENT)
    fake.put(NAME, source.replace("outro_s: 14", "outro_s: 20"), **ENVIRONMENT)
    assert "outro_s: 20 → 14" in deploy(address, "--name", "coaching", "--revision", first.revision_id)
    assert fake.latest(NAME).source_contents == source


def test_deploy_without_anything_new_does_nothing(service: tuple[FakeWorkflows, str]) -> None:
    fake, address = service
    fake.put(NAME, COACHING.read_text("utf-8"), **ENVIRONMENT)
    assert "This is deployed already." in deploy(address, COACHING)
    assert len(fake.revisions[NAME]) == 1


def test_dry_run_without_the_service_still_checks(service: tuple[FakeWorkflows, str]) -> None:
    fake, address = service
    fake.unavailable = True
    assert "cannot be asked" in deploy(address, COACHING, "--dry-run")
    assert "cannot be asked" in deploy(address, COACHING, code=1)


@pytest.mark.parametrize("command", ["check", "run", "graph", "diff", "simulate", "deploy"])
def test_every_command_explains_itself(command: str) -> None:
    assert len(invoke(command, "--help")) > 400
