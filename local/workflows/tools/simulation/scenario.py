"""What happens in a simulation: how long each stage takes, what it answers, and how it fails."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

from local.workflows.checker.project.facts import facts
from local.workflows.problems import did_you_mean
from shared.models.analysis import Outcome
from shared.models.session import FailureCode

TYPICAL = Path(__file__).with_name("typical.yaml")
ALWAYS = 1_000_000
"""More failures than any simulation asks for."""

_FAILURE = re.compile(r"(?P<kind>timeout|connection|[0-9]{3})(:(?P<code>[a-z_]+))?(x(?P<times>[0-9]+|always))?")
_COUNT = re.compile(r"[0-9]{1,2}|always")


class ScenarioError(ValueError):
    """A scenario that cannot be; the message says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a stage fails, and how often before it works."""

    kind: Literal["status", "timeout", "connection", "job"]
    status: int = 503
    code: str = "transient"
    """In the answer of a stage that fails for good, a failure code."""
    times: int = 1


@dataclass(frozen=True, slots=True)
class StagePlan:
    """What one stage does."""

    latency_s: float
    answer: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What all stages do."""

    stages: Mapping[str, StagePlan]
    failure_latency_s: float

    def with_latency(self, stage: str, latency_s: float) -> Scenario:
        return self._with(stage, replace(self._plan(stage), latency_s=latency_s))

    def with_failure(self, stage: str, failure: Failure) -> Scenario:
        return self._with(stage, replace(self._plan(stage), failure=failure))

    def with_answer(self, stage: str, key: str, value: object) -> Scenario:
        plan = self._plan(stage)
        return self._with(stage, replace(plan, answer={**plan.answer, key: value}))

    def _plan(self, stage: str) -> StagePlan:
        if stage not in self.stages:
            hint = did_you_mean(stage, self.stages)
            raise ScenarioError(f"there is no stage {stage!r}. Expected: {', '.join(self.stages)}. {hint}".strip())
        return self.stages[stage]

    def _with(self, stage: str, plan: StagePlan) -> Scenario:
        return replace(self, stages={**self.stages, stage: plan})


def typical_scenario() -> Scenario:
    """Everything works and takes as long as it typically does."""
    typical = _typical()
    stages = {name: StagePlan(entry["latency_s"], entry.get("answer", {})) for name, entry in typical["stages"].items()}
    return Scenario(stages, typical["failure_latency_s"])


def promised_s() -> tuple[float, float]:
    """Seconds after the upload until the text and until the video, as promised."""
    typical = _typical()
    return typical["promised_text_s"], typical["promised_video_s"]


def build_scenario(
    *,
    latencies: Sequence[str] = (),
    failures: Sequence[str] = (),
    answers: Sequence[str] = (),
    outcome: str | None = None,
    memo: bool = False,
) -> Scenario:
    """The typical scenario with changes as they are written on the command line.

    Args:
        latencies: `stage=seconds`.
        failures: `stage=503x2`, `stage=timeout`, `stage=connectionxalways`, `stage=422:not_cooking`, `render=1`.
        answers: `stage.key=JSON`.
        outcome: what `analyze` answers.
        memo: whether the cook left one.

    Raises:
        ScenarioError: a text that has another form, or names what does not exist.
    """
    scenario = typical_scenario()
    if memo:
        scenario = scenario.with_answer("prepare", "has_memo", value=True)
    if outcome is not None:
        scenario = scenario.with_answer(facts().refusals.stage, facts().refusals.field, _known_outcome(outcome))
    for text in latencies:
        stage, value = _split(text, "stage=seconds")
        scenario = scenario.with_latency(stage, _seconds(text, value))
    for text in answers:
        target, value = _split(text, "stage.key=JSON")
        stage, _, key = target.partition(".")
        scenario = scenario.with_answer(stage, key, _json(text, value))
    for text in failures:
        stage, value = _split(text, "stage=503x2")
        scenario = scenario.with_failure(stage, parse_failure(stage, value))
    return scenario


def parse_failure(stage: str, text: str) -> Failure:
    """A failure as it is written. Raises ScenarioError."""
    if _COUNT.fullmatch(text):
        return Failure("job" if stage in _job_stages() else "status", times=_times(text))
    match = _FAILURE.fullmatch(text)
    if match is None or stage in _job_stages():
        others = "" if stage in _job_stages() else ", 503x2, 422:not_cooking, timeout, connectionxalways"
        raise ScenarioError(f"{stage}={text} is no failure. Expected: how often it fails (2, always){others}")
    times = _times(match["times"] or "1")
    if match["kind"] == "timeout":
        return Failure("timeout", times=times)
    if match["kind"] == "connection":
        return Failure("connection", times=times)
    return _status_failure(stage, text, int(match["kind"]), match["code"], times)


def _status_failure(stage: str, text: str, status: int, code: str | None, times: int) -> Failure:
    if not 400 <= status < 600:
        raise ScenarioError(f"{stage}={text}: {status} is no failure. Expected: a status from 400 to 599")
    known = [each.value for each in FailureCode]
    if code is not None and code not in known:
        raise ScenarioError(f"{stage}={text}: no failure code {code!r}. Expected: {', '.join(known)}")
    return Failure("status", status, code or ("internal" if status == 422 else "transient"), times)


def _known_outcome(outcome: str) -> str:
    known = [each.value for each in Outcome]
    if outcome not in known:
        raise ScenarioError(f"there is no outcome {outcome!r}. Expected: {', '.join(known)}")
    return outcome


def _split(text: str, form: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name or not value:
        raise ScenarioError(f"expected {form}. Found: {text!r}")
    return name, value


def _seconds(text: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise ScenarioError(f"expected a number of seconds. Found: {text!r}") from None
    if not 0 <= seconds < float("inf"):
        raise ScenarioError(f"expected a number of seconds from 0 on. Found: {text!r}")
    return seconds


def _json(text: str, value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        raise ScenarioError(f"expected JSON behind '='. Found: {text!r}") from None


def _times(text: str) -> int:
    return ALWAYS if text == "always" else int(text)


def _job_stages() -> frozenset[str]:
    known = facts()
    return frozenset(stage for name, stage in known.stage_of_variable.items() if name in known.job_variables)


@functools.cache
def _typical() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(TYPICAL)
    return loaded
