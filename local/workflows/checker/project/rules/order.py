"""Whether each stage runs after those whose outputs it reads, and what is read of an answer is in it."""

from __future__ import annotations

from collections.abc import Iterator

from local.workflows.checker.flow.graph import Flow
from local.workflows.checker.language import Analysis
from local.workflows.checker.project.contexts import Context, Placed, Values
from local.workflows.checker.project.contracts import contract_of
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.stage_calls import Calls, StageCall
from local.workflows.checker.values.parts import parts_of
from local.workflows.language.expressions import Attribute, Call, ExpressionTree, Index, Literal, walk
from local.workflows.language.syntax import MAIN, Expression, all_steps, expressions_in
from local.workflows.problems import ProblemList, did_you_mean, listed


def check_order(analysis: Analysis, calls: Calls, problems: ProblemList) -> None:
    """Report stages that run before what they read is there."""
    flow = analysis.flows[MAIN]
    done_before = _stages_done_before(flow, calls)
    for call in calls.stages:
        before = done_before[flow.entry_node(call.site)]
        missing = [stage for stage in _needed(call) if stage not in before]
        if missing:
            anywhere = {other.stage for other in calls.stages}
            problems.add(
                "stage-order",
                f"the stage {call.stage!r} runs before {listed(missing)}",
                call.position,
                found=f"no way here on which {listed(missing)} has ended"
                if anywhere >= set(missing)
                else f"{listed(stage for stage in missing if stage not in anywhere)} is never called",
                expected=f"{listed(_needed(call))} first: {call.stage!r} reads what they made",
                fix=f"move step {call.site.name!r} behind the call of {missing[-1]!r}",
            )


def check_deliveries(analysis: Analysis, calls: Calls, problems: ProblemList) -> None:
    """Report stages whose work no cook gets to see."""
    flow = analysis.flows[MAIN]
    done_before = _stages_done_before(flow, calls)
    for stage, delivery in facts().delivered_by.items():
        call = next((each for each in calls.stages if each.stage == stage), None)
        deliveries = [
            each
            for each in calls.stages
            if each.stage == delivery.stage and each.constant(delivery.field) == delivery.value
        ]
        if call is not None and not any(stage in done_before[flow.entry_node(each.site)] for each in deliveries):
            problems.add(
                "not-delivered",
                f"no cook gets what the stage {stage!r} made",
                call.position,
                found=f"no call of {delivery.stage!r} with {delivery.field}: {delivery.value} behind it",
                expected=f"{delivery.stage!r} with {delivery.field}: {delivery.value} after {stage!r}",
                fix=f"deliver {delivery.field}: {delivery.value} behind step {call.site.name!r}",
            )


def _needed(call: StageCall) -> list[str]:
    special = facts().needed_before.get(call.stage)
    if special is not None:
        purpose = call.constant(special.field)
        return list(special.values.get(purpose, ())) if purpose is not None else []
    contract = contract_of(call.stage)
    return sorted(contract.required) if contract is not None else []


def _stages_done_before(flow: Flow, calls: Calls) -> list[set[str]]:
    """For each node the stages that have ended on some way to it."""
    ends: dict[int, set[str]] = {}
    for call in calls.stages:
        for node in flow.nodes:
            if node.step is call.site and node.index != flow.entry_node(call.site):
                ends.setdefault(node.index, set()).add(call.stage)
    done: list[set[str]] = [set() for _ in flow.nodes]
    waiting = [flow.entry]
    seen = {flow.entry}
    while waiting:
        node = flow.nodes[waiting.pop()]
        after = done[node.index] | ends.get(node.index, set())
        targets = [(edge.target, after) for edge in node.edges]
        if node.on_error is not None:
            targets.append((node.on_error, done[node.index]))
        for target, stages in targets:
            if target not in seen or not stages <= done[target]:
                seen.add(target)
                done[target] |= stages
                waiting.append(target)
    return done


def check_answers(analysis: Analysis, values: Values, problems: ProblemList) -> None:
    """Report fields that are read of a stage's answer although the stage does not give them."""
    context = Context(MAIN)
    for step in all_steps(analysis.definition.routines[MAIN].steps):
        scope = analysis.inference.scope_of(MAIN, step)
        for part in parts_of(step):
            placed = Placed(part.value, context, scope)
            for expression in expressions_in(part.value):
                for tree in walk(expression.tree):
                    _check_element(tree, expression, placed, values, problems)


def _check_element(
    tree: ExpressionTree, expression: Expression, placed: Placed, values: Values, problems: ProblemList
) -> None:
    for base, key in _elements(tree):
        for origin in values.tree_origins(base, placed):
            contract = contract_of(origin.name) if origin.kind == "answer" and not origin.path else None
            if contract is not None and contract.answer is not None and key not in contract.answer:
                problems.add(
                    "unknown-answer",
                    f"the stage {origin.name!r} does not answer {key!r}",
                    expression.position_of(tree.span),
                    found=expression.text[tree.span.start : tree.span.end],
                    expected=listed(sorted(contract.answer)) if contract.answer else "nothing: its answer is empty",
                    fix=did_you_mean(key, contract.answer) or f"add {key!r} to the answer of {origin.name!r}",
                )


def _elements(tree: ExpressionTree) -> Iterator[tuple[ExpressionTree, str]]:
    """What is taken an element of, and its key. `map.get` forgives a missing key, but asks in vain all the same."""
    match tree:
        case Attribute(base=base, key=key):
            yield base, key
        case Index(base=base, key=Literal(value=str() as key)):
            yield base, key
        case Call(function="map.get", arguments=[base, Literal(value=str() as key)]):
            yield base, key
        case _:
            return
