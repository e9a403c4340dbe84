"""A workflow as a Mermaid flowchart, to be shown by GitHub, editors and browsers."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from local.workflows.language.syntax import (
    END,
    AssignStep,
    CallStep,
    Definition,
    ForStep,
    JumpStep,
    Loop,
    ParallelStep,
    RaiseStep,
    ReturnStep,
    Routine,
    Step,
    StepsStep,
    SwitchStep,
    TryStep,
)
from local.workflows.tools.outline import retry_in_words
from local.workflows.tools.writing import bare, shortened, written, written_target

LONGEST_LABEL = 60
"""Texts in boxes and on arrows are cut to this many characters."""


class _Way(NamedTuple):
    """An arrow that still looks for the box it points to."""

    source: str
    label: str = ""


def mermaid(definition: Definition) -> str:
    """The flowchart of a whole source, one frame per routine."""
    lines = ["flowchart TD"]
    for number, routine in enumerate(definition.routines.values()):
        lines += _Chart(routine, f"r{number}").lines()
    return "\n".join(lines) + "\n"


class _Chart:
    def __init__(self, routine: Routine, prefix: str) -> None:
        self._routine = routine
        self._ids = (f"{prefix}n{number}" for number in itertools.count())
        self._prefix = prefix
        self._lines: list[str] = []
        self._arrows: list[str] = []
        self._depth = 1
        self._entries: list[dict[str, str]] = []

    def lines(self) -> list[str]:
        parameters = ", ".join(parameter.name for parameter in self._routine.parameters)
        self._open(self._prefix, f"{self._routine.name}({parameters})")
        self._end = self._box("([", "end", "])")
        start = self._box("([", "start", "])")
        self._join(self._block(self._routine.steps, [_Way(start)]), self._end)
        self._close()
        return [*self._lines, *self._arrows]

    def _block(self, steps: tuple[Step, ...], ways: list[_Way]) -> list[_Way]:
        """Draw steps one after the other; returns the ways out of the last one."""
        self._entries.append({step.name: next(self._ids) for step in steps if step.name_node is not None})
        for step in steps:
            ways = self._step(step, ways)
        self._entries.pop()
        return ways

    def _step(self, step: Step, ways: list[_Way]) -> list[_Way]:
        own = self._entries[-1].get(step.name) if step.name_node is not None else None
        box = own or next(self._ids)
        out = self._draw(step, box, ways)
        if step.next is None:
            return out
        target = self._target(step.next.destination)
        if target is not None:
            self._join(out, target)
        return []

    def _target(self, name: str) -> str | None:
        if name == END:
            return self._end
        return next((entries[name] for entries in reversed(self._entries) if name in entries), None)

    def _draw(  # noqa: PLR0911  # one arm per kind of step
        self, step: Step, box: str, ways: list[_Way]
    ) -> list[_Way]:
        match step:
            case ReturnStep(value=value) | RaiseStep(value=value):
                word = "return" if isinstance(step, ReturnStep) else "raise"
                self._box("([", f"{step.name}\n{word} {written(value)}", "])", box)
                self._join(ways, box)
                return []
            case SwitchStep():
                return self._draw_switch(step, box, ways)
            case StepsStep(steps=steps):
                return self._draw_steps(step, steps, box, ways)
            case ForStep(loop=loop):
                return self._draw_loop(step, loop, box, ways)
            case ParallelStep():
                return self._draw_parallel(step, box, ways)
            case TryStep():
                return self._draw_try(step, box, ways)
            case _:
                self._box("[", _said(step), "]", box)
                self._join(ways, box)
                return [_Way(box)]

    def _draw_steps(self, step: Step, steps: tuple[Step, ...], box: str, ways: list[_Way]) -> list[_Way]:
        if step.name_node is None:
            return self._block(steps, ways)
        self._box("[", step.name, "]", box)
        self._join(ways, box)
        return self._block(steps, [_Way(box)])

    def _draw_switch(self, step: SwitchStep, box: str, ways: list[_Way]) -> list[_Way]:
        self._box("{", step.name, "}", box)
        self._join(ways, box)
        out: list[_Way] = []
        for condition in step.conditions:
            out += self._arm(condition.step, [_Way(box, bare(condition.test))])
        return [*out, _Way(box, "otherwise")]

    def _arm(self, step: Step, ways: list[_Way]) -> list[_Way]:
        if not isinstance(step, JumpStep):
            return self._step(step, ways)
        target = self._target(step.next.destination) if step.next is not None else None
        if target is not None:
            self._join(ways, target)
        return []

    def _draw_loop(self, step: Step, loop: Loop, box: str, ways: list[_Way]) -> list[_Way]:
        items = written(loop.items if loop.items is not None else loop.range)
        self._box("{{", f"{step.name}\nfor {loop.value} in {items}", "}}", box)
        self._join(ways, box)
        self._join(self._block(loop.steps, [_Way(box, "each")]), box)
        return [_Way(box, "done")]

    def _draw_parallel(self, step: ParallelStep, box: str, ways: list[_Way]) -> list[_Way]:
        over = f"\nfor {step.loop.value} in {written(step.loop.items or step.loop.range)}" if step.loop else ""
        self._box("[[", f"{step.name}\nparallel{over}", "]]", box)
        self._join(ways, box)
        joined = next(self._ids)
        blocks = [(branch.name, branch.steps) for branch in step.branches or ()]
        if step.loop is not None:
            blocks.append((step.loop.value, step.loop.steps))
        for name, steps in blocks:
            self._open(next(self._ids), name)
            out = self._block(steps, [_Way(box)])
            self._close()
            self._join(out, joined)
        self._box("((", "all", "))", joined)
        return [_Way(joined)]

    def _draw_try(self, step: TryStep, box: str, ways: list[_Way]) -> list[_Way]:
        frame = next(self._ids)
        retry = f": {retry_in_words(step.retry)}" if step.retry is not None else ""
        self._open(frame, f"try {step.name}{retry}")
        self._box("[", f"try {step.name}" if isinstance(step.body, StepsStep) else _said(step.body), "]", box)
        self._join(ways, box)
        body = step.body
        if isinstance(body, StepsStep):
            out = self._block(body.steps, [_Way(box)])
        elif isinstance(body, CallStep | AssignStep):
            out = [_Way(box)]
        else:
            out = self._step(body, [_Way(box)])
        self._close()
        if step.handler is not None:
            self._open(next(self._ids), f"except {step.handler.variable or ''}")
            caught = self._box(">", "error", "]")
            self._arrows.append(f"    {frame} -. error .-> {caught}")
            out += self._block(step.handler.steps, [_Way(caught)])
            self._close()
        return out

    def _box(self, left: str, text: str, right: str, box: str | None = None) -> str:
        box = box or next(self._ids)
        self._lines.append(f"{'    ' * self._depth}{box}{left}{_label(text)}{right}")
        return box

    def _join(self, ways: list[_Way], target: str) -> None:
        for way in ways:
            label = f"|{_label(way.label)}|" if way.label else ""
            self._arrows.append(f"    {way.source} -->{label} {target}")

    def _open(self, frame: str, title: str) -> None:
        self._lines.append(f"{'    ' * self._depth}subgraph {frame}[{_label(title)}]")
        self._depth += 1

    def _close(self) -> None:
        self._depth -= 1
        self._lines.append(f"{'    ' * self._depth}end")


def _said(step: Step) -> str:
    match step:
        case CallStep(function=function, result=result):
            return f"{step.name}\ncall {function}" + (f" = {written_target(result)}" if result is not None else "")
        case AssignStep(assignments=assignments):
            names = ", ".join(written_target(assignment.target) for assignment in assignments)
            return f"{step.name}\nassign {names}"
        case _:
            return step.name


def _label(text: str) -> str:
    """Text in quotes, with everything that means something to Mermaid or HTML written as an entity."""
    lines = [shortened(line, LONGEST_LABEL) for line in text.splitlines()]
    safe = ["".join(_ENTITIES.get(character, character) for character in line) for line in lines]
    return '"' + "<br/>".join(safe) + '"'


_ENTITIES = {"&": "#amp;", "<": "#lt;", ">": "#gt;", '"': "#quot;", "#": "#35;", "`": "#96;", "\\": "#92;"}
