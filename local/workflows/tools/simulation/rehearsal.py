"""Rehearsals: the good and the bad days a revision has to survive before it is deployed (`rehearsals.yaml`)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from local.workflows.checker.project.facts import facts
from local.workflows.tools.simulation.chart import minutes
from local.workflows.tools.simulation.scenario import build_scenario
from local.workflows.tools.simulation.simulation import Simulation, simulate

REHEARSALS = Path(__file__).with_name("rehearsals.yaml")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A scenario and what must come of it."""

    name: str
    state: str
    delivered: tuple[str, ...]
    not_delivered: tuple[str, ...]
    needs: tuple[str, ...]
    memo: bool
    outcome: str | None
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """How one rehearsal went."""

    rehearsal: Rehearsal
    simulation: Simulation
    faults: tuple[str, ...]
    """What was not as it must be; empty when all was well."""


def rehearse(source: str) -> Iterator[Report]:
    """Every rehearsal that makes sense for `source`, one after the other.

    What a workflow does on a good day shows which stages it calls; a text-only workflow is not asked to survive a
    render. Raises WorkflowSyntaxError.
    """
    called = {attempt.stage for attempt in simulate(source, build_scenario()).attempts}
    for rehearsal in rehearsals():
        if set(rehearsal.needs) <= called:
            scenario = build_scenario(memo=rehearsal.memo, outcome=rehearsal.outcome, failures=rehearsal.failures)
            simulation = simulate(source, scenario)
            yield Report(rehearsal, simulation, tuple(_faults(rehearsal, simulation)))


@functools.cache
def rehearsals() -> tuple[Rehearsal, ...]:
    """The rehearsals there are."""
    entries: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(REHEARSALS)
    return tuple(
        Rehearsal(
            name=entry["name"],
            state=entry["state"],
            delivered=tuple(entry.get("delivered", ())),
            not_delivered=tuple(entry.get("not_delivered", ())),
            needs=tuple(entry.get("needs", ())),
            memo=entry.get("memo", False),
            outcome=entry.get("outcome"),
            failures=tuple(entry.get("failures", ())),
        )
        for entry in entries
    )


def _faults(rehearsal: Rehearsal, simulation: Simulation) -> Iterator[str]:
    execution = simulation.execution
    if execution.state != rehearsal.state:
        cause = f": {execution.error.context}" if execution.error is not None else ""
        yield f"the execution {execution.state}, expected {rehearsal.state}{cause}"
    for purpose in rehearsal.delivered:
        if simulation.delivered_at(purpose) is None:
            yield f"the cook did not get the {purpose}"
    for purpose in rehearsal.not_delivered:
        if simulation.delivered_at(purpose) is not None:
            yield f"the cook got the {purpose}"
    if simulation.duration_s > facts().longest_run_s:
        yield f"it took {minutes(simulation.duration_s)}, and a run must end within {minutes(facts().longest_run_s)}"
