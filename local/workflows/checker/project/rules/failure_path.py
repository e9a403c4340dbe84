"""Whether the cook hears of every failure: an except that delivers the note and raises the error again."""

from __future__ import annotations

from local.workflows.checker.flow.graph import Flow
from local.workflows.checker.flow.reachability import reachable_nodes
from local.workflows.checker.language import Analysis
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.stage_calls import Calls, StageCall
from local.workflows.language.syntax import MAIN, Handler, RaiseStep, TryStep, all_steps
from local.workflows.problems import ProblemList


def check_failure_path(analysis: Analysis, calls: Calls, problems: ProblemList) -> None:
    """Report stages whose failure no cook would hear of, and failures that are taken for success."""
    note = facts().failure_note
    flow = analysis.flows[MAIN]
    notes = [call for call in calls.stages if call.stage == note.stage and call.constant(note.field) == note.value]
    telling = [step for step in _handling_tries(flow) if any(_is_inside(call, step.handler) for call in notes)]
    if not telling:
        first = calls.stages[0] if calls.stages else None
        problems.add(
            "no-failure-path",
            "no cook hears of a failure",
            first.position if first is not None else analysis.definition.main.position,
            found="no except that delivers a note" if not notes else "a note outside of every except",
            expected=f"an except around all stages that calls {note.stage!r} with {note.field}: {note.value}",
            fix=f"wrap the stages in try: and deliver {note.field}: {note.value} in its except",
        )
        return
    for call in calls.stages:
        in_handler = any(_is_inside(call, step.handler) for step in telling)
        covered = in_handler or any(step in telling for step in calls.tries_around(call))
        if not covered:
            problems.add(
                "outside-failure-path",
                f"no cook hears when the stage {call.stage!r} fails",
                call.position,
                found=f"a call outside of the try of step {telling[0].name!r}",
                expected="every stage inside of the try whose except delivers the note",
                fix=f"move step {call.site.name!r} into the try of step {telling[0].name!r}",
            )
    for call in notes:
        _check_says_why(call, problems)
    for step in telling:
        _check_raised_again(step, flow, problems)


def _check_says_why(call: StageCall, problems: ProblemList) -> None:
    for name in facts().failure_note.needs:
        if call.request is not None and call.request.is_complete and call.request.field(name) is None:
            problems.add(
                "missing-field",
                f"the note of failure does not say its {name!r}",
                call.request.position,
                found=", ".join(field.name for field in call.request.fields),
                expected=f"{name}:",
                fix=f"add '{name}:' to the request of step {call.site.name!r}",
            )


def _check_raised_again(step: TryStep, flow: Flow, problems: ProblemList) -> None:
    if step.handler is None:
        return
    inside = {id(each) for each in all_steps(step.handler.steps)}
    reached = reachable_nodes(flow)
    for node in flow.nodes:
        if id(node.step) in inside and not isinstance(node.step, RaiseStep):
            errors = {flow.failure, node.on_error}
            ways = [edge.target for edge in node.edges if edge.target not in errors]
            leaves = [target for target in ways if id(flow.nodes[target].step) not in inside]
            if leaves and node.index in reached:
                problems.add(
                    "failure-swallowed",
                    f"after the note of failure the run of step {step.name!r} goes on as if nothing had happened",
                    step.handler.position,
                    found="an except that ends without a raise",
                    expected="the error raised again, so that the execution fails",
                    fix=f"end the except with a step that says 'raise: ${{{step.handler.variable or 'error'}}}'",
                )
                return


def _handling_tries(flow: Flow) -> list[TryStep]:
    return [step for step in all_steps(flow.routine.steps) if isinstance(step, TryStep) and step.handler is not None]


def _is_inside(call: StageCall, handler: Handler | None) -> bool:
    return handler is not None and any(step is call.site for step in all_steps(handler.steps))
