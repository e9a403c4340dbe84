"""Steps and their parts, and the routines they make up."""

from dataclasses import dataclass

from local.workflows.language.expressions import ExpressionTree
from local.workflows.language.nodes import Mapping, Node, Position, Scalar
from local.workflows.language.syntax.values import Expression, Value

MAIN = "main"
END, BREAK, CONTINUE = "end", "break", "continue"
JUMP_WORDS = frozenset({END, BREAK, CONTINUE})
"""Where `next` may lead besides to a step."""


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
    name_node: Scalar | None = None
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
