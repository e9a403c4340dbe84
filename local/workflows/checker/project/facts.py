"""What the workflows of this project may rely on and promise, read from `facts.yaml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from local.workflows.checker.calls.rules import Rule

FACTS = Path(__file__).with_name("facts.yaml")


@dataclass(frozen=True, slots=True)
class Refusals:
    """Outcomes for which there is no lesson."""

    stage: str
    field: str
    outcomes: Mapping[str, str]
    """Failure code by outcome."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the cook is told something: this field of this stage's request has this value."""

    stage: str
    field: str
    value: str
    needs: tuple[str, ...] = ()
    """Fields such a request has to have, although the stage has defaults for them."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a stage that is called for several purposes needs done before, by the purpose."""

    field: str
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Facts:
    stage_of_variable: Mapping[str, str]
    """Stage by the environment variable that holds its URL or the name of its job."""
    job_variables: frozenset[str]
    """Those of them that hold the name of a job."""
    environment: frozenset[str]
    """Every variable a workflow may read, those of the service included."""
    argument: frozenset[str]
    """Keys of the argument an upload starts the workflow with."""
    job_request_variable: str
    longest_run_s: float
    refusals: Refusals
    failure_note: Delivery
    delivered_by: Mapping[str, Delivery]
    """What brings the work of a stage to the cook."""
    needed_before: Mapping[str, Needs]
    knobs: Mapping[str, Rule]

    @property
    def url_variables(self) -> list[str]:
        return sorted(self.stage_of_variable)


@functools.cache
def facts() -> Facts:
    """The facts, read once."""
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(FACTS)
    environment: dict[str, dict[str, str]] = loaded["environment"]
    return Facts(
        stage_of_variable={name: entry.get("stage") or entry["job"] for name, entry in environment.items() if entry},
        job_variables=frozenset(name for name, entry in environment.items() if "job" in entry),
        environment=frozenset({*environment, *loaded["built_in_environment"]}),
        argument=frozenset(loaded["argument"]),
        job_request_variable=loaded["job_request_variable"],
        longest_run_s=loaded["longest_run_s"],
        refusals=Refusals(**loaded["refusals"]),
        failure_note=_delivery(loaded["failure_note"]),
        delivered_by={stage: _delivery(entry) for stage, entry in loaded["delivered_by"].items()},
        needed_before={
            stage: Needs(entry["field"], {value: tuple(stages) for value, stages in entry["values"].items()})
            for stage, entry in loaded["needed_before"].items()
        },
        knobs={name: Rule(**entry) for name, entry in loaded["knobs"].items()},
    )


def _delivery(entry: dict[str, Any]) -> Delivery:
    return Delivery(entry["stage"], entry["field"], entry["value"], tuple(entry.get("needs", ())))
