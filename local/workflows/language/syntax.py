"""The typed tree of a workflow source: routines, their steps, and the values and expressions in them.

The parser builds it, the checker reads it and the engine compiles it, so that the structure of a source is understood
in one place. Every part carries the node it came from; `position` says where that stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from local.workflows.language.expressions import ExpressionTree, Span
from local.workflows.language.nodes import Mapping, Node, Position, Scalar, ScalarValue, Sequence

MAIN = "main"
END, BREAK, CONTINUE = "end", "break", "continue"
JUMP_WORDS = frozenset({END, BREAK, CONTINUE})
"""Where `next` may lead besides to a step."""


@dataclass(frozen=True, slots=True)
class Expression:
    """The text of one `${...}` and its tree."""

    text: str
    tree: ExpressionTree
    node: Scalar
    offset: int
    """Where in `node.text` the expression's text begins."""

    def position_of(self, span: Span) -> Position:
        return self.node.position_of(self.offset + span.start)

    @property
    def position(self) -> Position:
        return self.node.position_of(self.offset)


# --- values: what may stand on the right of a key ---


@dataclass(frozen=True, slots=True)
class Constant:
    """A scalar without any `${}`."""

    value: ScalarValue
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Computed:
    """A scalar that is one whole `${...}`."""

    expression: Expression
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text around one or more `${...}`."""

    parts: tuple[str | Expression, ...]
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class ListValue:
    items: tuple["Value", ...]
    node: Sequence

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class MapValue:
    entries: tuple[tuple["Constant | Computed | Text", "Value"], ...]
    """Keys are text; a key may be computed."""
    node: Mapping

    @property
    def position(self) -> Position:
        return self.node.position

    def get(self, key: str) -> "Value | None":
        """The value under a constant key."""
        return next(
            (value for name, value in self.entries if isinstance(name, Constant) and name.node.text == key), None
        )

    def keys(self) -> list[str]:
        """All constant keys."""
        return [key.node.text for key, _ in self.entries if isinstance(key, Constant)]


Value = Constant | Computed | Text | ListValue | MapValue


def expressions_in(value: Value) -> Iterator[Expression]:
    """Every expression inside `value`, in the order of the source."""
    match value:
        case Computed(expression=expression):
            yield expression
        case Text(parts=parts):
            yield from (part for part in parts if isinstance(part, Expression))
        case ListValue(items=items):
            for item in items:
                yield from expressions_in(item)
        case MapValue(entries=entries):
            for key, entry in entries:
                yield from expressions_in(key)
                yield from expressions_in(entry)
        case Constant():
            return


# --- parts of steps ---


@dataclass(frozen=True, slots=True)
class Target:
    """What an assignment writes: a variable, or an element reached from it by `path`."""

    variable: str
    path: tuple[ExpressionTree, ...]
    """Key of each level; an attribute is a Literal. Empty for a plain variable."""
    expression: Expression
    """The whole left side, for positions."""

    @property
    def position(self) -> Position:
        return self.expression.position


@dataclass(frozen=True, slots=True)
class Assignment:
    target: Target
    value: Value

    @property
    def position(self) -> Position:
        return self.target.position


@dataclass(frozen=True, slots=True)
class Jump:
    """`next`: a step's name, or `end`, `break`, `continue`."""

    destination: str
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Condition:
    """One arm of a switch. `step` is what it does, an unnamed step: an ActionStep of any kind or only a jump."""

    test: Value
    step: "Step"
    node: Mapping

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Backoff:
    initial_delay: Value | None
    max_delay: Value | None
    multiplier: Value | None
    node: Node

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Retry:
    """Either `policy` alone (an expression such as `${http.default_retry}`) or the parts."""

    policy: Value | None
    predicate: Value | None
    max_retries: Value | None
    backoff: Backoff | Value | None
    node: Node

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Handler:
    """`except`: `variable` holds the error inside `steps`."""

    variable: str | None
    steps: tuple["Step", ...]
    node: Mapping

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Loop:
    """`for`: over the items of a list, or over the integers of a range, both ends included."""

    value: str
    index: str | None
    items: Value | None
    range: Value | None
    steps: tuple["Step", ...]
    node: Mapping

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Branch:
    name: str
    steps: tuple["Step", ...]
    node: Node
    name_node: Scalar

    @property
    def position(self) -> Position:
        return self.name_node.position


# --- steps ---


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseStep:
    """What all steps have. The unnamed step in a `try` or an arm of a `switch` bears the name of the step around it."""

    name: str
    next: Jump | None
    node: Mapping
    """The step's body."""
    name_node: Scalar | None
    """The step's name in the source; None for an unnamed step."""

    @property
    def position(self) -> Position:
        return self.name_node.position if self.name_node else self.node.position


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignStep(BaseStep):
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep(BaseStep):
    function: str
    """A library function, a connector or a subworkflow."""
    function_node: Scalar
    arguments: Value | None
    """Usually a MapValue; a whole map may also be computed."""
    result: Target | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchStep(BaseStep):
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsStep(BaseStep):
    steps: tuple["Step", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForStep(BaseStep):
    loop: Loop


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelStep(BaseStep):
    """Exactly one of `branches` and `loop` is there."""

    shared: tuple[Scalar, ...]
    """Names of the outer variables that branches may write."""
    concurrency_limit: Value | None
    exception_policy: Scalar | None
    branches: tuple[Branch, ...] | None
    loop: Loop | None
    body: Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class TryStep(BaseStep):
    body: "Step"
    retry: Retry | None
    handler: Handler | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseStep(BaseStep):
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStep(BaseStep):
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpStep(BaseStep):
    """A step that only says where to go on."""


Step = (
    AssignStep
    | CallStep
    | SwitchStep
    | StepsStep
    | ForStep
    | ParallelStep
    | TryStep
    | RaiseStep
    | ReturnStep
    | JumpStep
)


def nested_steps(step: Step) -> Iterator[tuple[Step, ...]]:
    """The blocks of steps directly inside `step`; an unnamed step counts as a block of one."""
    match step:
        case StepsStep(steps=steps):
            yield steps
        case SwitchStep(conditions=conditions):
            for condition in conditions:
                yield (condition.step,)
        case ForStep(loop=loop):
            yield loop.steps
        case ParallelStep(branches=branches, loop=parallel_loop):
            yield from (branch.steps for branch in branches or ())
            if parallel_loop is not None:
                yield parallel_loop.steps
        case TryStep(body=body, handler=handler):
            yield (body,)
            if handler is not None:
                yield handler.steps
        case _:
            return


def all_steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step of a block and of the blocks inside it, outermost first, in the order of the source."""
    for step in steps:
        yield step
        for block in nested_steps(step):
            yield from all_steps(block)


# --- routines ---


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    default: Value | None
    """None: the argument is required."""
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Routine:
    """The main workflow or a subworkflow."""

    name: str
    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    node: Node
    name_node: Scalar | None = field(default=None)
    """None where the source is a bare list of steps."""

    @property
    def position(self) -> Position:
        return self.name_node.position if self.name_node else self.node.position


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole source: the main workflow and its subworkflows by name."""

    routines: dict[str, Routine]

    @property
    def main(self) -> Routine:
        return self.routines[MAIN]
