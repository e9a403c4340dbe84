"""How long a run can take at worst: every call uses up its time limit, every retry is needed, every branch is slow.

The product promises an end within half an hour whatever happens, so the limits have to add up to less. A call whose
limit shrinks with the time left until a deadline (`math.min(timeout, deadline - sys.now())`) counts up to that moment.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from local.workflows import limits
from local.workflows.checker.language import Analysis
from local.workflows.checker.project.contexts import Context, Placed, Values
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.rules.protection import timeout_of
from local.workflows.checker.project.stage_calls import Calls, StageCall
from local.workflows.language.expressions import Binary, Call, ExpressionTree
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import (
    MAIN,
    Backoff,
    CallStep,
    Computed,
    Expression,
    ForStep,
    ParallelStep,
    RaiseStep,
    ReturnStep,
    Step,
    StepsStep,
    SwitchStep,
    TryStep,
)
from local.workflows.problems import ProblemList
from local.workflows.runtime.backoff import Backoff as Delays
from local.workflows.standard_library.retry_policies import DEFAULT_MAX_RETRIES

NEVER = float("-inf")
"""The time of an end that does not happen."""


MOST_STEPS = 50_000
"""Steps that are played through, retries counted. A workflow that needs more of them takes longer than any run may."""


class _TooManySteps(Exception):
    """The workflow cannot be played through."""


class Ends(NamedTuple):
    """The latest moments, in seconds since the run began."""

    normal: float
    """When it ends and the next step begins."""
    error: float = NEVER
    """When it ends with an error."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How long one attempt may take, as far as constants say."""

    seconds: float
    until: float = float("inf")
    """A deadline, seconds since the run began."""
    least: float = 0.0
    """Given even when the deadline is over."""
    position: Position | None = None
    """Of the constant that sets `seconds`."""
    until_position: Position | None = None

    def end(self, start: float) -> float:
        return start + max(self.least, min(self.seconds, self.until - start))


def check_duration(analysis: Analysis, calls: Calls, values: Values, problems: ProblemList) -> None:
    """Report a workflow that may take longer than a run may."""
    clock = _Clock(analysis, calls, values)
    latest = clock.latest()
    longest = facts().longest_run_s
    if latest <= longest or not calls.stages:
        return
    blamed = max(clock.unlimited, key=lambda entry: entry[0], default=None)
    call = blamed[1] if blamed is not None else calls.stages[0]
    at = (blamed[2].position if blamed is not None else clock.deadline) or call.position
    problems.add(
        "run-too-long",
        f"a run may take {_in_words(latest)}, and every run has to end within {_in_words(longest)}",
        at,
        found=f"limits and retries that add up to {latest:,.0f} s"
        + (f", {blamed[0]:,.0f} s of them for {call.stage!r} and no deadline over it" if blamed is not None else ""),
        expected=f"at most {longest:,.0f} s",
        fix="lower the time limits or retries"
        + (f", or limit {call.stage!r} by the time left: math.min(timeout, deadline - sys.now())" if blamed else ""),
    )


def latest_end(analysis: Analysis, calls: Calls, values: Values) -> float:
    """The latest moment a run of the main workflow can end, seconds after its start."""
    return _Clock(analysis, calls, values).latest()


class _Clock:
    def __init__(self, analysis: Analysis, calls: Calls, values: Values) -> None:
        self._analysis = analysis
        self._values = values
        self._calls = {(id(call.step), _path(call.context)): call for call in calls.stages}
        self._returned = NEVER
        self._steps_left = MOST_STEPS
        self.unlimited: list[tuple[float, StageCall, Limit]] = []
        """Calls that no deadline limits, each with the time it may take."""
        self.deadline: Position | None = None
        """Where the deadline of the others is set."""

    def latest(self) -> float:
        try:
            ends = self._block(self._analysis.definition.main.steps, Context(MAIN), 0.0)
        except _TooManySteps:
            return float("inf")
        return max(*ends, self._returned, 0.0)

    def _block(self, steps: tuple[Step, ...], context: Context, start: float) -> Ends:
        time, error = start, NEVER
        for step in steps:
            if time == NEVER:
                break
            ends = self._step(step, context, time)
            time, error = ends.normal, max(error, ends.error)
        return Ends(time, error)

    def _step(  # noqa: C901, PLR0911  # one arm per kind of step
        self, step: Step, context: Context, start: float
    ) -> Ends:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise _TooManySteps
        match step:
            case CallStep():
                return self._call(step, context, start)
            case SwitchStep(conditions=conditions):
                arms = [self._step(condition.step, context, start) for condition in conditions]
                return _latest_of([*arms, Ends(start)])
            case StepsStep(steps=steps):
                return self._block(steps, context, start)
            case ForStep(loop=loop):
                return _latest_of([self._block(loop.steps, context, start), Ends(start)])
            case ParallelStep():
                return self._parallel(step, context, start)
            case TryStep():
                return self._try(step, context, start)
            case RaiseStep():
                return Ends(NEVER, start)
            case ReturnStep():
                if context.caller is None:
                    self._returned = max(self._returned, start)
                    return Ends(NEVER)
                return Ends(start)  # of a subworkflow: its caller goes on
            case _:
                return Ends(start)

    def _call(self, step: CallStep, context: Context, start: float) -> Ends:
        routine = self._analysis.definition.routines.get(step.function)
        if routine is not None:
            inner = self._values.enter(step, context)
            return self._block(routine.steps, inner, start) if inner is not None else Ends(start)
        call = self._calls.get((id(step), _path(context)))
        if call is None:
            return Ends(start)
        limit = self._limit(call)
        end = limit.end(start)
        if limit.until == float("inf"):
            self.unlimited.append((end - start, call, limit))
        self.deadline = self.deadline or limit.until_position
        return Ends(end, end)

    def _parallel(self, step: ParallelStep, context: Context, start: float) -> Ends:
        blocks = [branch.steps for branch in step.branches or ()]
        if step.loop is not None:
            blocks.append(step.loop.steps)
        branches = [self._block(block, context, start) for block in blocks]
        end = max((max(branch) for branch in branches), default=start)
        fails = any(branch.error != NEVER for branch in branches)
        return Ends(max(end, start), max(end, start) if fails else NEVER)

    def _try(self, step: TryStep, context: Context, start: float) -> Ends:
        ends = self._step(step.body, context, start)
        for delay in self._delays(step, context):
            if ends.error == NEVER:
                break
            again = self._step(step.body, context, ends.error + delay)
            ends = Ends(max(ends.normal, again.normal), again.error)
        if step.handler is None or ends.error == NEVER:
            return ends
        handled = self._block(step.handler.steps, context, ends.error)
        return Ends(max(ends.normal, handled.normal), handled.error)

    def _delays(self, step: TryStep, context: Context) -> Iterator[float]:
        """The wait before each retry."""
        retry = step.retry
        if retry is None:
            return
        if retry.policy is not None:
            yield from itertools.islice(Delays().delays(), DEFAULT_MAX_RETRIES)
            return
        scope = self._analysis.inference.scope_of(context.routine, step)
        parts = [retry.max_retries]
        if isinstance(retry.backoff, Backoff):
            parts += [retry.backoff.initial_delay, retry.backoff.max_delay, retry.backoff.multiplier]
        numbers = [self._number(Placed(part, context, scope)) if part is not None else None for part in parts]
        most, initial, longest, multiplier = [*numbers, None, None, None][:4]
        delays = Delays(
            1.0 if initial is None else initial,
            60.0 if longest is None else longest,
            1.25 if multiplier is None else multiplier,
        )
        yield from itertools.islice(delays.delays(), int(DEFAULT_MAX_RETRIES if most is None else max(most, 0)))

    def _limit(self, call: StageCall) -> Limit:
        timeout = timeout_of(call)
        default = limits.CONNECTOR_DEFAULT_TIMEOUT_S if call.is_job else limits.HTTP_DEFAULT_TIMEOUT_S
        if timeout is None:
            return Limit(default)
        scope = self._values.scope_of(call.context, call.step)
        return self._limit_of(Placed(timeout, call.context, scope)) or Limit(default)

    def _limit_of(self, placed: Placed) -> Limit | None:
        placed = self._values.written_where(placed)
        tree = placed.value.expression.tree if isinstance(placed.value, Computed) else None
        match tree:
            case Call(function="math.min", arguments=[first, second]):
                return _smaller(self._part(first, placed), self._part(second, placed))
            case Call(function="math.max", arguments=[first, second]):
                return _larger(self._part(first, placed), self._part(second, placed))
            case Binary(operator="-", left=left, right=Call(function="sys.now")):
                return self._deadline(self._values.written_where(_part_of(left, placed)))
            case _:
                number = self._number(placed)
                return Limit(number, position=self._position(placed)) if number is not None else None

    def _part(self, tree: ExpressionTree, placed: Placed) -> Limit | None:
        return self._limit_of(_part_of(tree, placed))

    def _deadline(self, placed: Placed) -> Limit | None:
        """The limit that a moment `sys.now() + seconds` sets, when it is computed as the run begins."""
        tree = placed.value.expression.tree if isinstance(placed.value, Computed) else None
        match tree:
            case Binary(operator="+", left=Call(function="sys.now"), right=part):
                seconds = _part_of(part, placed)
            case Binary(operator="+", left=part, right=Call(function="sys.now")):
                seconds = _part_of(part, placed)
            case _:
                return None
        number = self._number(seconds)
        if number is None:
            return None
        return Limit(float("inf"), until=number, until_position=self._position(seconds))

    def _number(self, placed: Placed) -> float | None:
        """The largest number a value may be, if it is known to be a number."""
        numbers = [known.value for known in self._values.shape(placed).constants]
        known = [float(number) for number in numbers if isinstance(number, int | float)]
        return max(known) if known else None

    def _position(self, placed: Placed) -> Position | None:
        return next((known.position for known in self._values.shape(placed).constants), None)


def _in_words(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < float("inf") else "longer than can be worked out"


def _part_of(tree: ExpressionTree, placed: Placed) -> Placed:
    assert isinstance(placed.value, Computed)  # noqa: S101  # the caller has taken the tree from it
    whole = placed.value.expression
    part = Expression(whole.text, tree, whole.node, whole.offset)
    return placed._replace(value=Computed(part, whole.node))


def _smaller(first: Limit | None, second: Limit | None) -> Limit | None:
    if first is None or second is None:
        return first or second
    shorter = first if first.seconds <= second.seconds else second
    sooner = first if first.until <= second.until else second
    least = max(first.least, second.least)
    return Limit(shorter.seconds, sooner.until, least, shorter.position, sooner.until_position)


def _larger(first: Limit | None, second: Limit | None) -> Limit | None:
    if first is None or second is None:
        return None
    limited, floor = (first, second) if first.until < second.until else (second, first)
    if limited.until == float("inf"):
        return first if first.seconds >= second.seconds else second
    return replace(limited, least=max(limited.least, floor.seconds))


def _latest_of(ends: list[Ends]) -> Ends:
    return Ends(max(each.normal for each in ends), max(each.error for each in ends))


def _path(context: Context) -> tuple[int, ...]:
    """Names a context by the call steps that lead to it."""
    return tuple(id(each.step) for each in context.chain())
