"""Builds the control-flow graph of a routine from its syntax tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from local.workflows.checker.flow.graph import Edge, Flow, Node, Read, Write, reads_of
from local.workflows.checker.flow.scopes import Scope, ScopeKind, declare_variables
from local.workflows.language.expressions import Literal
from local.workflows.language.syntax import (
    BREAK,
    CONTINUE,
    END,
    AssignStep,
    Backoff,
    CallStep,
    Computed,
    Constant,
    ForStep,
    Jump,
    Loop,
    ParallelStep,
    RaiseStep,
    Retry,
    ReturnStep,
    Routine,
    Step,
    StepsStep,
    SwitchStep,
    Target,
    TryStep,
    Value,
    expressions_in,
)


def build_flow(routine: Routine) -> Flow:
    """The graph of `routine`. Jumps that lead nowhere have no edge; the parser has reported them."""
    return _Builder(routine).build()


def is_always_true(test: Value) -> bool:
    """Whether a condition is the constant `true`."""
    match test:
        case Constant(value=value):
            return value is True
        case Computed(expression=expression):
            return isinstance(expression.tree, Literal) and expression.tree.value is True
        case _:
            return False


@dataclass(frozen=True, slots=True)
class _End:
    """A way that leads on to whatever comes next."""

    node: int
    test: Value | None = None
    truth: bool = True
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a step sees around it."""

    scope: Scope
    on_error: int
    end: int
    """Where `next: end` and `return` lead: the routine's end, or that of a parallel branch."""
    labels: dict[str, int] = field(default_factory=dict)
    next_round: int | None = None
    breaks: list[_End] = field(default_factory=list)
    in_handler: bool = False


class _Builder:
    def __init__(self, routine: Routine) -> None:
        self._routine = routine
        self._nodes: list[Node] = []
        self._scopes: list[Scope] = []
        self._entry_of: dict[int, int] = {}

    def build(self) -> Flow:
        routine = self._routine
        scope = self._scope(ScopeKind.ROUTINE, routine.name, None)
        scope.own = [parameter.name for parameter in routine.parameters]
        defaults = [parameter.default for parameter in routine.parameters if parameter.default is not None]
        entry, end, failure = (self._node(None, scope).index for _ in range(3))
        self._nodes[entry].reads = _reads(defaults)
        frame = _Frame(scope, on_error=failure, end=end)
        self._link(self._block(routine.steps, frame, [_End(entry)]), end)
        variables = declare_variables(self._scopes)
        return Flow(routine, self._nodes, entry, end, failure, self._scopes, variables, self._entry_of)

    def _scope(self, kind: ScopeKind, owner: str, parent: Scope | None, shared: frozenset[str] = frozenset()) -> Scope:
        scope = Scope(kind, owner, parent, shared)
        self._scopes.append(scope)
        return scope

    def _node(
        self,
        step: Step | None,
        scope: Scope,
        incoming: Iterable[_End] = (),
        *,
        reads: tuple[Read, ...] = (),
        write: Write | None = None,
        opens: Scope | None = None,
        on_error: int | None = None,
    ) -> Node:
        node = Node(len(self._nodes), step, scope, reads, write, opens, on_error=on_error)
        self._nodes.append(node)
        self._link(incoming, node.index)
        if write is not None:
            (scope.written if write.whole else scope.changed).append(write.name)
        return node

    def _link(self, ends: Iterable[_End], target: int) -> None:
        for end in ends:
            self._nodes[end.node].edges.append(Edge(target, end.test, end.truth, end.doubtful))

    def _block(self, steps: tuple[Step, ...], frame: _Frame, incoming: list[_End]) -> list[_End]:
        for step in steps:
            self._entry_of[id(step)] = self._node(step, frame.scope).index
        named = {step.name: self._entry_of[id(step)] for step in reversed(steps) if step.name_node is not None}
        inner = replace(frame, labels={**frame.labels, **named})
        for step in steps:
            entry = self._entry_of[id(step)]
            self._link(incoming, entry)
            incoming = self._step(step, inner, [_End(entry)])
        return incoming

    def _step(self, step: Step, frame: _Frame, incoming: list[_End]) -> list[_End]:
        ends = self._action(step, frame, incoming)
        if step.next is None:
            return ends
        self._jump(ends, step.next, frame)
        return []

    def _jump(self, ends: list[_End], jump: Jump, frame: _Frame) -> None:
        if jump.destination == END:
            self._link(ends, frame.end)
        elif jump.destination in frame.labels:
            self._link(ends, frame.labels[jump.destination])
        elif frame.next_round is not None and jump.destination == CONTINUE:
            self._link(ends, frame.next_round)
        elif frame.next_round is not None and jump.destination == BREAK:
            frame.breaks.extend(ends)

    def _action(  # noqa: PLR0911  # one arm per kind of step
        self, step: Step, frame: _Frame, incoming: list[_End]
    ) -> list[_End]:
        match step:
            case AssignStep():
                return self._assign(step, frame, incoming)
            case CallStep():
                return self._call(step, frame, incoming)
            case ReturnStep() | RaiseStep():
                return self._leave(step, frame, incoming)
            case SwitchStep():
                return self._switch(step, frame, incoming)
            case StepsStep(steps=steps):
                return self._block(steps, frame, incoming)
            case ForStep(loop=loop):
                return self._for(step, loop, frame, incoming)
            case ParallelStep():
                return self._parallel(step, frame, incoming)
            case TryStep():
                return self._try(step, frame, incoming)
            case _:
                return incoming

    def _assign(self, step: AssignStep, frame: _Frame, incoming: list[_End]) -> list[_End]:
        for assignment in step.assignments:
            reads = _reads([assignment.value]) + _target_reads(assignment.target)
            write = _write(assignment.target, assignment.value)
            may_fail = bool(assignment.target.path) or _may_fail(assignment.value)
            on_error = frame.on_error if may_fail else None
            node = self._node(step, frame.scope, incoming, reads=reads, write=write, on_error=on_error)
            incoming = [_End(node.index)]
        return incoming

    def _call(self, step: CallStep, frame: _Frame, incoming: list[_End]) -> list[_End]:
        reads = _reads([step.arguments])
        call = self._node(step, frame.scope, incoming, reads=reads, on_error=frame.on_error)
        if step.result is None:
            return [_End(call.index)]
        reads = _target_reads(step.result)
        write = _write(step.result, None)
        result = self._node(step, frame.scope, [_End(call.index)], reads=reads, write=write, on_error=frame.on_error)
        return [_End(result.index)]

    def _leave(self, step: ReturnStep | RaiseStep, frame: _Frame, incoming: list[_End]) -> list[_End]:
        reads = _reads([step.value])
        on_error = frame.on_error if _may_fail(step.value) else None
        node = self._node(step, frame.scope, incoming, reads=reads, on_error=on_error)
        self._link([_End(node.index)], frame.end if isinstance(step, ReturnStep) else frame.on_error)
        return []

    def _switch(self, step: SwitchStep, frame: _Frame, incoming: list[_End]) -> list[_End]:
        ends: list[_End] = []
        for condition in step.conditions:
            reads = _reads([condition.test])
            test = self._node(step, frame.scope, incoming, reads=reads, on_error=frame.on_error if reads else None)
            self._entry_of[id(condition)] = test.index
            held = [_End(test.index, condition.test, truth=True)]
            ends += self._block((condition.step,), frame, held)
            incoming = [] if is_always_true(condition.test) else [_End(test.index, condition.test, truth=False)]
        every_arm_leaves = frame.in_handler and not ends and step.next is None
        ends += [replace(end, doubtful=True) if every_arm_leaves else end for end in incoming]
        return ends

    def _for(self, step: Step, loop: Loop, frame: _Frame, incoming: list[_End]) -> list[_End]:
        reads = _reads([loop.items, loop.range])
        head = self._node(step, frame.scope, incoming, reads=reads, on_error=frame.on_error)
        more = self._node(step, frame.scope, [_End(head.index)])
        scope = self._scope(ScopeKind.LOOP, step.name, frame.scope)
        first = self._iteration(step, loop, scope, [_End(more.index)])
        inner = replace(frame, scope=scope, next_round=more.index, breaks=[])
        self._link(self._block(loop.steps, inner, first), more.index)
        return [_End(more.index), *inner.breaks]

    def _iteration(self, step: Step, loop: Loop, scope: Scope, incoming: list[_End]) -> list[_End]:
        """The nodes that open the scope of one iteration and give the loop its variables."""
        scope.own = [name for name in (loop.value, loop.index) if name is not None]
        node = self._node(step, scope, incoming, opens=scope)
        for name in scope.own:
            node = self._node(step, scope, [_End(node.index)], write=Write(name, loop.position, whole=True, value=None))
        return [_End(node.index)]

    def _parallel(self, step: ParallelStep, frame: _Frame, incoming: list[_End]) -> list[_End]:
        loop = step.loop
        shared_reads = tuple(Read(each.text, each.text, each.position, is_shared=True) for each in step.shared)
        reads = shared_reads + _reads([step.concurrency_limit, *([loop.items, loop.range] if loop else [])])
        head = self._node(step, frame.scope, incoming, reads=reads, on_error=frame.on_error)
        join = self._node(step, frame.scope, [_End(head.index)], on_error=frame.on_error)
        shared = frozenset(each.text for each in step.shared)
        for branch in step.branches or ():
            scope = self._scope(ScopeKind.BRANCH, branch.name, frame.scope, shared)
            start = self._node(step, scope, [_End(head.index)], opens=scope)
            inner = _Frame(scope, on_error=join.index, end=join.index, in_handler=False)
            self._link(self._block(branch.steps, inner, [_End(start.index)]), join.index)
        if loop is not None:
            scope = self._scope(ScopeKind.BRANCH, step.name, frame.scope, shared)
            first = self._iteration(step, loop, scope, [_End(head.index)])
            inner = _Frame(scope, on_error=join.index, end=join.index, next_round=join.index)
            self._link(self._block(loop.steps, inner, first) + inner.breaks, join.index)
        return [_End(join.index)]

    def _try(self, step: TryStep, frame: _Frame, incoming: list[_End]) -> list[_End]:
        caught = self._node(step, frame.scope, reads=_retry_reads(step.retry), on_error=frame.on_error)
        first_node = len(self._nodes)
        start = self._node(step, frame.scope, incoming)
        inner = replace(frame, on_error=caught.index)
        ends = self._block((step.body,), inner, [_End(start.index)])
        if not any(node.on_error == caught.index for node in self._nodes[first_node:]):
            self._link([_End(start.index)], caught.index)  # nothing can fail that we see; the handler still counts
        if step.retry is not None:
            self._link([_End(caught.index)], start.index)
        if step.handler is None:
            self._link([_End(caught.index)], frame.on_error)
            return ends
        scope = self._scope(ScopeKind.HANDLER, step.name, frame.scope)
        opened = self._node(step, scope, [_End(caught.index)], opens=scope)
        if step.handler.variable is not None:
            scope.own = [step.handler.variable]
            write = Write(step.handler.variable, step.handler.position, whole=True, value=None)
            opened = self._node(step, scope, [_End(opened.index)], write=write)
        handler_frame = replace(frame, scope=scope, in_handler=True)
        return ends + self._block(step.handler.steps, handler_frame, [_End(opened.index)])


def _reads(values: Iterable[Value | None]) -> tuple[Read, ...]:
    return tuple(
        read
        for value in values
        if value is not None
        for expression in expressions_in(value)
        for read in reads_of(expression)
    )


def _may_fail(value: Value) -> bool:
    """Whether evaluating `value` can raise an error: a constant cannot."""
    return next(expressions_in(value), None) is not None


def _target_reads(target: Target) -> tuple[Read, ...]:
    """An element is written into a variable that is there, at keys that are computed."""
    return tuple(reads_of(target.expression)) if target.path else ()


def _write(target: Target, value: Value | None) -> Write:
    return Write(target.variable, target.position, whole=not target.path, value=value)


def _retry_reads(retry: Retry | None) -> tuple[Read, ...]:
    if retry is None:
        return ()
    backoff = retry.backoff
    parts = (
        [backoff.initial_delay, backoff.max_delay, backoff.multiplier] if isinstance(backoff, Backoff) else [backoff]
    )
    return _reads([retry.policy, retry.predicate, retry.max_retries, *parts])
