"""Whether a retry can work: its predicate, its number of attempts and its delays.

Source: cloud.google.com/workflows/docs/reference/syntax/retrying
"""

from __future__ import annotations

from local.workflows.checker.calls.rules import Rule, apply_rule, report_constant
from local.workflows.checker.values.evaluation import Evaluator, Reporter, Surroundings
from local.workflows.checker.values.parts import Role, parts_of
from local.workflows.checker.values.shapes import Shape
from local.workflows.checker.values.wording import described
from local.workflows.language.expressions import Call, Name
from local.workflows.language.syntax import Backoff, Computed, TryStep, Value
from local.workflows.problems import did_you_mean

_RULES = {
    Role.MAX_RETRIES: Rule(least=0, most=1_000_000, whole=True),
    Role.INITIAL_DELAY: Rule(above=0, unit="seconds"),
    Role.MAX_DELAY: Rule(above=0, unit="seconds"),
    Role.MULTIPLIER: Rule(least=1),
}
"""Delays and multipliers may be fractions; a number of retries is a whole one."""


def check_retry(step: TryStep, evaluator: Evaluator, surroundings: Surroundings, report: Reporter) -> None:
    """Report what is wrong with the retry of `step`."""
    retry = step.retry
    if retry is None:
        return
    for part in parts_of(step):
        if part.role in _RULES:
            apply_rule(_RULES[part.role], evaluator.shape(part.value), str(part.role), part.value.position, report)
    if retry.predicate is not None:
        _check_predicate(retry.predicate, evaluator, surroundings, report)
    if retry.policy is not None:
        _check_policy(retry.policy, evaluator.shape(retry.policy), report)
    if isinstance(retry.backoff, Backoff):
        _check_growth(retry.backoff, evaluator, report)


def _check_predicate(predicate: Value, evaluator: Evaluator, surroundings: Surroundings, report: Reporter) -> None:
    functions, shape = surroundings.functions, evaluator.shape(predicate)
    tree = predicate.expression.tree if isinstance(predicate, Computed) else None
    called = isinstance(tree, Call)
    if not shape.may_be({"function"}) or (isinstance(tree, Call) and functions.is_subworkflow(tree.function)):
        report(
            "bad-predicate",
            "a retry predicate must be a function, named and not called",
            predicate.position,
            found=predicate.node.text if isinstance(predicate, Computed) else described(shape),
            expected="${http.default_retry_predicate}, or ${name} of a subworkflow that takes the error",
            fix="leave out the brackets behind the name" if called else "wrap the name in ${}",
        )
    elif isinstance(tree, Name) and functions.is_subworkflow(tree.identifier):
        _check_predicate_routine(tree.identifier, predicate, surroundings, report)


def _check_predicate_routine(name: str, predicate: Value, surroundings: Surroundings, report: Reporter) -> None:
    signature = surroundings.functions.find(name)
    if signature is not None and (not signature.names or len(signature.required) > 1):
        report(
            "bad-predicate",
            f"the predicate {name!r} must take one parameter, the error",
            predicate.position,
            found=signature.form(),
            expected=f"{name}: with 'params: [error]'",
        )
    for known in surroundings.returned_shape(name).constants:
        if known.value is not None and not isinstance(known.value, bool):
            report_constant(
                "bad-predicate",
                f"the predicate {name!r} must return true or false",
                known,
                known.position,
                report,
                expected="true or false",
                fix=did_you_mean(str(known.value), ["true", "false"]),
            )


def _check_policy(policy: Value, shape: Shape, report: Reporter) -> None:
    if shape.may_be({"map"}):
        return
    only_a_predicate = shape.kinds == {"function"}
    report(
        "bad-retry",
        "retry must be a whole policy",
        policy.position,
        found=described(shape),
        expected="${http.default_retry}, or predicate:, max_retries: and backoff:",
        fix="put it under 'predicate:' and add max_retries: and backoff:" if only_a_predicate else "",
    )


def _check_growth(backoff: Backoff, evaluator: Evaluator, report: Reporter) -> None:
    if backoff.initial_delay is None or backoff.max_delay is None:
        return
    initial, longest = evaluator.shape(backoff.initial_delay), evaluator.shape(backoff.max_delay)
    if not (initial.exact and longest.exact and len(initial.constants) == len(longest.constants) == 1):
        return
    (first,), (last,) = initial.constants, longest.constants
    if not (isinstance(first.value, int | float) and isinstance(last.value, int | float)):
        return
    if 0 < last.value < first.value:
        report_constant(
            "out-of-range",
            "max_delay is shorter than initial_delay",
            last,
            backoff.max_delay.position,
            report,
            expected=f"at least {first.value} seconds, the initial_delay",
        )
