"""Whether every call of a stage is authenticated, limited in time and tried again, and goes where it should."""

from __future__ import annotations

from collections.abc import Iterator

from local.workflows import limits
from local.workflows.checker.calls.rules import Rule
from local.workflows.checker.project.contexts import Context, Placed, Values
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.stage_calls import Calls, StageCall
from local.workflows.checker.values.shapes import Known, Shape
from local.workflows.checker.values.wording import constant_used
from local.workflows.language.expressions import Attribute, Call, ExpressionTree, Index, Literal, Name, children
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import CallStep, Computed, Constant, MapValue, Value
from local.workflows.problems import ProblemList

CONNECTOR_PARAMS = "connector_params"


def check_protection(call: StageCall, calls: Calls, values: Values, problems: ProblemList) -> None:
    """Report what is missing around one call of a stage."""
    if call.is_job:
        _check_waiting(call, values, problems)
    else:
        _check_authentication(call, values, problems)
    _check_timeout(call, values, problems)
    if not any(step.retry is not None for step in calls.tries_around(call)):
        problems.add(
            "stage-retry",
            f"the stage {call.stage!r} is called without a retry",
            call.position,
            found="no try with retry around the call",
            expected="a retry on 429, 5xx, lost connections and time-outs",
            fix="wrap the call in try: and add retry: with predicate:, max_retries: and backoff:",
        )


def check_other_calls(calls: Calls, values: Values, problems: ProblemList) -> None:
    """Report calls that go to an address the project does not know."""
    reported: set[int] = set()
    for step, context in calls.others:
        at, found = _where_from(step, context, values)
        if id(at) not in reported:
            reported.add(id(at))
            problems.add(
                "unknown-target",
                f"the step {step.name!r} calls something that is no stage of this project",
                at.position,
                found=found,
                expected=f"a URL from sys.get_env of one of {', '.join(facts().url_variables)}",
                fix="take the URL from the workflow's environment",
            )


def _where_from(step: CallStep, context: Context, values: Values) -> tuple[Value | CallStep, str]:
    """The value an unknown address comes from, and what it is."""
    address = _argument(step, "url") or _argument(step, "name")
    if address is None:
        return step, "no url"
    placed = values.written_where(Placed(address, context, values.scope_of(context, step)))
    return placed.value, repr(getattr(placed.value.node, "text", "a map or list"))


def _check_authentication(call: StageCall, values: Values, problems: ProblemList) -> None:
    auth, url = _argument(call.step, "auth"), _argument(call.step, "url")
    kind = auth.get("type") if isinstance(auth, MapValue) else None
    if not isinstance(kind, Constant) or kind.value != "OIDC":
        problems.add(
            "stage-auth",
            f"the stage {call.stage!r} is called without an identity token",
            (auth or call.step).position,
            found="no auth" if auth is None else f"type: {kind.node.text if isinstance(kind, Constant) else 'none'}",
            expected="auth: with type: OIDC and audience: the stage's URL",
            fix="add 'auth: {type: OIDC, audience: ...}' to args",
        )
        return
    audience = auth.get("audience") if isinstance(auth, MapValue) else None
    if audience is None or url is None or auth is None:
        return  # without an audience the URL itself is taken
    scope = values.scope_of(call.context, call.step)
    expected, found = (values.origins(Placed(each, call.context, scope)) for each in (url, audience))
    if found != expected:
        problems.add(
            "stage-auth",
            f"the token for the stage {call.stage!r} is made out to somebody else",
            audience.position,
            found=audience.node.text if isinstance(audience, Constant | Computed) else "another value",
            expected="the URL that is called",
            fix=f"write the same as under url: {getattr(url.node, 'text', '')}",
        )


def _check_waiting(call: StageCall, values: Values, problems: ProblemList) -> None:
    """A job that nobody waits for is a video that nobody delivers."""
    params = _argument(call.step, CONNECTOR_PARAMS)
    skip = params.get("skip_polling") if isinstance(params, MapValue) else None
    if skip is None:
        return
    shape = values.shape(Placed(skip, call.context, values.scope_of(call.context, call.step)))
    if any(known.value is True for known in shape.constants):
        problems.add(
            "job-not-awaited",
            f"the workflow does not wait for the job {call.stage!r}",
            skip.position,
            found="skip_polling: true",
            expected="a job that has ended before its result is delivered",
            fix="remove skip_polling",
        )


def timeout_of(call: StageCall) -> Value | None:
    """The time limit of a single attempt, as it stands in the source."""
    if not call.is_job:
        return _argument(call.step, "timeout")
    params = _argument(call.step, CONNECTOR_PARAMS)
    return params.get("timeout") if isinstance(params, MapValue) else None


def _check_timeout(call: StageCall, values: Values, problems: ProblemList) -> None:
    timeout = timeout_of(call)
    if timeout is None:
        problems.add(
            "stage-timeout",
            f"the stage {call.stage!r} is called without a timeout",
            call.step.position,
            found="no timeout" if not call.is_job else f"no timeout in {CONNECTOR_PARAMS}",
            expected="a time limit in seconds",
            fix="add 'timeout:' to args" if not call.is_job else f"add '{CONNECTOR_PARAMS}: {{timeout: ...}}' to args",
        )
        return
    longest = limits.CONNECTOR_DEFAULT_TIMEOUT_S if call.is_job else limits.HTTP_LONGEST_TIMEOUT_S
    rule = Rule(above=0, most=longest, unit="seconds")
    placed = Placed(timeout, call.context, values.scope_of(call.context, call.step))
    for shape in _parts(placed, values):
        for known in shape.constants:
            if not _fits(known, rule):
                _report_timeout(call, known, rule, timeout.position, problems)


def _parts(placed: Placed, values: Values) -> Iterator[Shape]:
    """The shapes of the parts a time limit is computed from."""
    value = placed.value
    if not isinstance(value, Computed):
        yield values.shape(placed)
        return
    for tree in _leaves(value.expression.tree):
        yield values.tree_shape(tree, value.expression, placed)


def _leaves(tree: ExpressionTree) -> Iterator[ExpressionTree]:
    if isinstance(tree, Name | Attribute | Index | Literal):
        yield tree
    elif isinstance(tree, Call) and not tree.function.startswith("math."):
        return
    else:
        for part in children(tree):
            yield from _leaves(part)


def _fits(known: Known, rule: Rule) -> bool:
    value = known.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value > (rule.above or 0) and value <= (rule.most or value)


def _report_timeout(call: StageCall, known: Known, rule: Rule, used: Position, problems: ProblemList) -> None:
    problems.add(
        "bad-timeout",
        f"this is no time limit for the stage {call.stage!r}",
        known.position,
        found=constant_used(known, used),
        expected=f"a number, {rule.range_text()}",
        fix="write the seconds as a number without quotes",
    )


def _argument(step: CallStep, name: str) -> Value | None:
    return step.arguments.get(name) if isinstance(step.arguments, MapValue) else None
