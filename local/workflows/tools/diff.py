"""What a new source changes for a running system, in words: knobs, steps, calls, limits, conditions, environment.

Two sources that mean the same have no difference, however differently they are laid out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from local.workflows.language.parser import parse
from local.workflows.language.syntax import (
    MAIN,
    AssignStep,
    Definition,
    Routine,
    Step,
    all_steps,
)
from local.workflows.problems import WorkflowSyntaxError
from local.workflows.tools.aspects import Aspect, aspects_of
from local.workflows.tools.environment import environment_reads
from local.workflows.tools.steps_index import Place, index_steps
from local.workflows.tools.writing import bare

LEAST_AGREEMENT = 0.6
"""A step of another name is taken for the same one, renamed, if this share of it has stayed."""


class Topic(StrEnum):
    """What a change is about; the order is that of the report."""

    KNOBS = "Knobs"
    STEPS = "Steps"
    CALLS = "Calls and what they are given"
    LIMITS = "Time limits and retries"
    CONDITIONS = "Conditions and order"
    VALUES = "Values"
    SUBWORKFLOWS = "Subworkflows"
    ENVIRONMENT = "Environment"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that will be different."""

    topic: Topic
    text: str
    """One line."""
    comment: str = ""
    """What the source itself says about it, behind `#`."""


@dataclass(slots=True)
class Difference:
    """Everything that will be different."""

    changes: list[Change] = field(default_factory=list)

    def by_topic(self) -> Iterator[tuple[Topic, list[Change]]]:
        for topic in Topic:
            changes = [change for change in self.changes if change.topic is topic]
            if changes:
                yield topic, changes

    def __bool__(self) -> bool:
        return bool(self.changes)


def compare(old: str, new: str) -> Difference:
    """What changes from one source to the other.

    Raises:
        WorkflowSyntaxError: one of them cannot be read.
    """
    return _Comparison(old, new).difference


class _Comparison:
    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = _definition(old), _definition(new)
        self._new_lines = new.splitlines()
        self.difference = Difference()
        self._compare_knobs()
        for name in dict.fromkeys([*self._old.routines, *self._new.routines]):
            self._compare_routine(name)
        self._compare_environment()

    def _add(self, topic: Topic, text: str, comment: str = "") -> None:
        self.difference.changes.append(Change(topic, text, comment))

    def _compare_knobs(self) -> None:
        old, new = _knobs(self._old), _knobs(self._new)
        for name, (value, line) in new.items():
            comment = self._comment(line)
            if name not in old:
                self._add(Topic.KNOBS, f"{name}: new, {value}", comment)
            elif old[name][0] != value:
                self._add(Topic.KNOBS, f"{name}: {old[name][0]} → {value}", comment)
        for name, (value, _) in old.items():
            if name not in new:
                self._add(Topic.KNOBS, f"{name}: gone, was {value}")

    def _comment(self, line: int) -> str:
        """What stands behind `#` in a line of the new source."""
        _, separator, comment = self._new_lines[line - 1].partition(" #")
        return comment.strip() if separator else ""

    def _compare_routine(self, name: str) -> None:
        old, new = self._old.routines.get(name), self._new.routines.get(name)
        if old is None or new is None:
            self._add(Topic.SUBWORKFLOWS, f"{name}: {'new' if old is None else 'gone'}")
            return
        parameters = [", ".join(_parameters(each)) for each in (old, new)]
        if parameters[0] != parameters[1]:
            self._add(Topic.SUBWORKFLOWS, f"{name}: takes ({parameters[1]}) instead of ({parameters[0]})")
        before, after = index_steps(old), index_steps(new)
        renamed = _renamed(before, after)
        for path, gained in after.items():
            if path in before:
                self._compare_step(name, before[path], gained)
            elif path in renamed.values():
                former = next(former for former, latter in renamed.items() if latter == path)
                self._add(Topic.STEPS, f"{_at(name)}{before[former].step.name} is now called {gained.step.name}")
                self._compare_step(name, before[former], gained)
            else:
                self._report_new(name, path, before, gained)
        for path, lost in before.items():
            if path not in after and path not in renamed and not _moved_to(path, after, before):
                self._add(Topic.STEPS, f"{_at(name)}{lost.step.name} is gone ({lost.described()})")
        self._compare_order(name, before, after)

    def _report_new(self, routine: str, path: str, before: dict[str, Place], place: Place) -> None:
        moved_from = _moved_to(path, before, {})
        if moved_from is not None:
            self._add(Topic.STEPS, f"{_at(routine)}{place.step.name} moves into {place.container}")
            self._compare_step(routine, before[moved_from], place)
        else:
            self._add(Topic.STEPS, f"{_at(routine)}{place.step.name} is new, {place.where()} ({place.described()})")

    def _compare_step(self, routine: str, old: Place, new: Place) -> None:
        if _is_settings(routine, self._new, new.step) and _is_settings(routine, self._old, old.step):
            return  # the knobs have been compared
        before, after = aspects_of(old.step), aspects_of(new.step)
        where = f"{_at(routine)}{new.step.name}"
        for key in dict.fromkeys([*before, *after]):
            self._compare_aspect(where, before.get(key), after.get(key))

    def _compare_aspect(self, where: str, old: Aspect | None, new: Aspect | None) -> None:
        present = new or old
        if present is None or (old is not None and new is not None and old.text == new.text):
            return
        topic = Topic(present.topic)
        if old is None:
            self._add(topic, f"{where}: {present.name} is now {present.text}")
        elif new is None:
            self._add(topic, f"{where}: {present.name} is gone, was {old.text}")
        else:
            self._add(topic, f"{where}: {present.name} {old.text} → {new.text}")

    def _compare_order(self, routine: str, before: dict[str, Place], after: dict[str, Place]) -> None:
        """Steps that stay in their block but change places in it."""
        for block in dict.fromkeys(place.block for place in after.values()):
            old = [path for path, place in before.items() if place.block == block and path in after]
            new = [path for path, place in after.items() if place.block == block and path in before]
            for path in _out_of_order(old, new):
                place = after[path]
                self._add(Topic.STEPS, f"{_at(routine)}{place.step.name} moves, now {place.where()}")

    def _compare_environment(self) -> None:
        old, new = (set(environment_reads(each)) for each in (self._old, self._new))
        for name in sorted(new - old):
            self._add(Topic.ENVIRONMENT, f"{name} is read now: it has to be among the workflow's user_env_vars")
        for name in sorted(old - new):
            self._add(Topic.ENVIRONMENT, f"{name} is no longer read")


def _definition(source: str) -> Definition:
    parsed = parse(source)
    errors = [problem for problem in parsed.problems if problem.severity == "error"]
    if parsed.definition is None or errors:
        raise WorkflowSyntaxError(errors or parsed.problems)
    return parsed.definition


def _knobs(definition: Definition) -> dict[str, tuple[str, int]]:
    """Text and line of every knob."""
    first = definition.main.steps[0]
    if not isinstance(first, AssignStep):
        return {}
    return {
        assignment.target.variable: (bare(assignment.value), assignment.position.line)
        for assignment in first.assignments
        if not assignment.target.path
    }


def _is_settings(routine: str, definition: Definition, step: Step) -> bool:
    return routine == MAIN and isinstance(step, AssignStep) and step is definition.main.steps[0]


def _parameters(routine: Routine) -> list[str]:
    return [each.name if each.default is None else f"{each.name}: {bare(each.default)}" for each in routine.parameters]


def _renamed(before: dict[str, Place], after: dict[str, Place]) -> dict[str, str]:
    """Steps that do what a step of another name did at the same place, by path."""
    lost = [path for path in before if path not in after]
    gained = [path for path in after if path not in before]
    renamed: dict[str, str] = {}
    for former in lost:
        for latter in gained:
            same_block = before[former].block == after[latter].block
            if same_block and latter not in renamed.values() and _alike(before[former].step, after[latter].step):
                renamed[former] = latter
                break
    return renamed


def _alike(old: Step, new: Step) -> bool:
    """Whether two steps are of one kind and agree in most of what can be said of them."""
    before, after = aspects_of(old), aspects_of(new)
    inside = [[each.name for each in all_steps((step,)) if each.name != step.name] for step in (old, new)]
    if type(old) is not type(new) or inside[0] != inside[1]:
        return False
    names = {*before, *after}
    agreeing = sum(name in before and name in after and before[name].text == after[name].text for name in names)
    return agreeing >= LEAST_AGREEMENT * len(names)


def _moved_to(path: str, others: dict[str, Place], known: dict[str, Place]) -> str | None:
    """The only step of the same name somewhere else among `others`."""
    name = path.rpartition("/")[2]
    found = [other for other in others if other.rpartition("/")[2] == name and other not in known]
    return found[0] if len(found) == 1 else None


def _out_of_order(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """What has to move so that `old` becomes `new`, as little as possible."""
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    kept = {path for block in matcher.get_matching_blocks() for path in new[block.b : block.b + block.size]}
    return [path for path in new if path not in kept]


def _at(routine: str) -> str:
    return "" if routine == MAIN else f"{routine}/"
