"""Steps that are never reached, conditions that are never asked, loops that never end, and fall-through by accident."""

from __future__ import annotations

from local.workflows.checker.flow.builder import is_always_true
from local.workflows.checker.flow.graph import Flow
from local.workflows.language.syntax import (
    END,
    JumpStep,
    RaiseStep,
    ReturnStep,
    Step,
    SwitchStep,
    all_steps,
    nested_steps,
)
from local.workflows.problems import ProblemList


def check_reachability(flow: Flow, problems: ProblemList) -> None:
    """Report what cannot happen. These are warnings: such a workflow runs, but not as it reads."""
    reached = reachable_nodes(flow)
    _report_unreachable(flow.routine.steps, flow, reached, problems)
    _report_endless(flow, reached, problems)
    for block in _blocks(flow.routine.steps):
        _report_fall_through(block, problems)


def reachable_nodes(flow: Flow) -> set[int]:
    """Every node some execution may come to."""
    reached = {flow.entry}
    waiting = [flow.entry]
    while waiting:
        node = flow.nodes[waiting.pop()]
        targets = [edge.target for edge in node.edges]
        for target in [*targets, *([node.on_error] if node.on_error is not None else [])]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _report_unreachable(steps: tuple[Step, ...], flow: Flow, reached: set[int], problems: ProblemList) -> None:
    before_was_reached = True
    for step in steps:
        is_reached = flow.entry_node(step) in reached
        if not is_reached and before_was_reached and step.name_node is not None:
            problems.add(
                "unreachable-step",
                f"the step {step.name!r} is never reached",
                step.position,
                found="every step before it leads elsewhere, and no jump leads here",
                expected="a way to every step",
                fix=f"remove it, or lead to it with 'next: {step.name}'",
                severity="warning",
            )
        before_was_reached = is_reached
        if is_reached:
            if isinstance(step, SwitchStep):
                _report_unasked(step, problems)
            for block in nested_steps(step):
                _report_unreachable(block, flow, reached, problems)


def _report_unasked(step: SwitchStep, problems: ProblemList) -> None:
    for condition, following in zip(step.conditions, step.conditions[1:], strict=False):
        if is_always_true(condition.test):
            problems.add(
                "unreachable-condition",
                f"this condition of step {step.name!r} is never looked at",
                following.position,
                found=f"the condition at line {condition.position.line} is always true",
                expected="'true' as the last condition only",
                fix="move the condition that is always true to the end",
                severity="warning",
            )
            return


def _report_endless(flow: Flow, reached: set[int], problems: ProblemList) -> None:
    """A part of the routine from which no way leads to its end or to an error of its own."""
    leads_to: dict[int, list[int]] = {}
    for node in flow.nodes:
        targets = [edge.target for edge in node.edges]
        if node.on_error is not None and node.on_error != flow.failure:
            targets.append(node.on_error)
        for target in targets:
            leads_to.setdefault(target, []).append(node.index)
    ends = {flow.end, flow.failure}
    waiting = [flow.end, flow.failure]
    while waiting:
        for source in leads_to.get(waiting.pop(), []):
            if source not in ends:
                ends.add(source)
                waiting.append(source)
    for step in all_steps(flow.routine.steps):
        entry = flow.entry_node(step)
        if entry in reached and entry not in ends and step.name_node is not None:
            problems.add(
                "endless-loop",
                f"from step {step.name!r} on the workflow never ends",
                step.position,
                found="jumps that only lead back",
                expected="a way to the end, a return or a raise",
                fix="add a switch that leads out",
                severity="warning",
            )
            return


def _report_fall_through(steps: tuple[Step, ...], problems: ProblemList) -> None:
    """One choice of a switch that runs on into another choice of the same switch."""
    for switch, first, second in _neighbouring_choices(steps):
        problems.add(
            "falls-through",
            f"after step {first.name!r} the workflow goes on with {second.name!r}",
            first.position,
            found=f"{first.name!r} and {second.name!r} are two choices of the switch {switch.name!r}, "
            "and the first has no next",
            expected="each choice on a way of its own",
            fix=f"add 'next: {END}' or the step to go on with to {first.name!r}; 'next: {second.name}' if it is meant",
            severity="warning",
        )


def _neighbouring_choices(steps: tuple[Step, ...]) -> list[tuple[SwitchStep, Step, Step]]:
    """Two choices that stand together, reached by jumps only, of which the second leads away and the first does not."""
    found = []
    for before, first, second in zip(steps, steps[1:], steps[2:], strict=False):
        if not _leads_away(before) or _leads_away(first) or not _leads_away(second):
            continue
        for switch in steps:
            if isinstance(switch, SwitchStep) and {first.name, second.name} <= _choices(switch):
                found.append((switch, first, second))
                break
    return found


def _choices(switch: SwitchStep) -> set[str]:
    """Where the conditions lead; the default way is left out, as it often is the place where the ways meet again."""
    jumps = [each.step.next for each in switch.conditions if isinstance(each.step, JumpStep)]
    always = is_always_true(switch.conditions[-1].test) if switch.conditions else False
    return {jump.destination for jump in (jumps[:-1] if always else jumps) if jump is not None}


def _leads_away(step: Step) -> bool:
    if step.next is not None or isinstance(step, ReturnStep | RaiseStep):
        return True
    return (
        isinstance(step, SwitchStep)
        and bool(step.conditions)
        and is_always_true(step.conditions[-1].test)
        and all(_leads_away(condition.step) for condition in step.conditions)
    )


def _blocks(steps: tuple[Step, ...]) -> list[tuple[Step, ...]]:
    blocks = [steps]
    for step in all_steps(steps):
        blocks.extend(nested_steps(step))
    return blocks
