"""A workflow as a tree for the terminal: every step with what it does, inside the steps that hold it."""

from __future__ import annotations

from rich.markup import escape
from rich.tree import Tree

from local.workflows.language.syntax import (
    AssignStep,
    Backoff,
    CallStep,
    Condition,
    Definition,
    ForStep,
    JumpStep,
    Loop,
    MapValue,
    ParallelStep,
    RaiseStep,
    Retry,
    ReturnStep,
    Routine,
    Step,
    StepsStep,
    SwitchStep,
    TryStep,
)
from local.workflows.tools.writing import bare, shortened, written, written_target

LONGEST_TEXT = 100
"""Values are cut to this many characters."""


def outline(definition: Definition, title: str) -> Tree:
    """The tree of a whole source."""
    tree = Tree(f"[bold]{escape(title)}[/]")
    for routine in definition.routines.values():
        _add_block(tree.add(_routine_label(routine)), routine.steps)
    return tree


def _routine_label(routine: Routine) -> str:
    parameters = ", ".join(parameter.name for parameter in routine.parameters)
    return f"[bold cyan]{escape(routine.name)}[/]({escape(parameters)})"


def _add_block(tree: Tree, steps: tuple[Step, ...]) -> None:
    for step in steps:
        _add_step(tree, step, f"[bold]{escape(step.name)}[/]  ")


def _add_step(tree: Tree, step: Step, name: str) -> None:
    """Add a step; `name` is empty for an unnamed one."""
    branch = tree.add(name + _says(step))
    match step:
        case AssignStep(assignments=assignments):
            for assignment in assignments:
                text = f"{written_target(assignment.target)} = {written(assignment.value)}"
                branch.add(f"[dim]{_cut(text)}[/]")
        case StepsStep(steps=steps):
            _add_block(branch, steps)
        case SwitchStep(conditions=conditions):
            for condition in conditions:
                _add_condition(branch, condition)
        case ForStep(loop=loop):
            _add_block(branch, loop.steps)
        case ParallelStep():
            _add_branches(branch, step)
        case TryStep():
            _add_try(branch, step)
        case _:
            return


def _add_condition(tree: Tree, condition: Condition) -> None:
    label = f"[yellow]if[/] {_cut(bare(condition.test))}"
    match condition.step:
        case JumpStep():
            tree.add(f"{label}  {_jump(condition.step)}")
        case StepsStep(steps=steps):
            _add_block(tree.add(f"{label}  {_jump(condition.step)}".rstrip()), steps)
        case _:
            _add_step(tree.add(label), condition.step, "")


def _add_branches(tree: Tree, step: ParallelStep) -> None:
    for branch in step.branches or ():
        _add_block(tree.add(f"[magenta]branch[/] [bold]{escape(branch.name)}[/]"), branch.steps)
    if step.loop is not None:
        _add_block(tree, step.loop.steps)


def _add_try(tree: Tree, step: TryStep) -> None:
    if isinstance(step.body, StepsStep):
        _add_block(tree, step.body.steps)
    else:
        _add_step(tree, step.body, "")
    if step.handler is not None:
        error = f" as {escape(step.handler.variable)}" if step.handler.variable else ""
        _add_block(tree.add(f"[red]except[/]{error}"), step.handler.steps)


def _says(step: Step) -> str:
    """What a step does, in one line of markup."""
    match step:
        case AssignStep():
            said = "[green]assign[/]"
        case CallStep():
            said = _call(step)
        case SwitchStep():
            said = "[yellow]switch[/]"
        case ForStep(loop=loop):
            said = f"[blue]for[/] {_loop(loop)}"
        case ParallelStep():
            said = _parallel(step)
        case TryStep(retry=retry):
            said = "[red]try[/]" + (f", {_cut(retry_in_words(retry))}" if retry is not None else "")
        case RaiseStep(value=value):
            said = f"[red]raise[/] {_cut(written(value))}"
        case ReturnStep(value=value):
            said = f"[green]return[/] {_cut(written(value))}"
        case _:
            said = ""
    return f"{said}  {_jump(step)}".strip()


def _jump(step: Step) -> str:
    return f"[dim]→ {escape(step.next.destination)}[/]" if step.next is not None else ""


def _call(step: CallStep) -> str:
    arguments = step.arguments
    first = arguments.get("url") or arguments.get("name") if isinstance(arguments, MapValue) else None
    target = f" {_cut(written(first))}" if first is not None else ""
    result = f" [dim]= {escape(written_target(step.result))}[/]" if step.result is not None else ""
    return f"[green]call[/] {escape(step.function)}{target}{result}"


def _loop(loop: Loop) -> str:
    names = loop.value if loop.index is None else f"{loop.value}, {loop.index}"
    return _cut(f"{names} in {written(loop.items if loop.items is not None else loop.range)}")


def _parallel(step: ParallelStep) -> str:
    shared = ", ".join(name.text for name in step.shared)
    loop = f" for {_loop(step.loop)}" if step.loop is not None else ""
    return f"[magenta]parallel[/]{loop}" + (f" [dim]shared {escape(shared)}[/]" if shared else "")


def retry_in_words(retry: Retry) -> str:
    """A retry in one line: `retry up to 4 times when is_transient, waiting 2 to 60 s`."""
    if retry.policy is not None:
        return f"retry as {written(retry.policy)}"
    words = "retry"
    if retry.max_retries is not None:
        words += f" up to {written(retry.max_retries)} times"
    if retry.predicate is not None:
        words += f" when {written(retry.predicate)}"
    backoff = retry.backoff
    if isinstance(backoff, Backoff):
        words += f", waiting {written(backoff.initial_delay)} to {written(backoff.max_delay)} s"
        words += f", × {written(backoff.multiplier)}" if backoff.multiplier is not None else ""
    return words


def _cut(text: str) -> str:
    return escape(shortened(text, LONGEST_TEXT))
