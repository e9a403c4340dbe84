"""Whether every outcome that means "no lesson" is handled, and the outcomes and failure codes that are named exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from local.workflows.checker.language import Analysis
from local.workflows.checker.project.contexts import Context, Placed, Values
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.stage_calls import Calls
from local.workflows.checker.values.parts import parts_of
from local.workflows.language.expressions import Binary, ExpressionTree, ListLiteral, Literal, MapLiteral, walk
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import (
    MAIN,
    Condition,
    Constant,
    Expression,
    ListValue,
    MapValue,
    RaiseStep,
    SwitchStep,
    Value,
    all_steps,
    expressions_in,
)
from local.workflows.problems import ProblemList, did_you_mean, listed
from shared.models.analysis import Outcome
from shared.models.session import FailureCode

FAILURE_CODE = "failure_code"


class _Comparison(NamedTuple):
    """An outcome that the stage's answer is compared with."""

    outcome: str
    position: Position
    means_it: bool
    """Whether the comparison holds when it is this outcome."""


def check_outcomes(analysis: Analysis, values: Values, calls: Calls, problems: ProblemList) -> None:
    """Report unknown outcomes, and refusing ones that no condition turns into a failure."""
    refusals = facts().refusals
    known = [outcome.value for outcome in Outcome]
    refused: dict[str, str] = {}
    for step in all_steps(analysis.definition.routines[MAIN].steps):
        scope = analysis.inference.scope_of(MAIN, step)
        for part in parts_of(step):
            for comparison in _comparisons(Placed(part.value, Context(MAIN), scope), values):
                if comparison.outcome and comparison.outcome not in known:
                    _report_unknown(comparison, known, problems)
        for condition in step.conditions if isinstance(step, SwitchStep) else ():
            code = _raised_code(condition)
            for comparison in _comparisons(Placed(condition.test, Context(MAIN), scope), values):
                if code and comparison.means_it:
                    refused[comparison.outcome] = code
    caller = next((call for call in calls.stages if call.stage == refusals.stage), None)
    for outcome, code in refusals.outcomes.items():
        if caller is not None and refused.get(outcome) != code:
            problems.add(
                "outcome-unhandled",
                f"nothing happens when {refusals.stage!r} answers {outcome!r}",
                caller.position,
                found=f"failure code {refused[outcome]!r}" if outcome in refused else "no condition that raises for it",
                expected=f"a condition on {outcome!r} that raises {FAILURE_CODE}: {code}",
                fix=f"add '- condition: ${{outcome == \"{outcome}\"}}' with 'raise: {{{FAILURE_CODE}: {code}}}'",
            )


def check_failure_codes(analysis: Analysis, problems: ProblemList) -> None:
    """Report failure codes that are raised and have no text for the cook."""
    known = [code.value for code in FailureCode]
    for routine in analysis.definition.routines.values():
        for step in all_steps(routine.steps):
            if isinstance(step, RaiseStep):
                for code, position in _codes(step.value):
                    if code not in known:
                        problems.add(
                            "unknown-failure-code",
                            f"there is no failure code {code!r}",
                            position,
                            found=repr(code),
                            expected=listed(known),
                            fix=did_you_mean(code, known) or "use 'internal'",
                        )


def _report_unknown(comparison: _Comparison, known: list[str], problems: ProblemList) -> None:
    problems.add(
        "unknown-outcome",
        f"there is no outcome {comparison.outcome!r}",
        comparison.position,
        found=repr(comparison.outcome),
        expected=listed(known),
        fix=did_you_mean(comparison.outcome, known),
    )


def _comparisons(placed: Placed, values: Values) -> Iterator[_Comparison]:
    """Every text that a value compares the outcome with."""
    for expression in expressions_in(placed.value):
        for tree in walk(expression.tree):
            if not isinstance(tree, Binary) or tree.operator not in {"==", "!=", "in", "not in"}:
                continue
            for one, other in ((tree.left, tree.right), (tree.right, tree.left)):
                if _is_outcome(one, placed, values):
                    for literal in _texts(other):
                        position = expression.position_of(literal.span)
                        yield _Comparison(str(literal.value), position, means_it=tree.operator in {"==", "in"})


def _texts(tree: ExpressionTree) -> Iterator[Literal]:
    for item in tree.items if isinstance(tree, ListLiteral) else (tree,):
        if isinstance(item, Literal) and isinstance(item.value, str):
            yield item


def _is_outcome(tree: ExpressionTree, placed: Placed, values: Values) -> bool:
    refusals = facts().refusals
    return any(
        origin.kind == "answer" and origin.name == refusals.stage and origin.path == (refusals.field,)
        for origin in values.tree_origins(tree, placed)
    )


def _raised_code(condition: Condition) -> str:
    """The failure code a condition raises, or ""."""
    for step in all_steps((condition.step,)):
        if isinstance(step, RaiseStep):
            for code, _ in _codes(step.value):
                return code
    return ""


def _codes(value: Value) -> Iterator[tuple[str, Position]]:
    """The constants under `failure_code`."""
    match value:
        case MapValue():
            code = value.get(FAILURE_CODE)
            if isinstance(code, Constant):
                yield code.node.text, code.position
        case ListValue(items=items):
            for item in items:
                yield from _codes(item)
        case _:
            for expression in expressions_in(value):
                yield from _literal_codes(expression)


def _literal_codes(expression: Expression) -> Iterator[tuple[str, Position]]:
    for tree in walk(expression.tree):
        if isinstance(tree, MapLiteral):
            for key, entry in tree.entries:
                if isinstance(key, Literal) and key.value == FAILURE_CODE and isinstance(entry, Literal):
                    yield str(entry.value), expression.position_of(entry.span)
