"""Simulations: the real engine in virtual time against pretended stages."""

import time

import pytest

from local.workflows import ExecutionState
from local.workflows.tools.simulation.rehearsal import rehearsals, rehearse
from local.workflows.tools.simulation.scenario import ALWAYS, Failure, ScenarioError, build_scenario, parse_failure
from local.workflows.tools.simulation.simulation import Simulation, simulate
from tests.local.workflows.checker.coaching import COACHING

SOURCE = COACHING.read_text("utf-8")


def run(**options: object) -> Simulation:
    return simulate(SOURCE, build_scenario(**options))  # type: ignore[arg-type]  # spelled out where it is called


def labels(simulation: Simulation) -> list[str]:
    return [attempt.label for attempt in simulation.attempts]


def test_good_day_takes_the_sum_of_the_critical_path() -> None:
    simulation = run()
    assert simulation.succeeded
    assert labels(simulation)[:4] == ["prepare", "analyze", "retrieve", "coach"]
    assert "transcribe" not in labels(simulation)
    path = simulation.critical_path()
    assert path[0].started_at == 0
    assert path[-1].finished_at == pytest.approx(simulation.duration_s)
    assert sum(segment.duration_s for segment in path) == pytest.approx(simulation.duration_s)


def test_minutes_of_virtual_time_cost_seconds_at_most() -> None:
    began = time.perf_counter()
    assert run(latencies=["render=800"]).duration_s > 800
    assert time.perf_counter() - began < 10


def test_text_comes_before_the_video() -> None:
    simulation = run()
    text, video = simulation.delivered_at("text"), simulation.delivered_at("video")
    assert text is not None
    assert video is not None
    assert text < video


def test_memo_is_read_beside_the_analysis() -> None:
    simulation = run(memo=True)
    memo = next(attempt for attempt in simulation.attempts if attempt.stage == "transcribe")
    analysis = next(attempt for attempt in simulation.attempts if attempt.stage == "analyze")
    assert memo.started_at == analysis.started_at
    assert (memo.branch, analysis.branch) == (("memo",), ("video",))


def test_stage_that_is_busy_is_asked_again() -> None:
    simulation = run(failures=["analyze=503x2"])
    outcomes = [attempt.outcome for attempt in simulation.attempts if attempt.stage == "analyze"]
    assert outcomes == ["503", "503", "ok"]
    assert simulation.succeeded
    assert "waiting" in [segment.label for segment in simulation.critical_path()]


def test_critical_path_does_not_pass_through_the_quicker_branch() -> None:
    simulation = run(memo=True, latencies=["transcribe=8"], failures=["analyze=503x2"])
    assert "transcribe" not in [segment.label for segment in simulation.critical_path()]


def test_slow_stage_meets_its_time_limit() -> None:
    simulation = run(latencies=["coach=500"], failures=[])
    coach = [attempt for attempt in simulation.attempts if attempt.stage == "coach"]
    assert {attempt.outcome for attempt in coach} == {"timeout"}
    assert simulation.execution.state is ExecutionState.FAILED
    assert simulation.delivered_at("failure") is not None


def test_refused_video_gets_a_note_and_nothing_else() -> None:
    simulation = run(outcome="not_cooking")
    assert labels(simulation) == ["prepare", "analyze", "deliver failure"]
    assert simulation.execution.error is not None
    assert simulation.execution.error.payload["failure_code"] == "not_cooking"


def test_render_that_fails_once_is_repeated() -> None:
    simulation = run(failures=["render=1"])
    assert [attempt.outcome for attempt in simulation.attempts if attempt.stage == "render"] == ["failed", "ok"]
    assert simulation.succeeded


def test_stages_refuse_what_the_real_ones_would_refuse() -> None:
    broken = SOURCE.replace("max_regenerations: ${regenerations}", "max_regenerations: ${args}", 1)
    simulation = simulate(broken, build_scenario())
    assert [attempt.outcome for attempt in simulation.attempts if attempt.stage == "coach"] == ["400"]


def test_workflow_that_calls_somebody_else_fails_with_a_reason() -> None:
    source = "- a: {call: http.get, args: {url: 'https://example.com'}}\n"
    simulation = simulate(source, build_scenario())
    assert simulation.execution.error is not None
    assert "nothing answers at example.com" in simulation.execution.error.context


def test_two_simulations_of_one_scenario_are_the_same() -> None:
    first, second = run(memo=True, failures=["analyze=503x2"]), run(memo=True, failures=["analyze=503x2"])
    assert first.attempts == second.attempts
    assert first.duration_s == second.duration_s


def test_coaching_workflow_survives_every_rehearsal() -> None:
    reports = list(rehearse(SOURCE))
    assert {report.rehearsal.name: report.faults for report in reports if report.faults} == {}
    assert len(reports) == len(rehearsals())


def test_text_only_workflow_is_not_asked_to_survive_a_render() -> None:
    reports = list(rehearse(SOURCE.replace("make_video: true", "make_video: false")))
    assert all(not report.faults for report in reports)
    assert "the render fails for good" not in {report.rehearsal.name for report in reports}


def test_rehearsal_finds_a_failure_nobody_hears_of() -> None:
    broken = SOURCE.replace("kind: failure", "kind: text")
    assert any("did not get the failure" in fault for report in rehearse(broken) for fault in report.faults)


@pytest.mark.parametrize(
    ("stage", "text", "failure"),
    [
        ("analyze", "503x2", Failure("status", 503, times=2)),
        ("analyze", "2", Failure("status", 503, times=2)),
        ("prepare", "422:not_cooking", Failure("status", 422, "not_cooking")),
        ("speak", "timeout", Failure("timeout")),
        ("coach", "connectionxalways", Failure("connection", times=ALWAYS)),
        ("render", "1", Failure("job")),
        ("render", "always", Failure("job", times=ALWAYS)),
    ],
)
def test_failures_as_they_are_written(stage: str, text: str, failure: Failure) -> None:
    assert parse_failure(stage, text) == failure


@pytest.mark.parametrize(
    "options",
    [
        {"failures": ["analyze"]},
        {"failures": ["analyz=503"]},
        {"failures": ["analyze=200"]},
        {"failures": ["analyze=422:no_such_code"]},
        {"failures": ["render=503"]},
        {"latencies": ["analyze=soon"]},
        {"latencies": ["analyze=-1"]},
        {"outcome": "delicious"},
        {"answers": ["prepare.has_memo=yes"]},
    ],
)
def test_scenarios_that_cannot_be_say_what_was_expected(options: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match=r"[Ee]xpected"):
        build_scenario(**options)  # type: ignore[arg-type]  # as a user could write it
