"""Values as they are in one particular call: a subworkflow's parameters stand for what this caller gave them.

The shapes of `values` hold for every call at once. The rules of a project ask about single calls, such as the body of
the request that `call_stage` sends for the step `coach`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import NamedTuple

from local.workflows.checker.calls.functions import Functions
from local.workflows.checker.flow.graph import Node
from local.workflows.checker.flow.scopes import Scope, Variable
from local.workflows.checker.language import Analysis
from local.workflows.checker.project.facts import facts
from local.workflows.checker.values.evaluation import Evaluator
from local.workflows.checker.values.shapes import Shape
from local.workflows.language.expressions import Attribute, Binary, Call, ExpressionTree, Index, Literal, Name, children
from local.workflows.language.syntax import (
    AssignStep,
    CallStep,
    Computed,
    Constant,
    Expression,
    MapValue,
    ReturnStep,
    Value,
    all_steps,
)

DEEPEST_CALL = 8
"""Subworkflows calling subworkflows are followed this far."""
MOST_CONTEXTS = 2_000
"""Ways into subworkflows that are told apart; whatever comes after them is not followed."""


@dataclass(frozen=True, eq=False, slots=True)
class Context:
    """One way to come into a routine. The main workflow has no caller."""

    routine: str
    caller: Context | None = None
    step: CallStep | None = None
    """The step of the caller."""
    arguments: Mapping[str, Value] | None = None
    """What the caller gave, by parameter; None when that is not known."""

    def chain(self) -> list[Context]:
        """This context and those that led to it, innermost first."""
        contexts = [self]
        while contexts[-1].caller is not None:
            contexts.append(contexts[-1].caller)
        return contexts


class Placed(NamedTuple):
    """A value where it stands."""

    value: Value
    context: Context
    scope: Scope


class Origin(NamedTuple):
    """Where a value comes from."""

    kind: OneOf["environment", "response", "answer", "elsewhere"]
    """`response`: of a stage's HTTP call; `answer`: its body or what is in it."""
    name: str = ""
    """The environment variable or the stage."""
    path: tuple[str, ...] = ()
    """Keys inside the answer."""


ELSEWHERE = Origin("elsewhere")


class Values:
    """Answers questions about values in contexts."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._writes: dict[Variable, list[Node]] = {}
        self._contexts: dict[tuple[int, Context], Context] = {}
        self._argument_shapes: dict[tuple[Variable, Context], Shape] = {}
        for flow in analysis.flows.values():
            for node in flow.nodes:
                for variable in node.scope.visible(node.write.name)[:1] if node.write is not None else ():
                    self._writes.setdefault(variable, []).append(node)

    def scope_of(self, context: Context, step: CallStep) -> Scope:
        return self._analysis.inference.scope_of(context.routine, step)

    def shape(self, placed: Placed) -> Shape:
        """The shape of a value in its context."""
        return self.evaluator(placed).shape(placed.value)

    def tree_shape(self, tree: ExpressionTree, expression: Expression, placed: Placed) -> Shape:
        """The shape of a part of an expression that stands at `placed`."""
        return self.evaluator(placed).tree(tree, expression)

    def evaluator(self, placed: Placed) -> Evaluator:
        return Evaluator(_Surroundings(self, self._analysis, placed.context), placed.scope)

    def argument(self, variable: Variable, context: Context) -> Placed | None:
        """What the caller of this context gave for a parameter."""
        if variable.name not in variable.scope.own or variable.scope.parent is not None:
            return None
        if context.caller is None or context.step is None or variable.name not in (context.arguments or {}):
            return None
        assert context.arguments is not None  # noqa: S101  # just looked into
        return Placed(context.arguments[variable.name], context.caller, self.scope_of(context.caller, context.step))

    def written_where(self, placed: Placed) -> Placed:
        """The value itself, where it was written: through parameters, variables assigned only once, and map keys."""
        for _ in range(DEEPEST_CALL):
            source = self._source(placed) if isinstance(placed.value, Computed) else None
            if source is None:
                return placed
            placed = source
        return placed

    def _source(self, placed: Placed) -> Placed | None:
        assert isinstance(placed.value, Computed)  # noqa: S101  # the caller has seen it
        expression = placed.value.expression
        match expression.tree:
            case Name(identifier=name):
                return self._only_source(name, placed)
            case Attribute(base=base, key=key):
                inner = Computed(Expression(expression.text, base, expression.node, expression.offset), expression.node)
                whole = self.written_where(placed._replace(value=inner))
                entry = whole.value.get(key) if isinstance(whole.value, MapValue) else None
                return whole._replace(value=entry) if entry is not None else None
            case _:
                return None

    def origins(self, placed: Placed) -> set[Origin]:
        """Where a value may come from; constants are left out."""
        if isinstance(placed.value, Computed):
            return self._tree_origins(placed.value.expression.tree, placed, frozenset())
        return set() if isinstance(placed.value, Constant) else {ELSEWHERE}

    def tree_origins(self, tree: ExpressionTree, placed: Placed) -> set[Origin]:
        """Like `origins`, for a part of an expression that stands at `placed`."""
        return self._tree_origins(tree, placed, frozenset())

    def _only_source(self, name: str, placed: Placed) -> Placed | None:
        visible = placed.scope.visible(name)
        if not visible:
            return None
        given = self.argument(visible[0], placed.context)
        if given is not None:
            return given
        writes = self._writes.get(visible[0], [])
        if len(writes) != 1 or writes[0].write is None or writes[0].write.value is None or not writes[0].write.whole:
            return None
        return Placed(writes[0].write.value, placed.context, writes[0].scope)

    def _tree_origins(  # noqa: PLR0911  # one arm per kind of expression
        self, tree: ExpressionTree, placed: Placed, seen: frozenset[Variable]
    ) -> set[Origin]:
        match tree:
            case Literal():
                return set()
            case Name(identifier=name):
                visible = placed.scope.visible(name)
                return self._variable_origins(visible[0], placed.context, seen) if visible else {ELSEWHERE}
            case Attribute(base=base, key=key):
                return set(_elements(self._tree_origins(base, placed, seen), key))
            case Index(base=base, key=Literal(value=str() as key)):
                return set(_elements(self._tree_origins(base, placed, seen), key))
            case Call(function="sys.get_env", arguments=[Literal(value=str() as variable), *_]):
                return {Origin("environment", variable)}
            case Call(function="default" | "if", arguments=arguments):
                return {origin for each in arguments for origin in self._tree_origins(each, placed, seen)}
            case Call(function="map.get", arguments=[base, Literal(value=str() as key)]):
                return set(_elements(self._tree_origins(base, placed, seen), key))
            case Binary(operator="+"):
                return {origin for each in children(tree) for origin in self._tree_origins(each, placed, seen)}
            case _:
                return {ELSEWHERE}

    def _variable_origins(self, variable: Variable, context: Context, seen: frozenset[Variable]) -> set[Origin]:
        if variable in seen:
            return set()
        given = self.argument(variable, context)
        if given is not None:
            return self.origins(given)
        found: set[Origin] = set()
        for node in self._writes.get(variable, []):
            found |= self._write_origins(node, context, seen | {variable})
        return found or {ELSEWHERE}

    def _write_origins(self, node: Node, context: Context, seen: frozenset[Variable]) -> set[Origin]:
        write, step = node.write, node.step
        if write is None or not write.whole:
            return {ELSEWHERE}
        if isinstance(step, AssignStep) and write.value is not None:
            if isinstance(write.value, Computed):
                placed = Placed(write.value, context, node.scope)
                return self._tree_origins(write.value.expression.tree, placed, seen)
            return set() if isinstance(write.value, Constant) else {ELSEWHERE}
        if isinstance(step, CallStep):
            return self._call_origins(step, context)
        return {ELSEWHERE}

    def _call_origins(self, step: CallStep, context: Context) -> set[Origin]:
        if step.function.startswith("http."):
            stages = self.called_stages(step, context)
            return {Origin("response", stage) for stage in stages} or {ELSEWHERE}
        if step.function == "sys.get_env" and isinstance(step.arguments, MapValue):
            name = step.arguments.get("name")
            return {Origin("environment", str(name.value))} if isinstance(name, Constant) else {ELSEWHERE}
        routine = self._analysis.definition.routines.get(step.function)
        inner = self.enter(step, context)
        if routine is None or inner is None:
            return {ELSEWHERE}
        found: set[Origin] = set()
        for each in all_steps(routine.steps):
            if isinstance(each, ReturnStep):
                inner_scope = self._analysis.inference.scope_of(routine.name, each)
                found |= self.origins(Placed(each.value, inner, inner_scope))
        return found

    def called_stages(self, step: CallStep, context: Context) -> set[str]:
        """The stages whose URL an `http.*` call uses."""
        url = step.arguments.get("url") if isinstance(step.arguments, MapValue) else None
        if url is None:
            return set()
        known = facts().stage_of_variable
        origins = self.origins(Placed(url, context, self.scope_of(context, step)))
        return {known[origin.name] for origin in origins if origin.kind == "environment" and origin.name in known}

    def argument_shape(self, variable: Variable, context: Context) -> Shape | None:
        """The shape of what the caller of this context gave for a parameter."""
        known = self._argument_shapes.get((variable, context))
        if known is not None:
            return known
        given = self.argument(variable, context)
        if given is None:
            return None
        shape = self._argument_shapes[variable, context] = self.shape(given)
        return shape

    def enter(self, step: CallStep, context: Context) -> Context | None:
        """The context inside the subworkflow that `step` calls; None when it goes round in circles, or too far."""
        known = self._contexts.get((id(step), context))
        if known is not None:
            return known
        if len(self._contexts) >= MOST_CONTEXTS:
            return None
        entered = self._entered(step, context)
        if entered is not None:
            self._contexts[id(step), context] = entered
        return entered

    def _entered(self, step: CallStep, context: Context) -> Context | None:
        chain = context.chain()
        if len(chain) >= DEEPEST_CALL or any(each.routine == step.function for each in chain):
            return None
        arguments = step.arguments
        given = (
            {key.node.text: value for key, value in arguments.entries if isinstance(key, Constant)}
            if isinstance(arguments, MapValue)
            else None
        )
        return Context(step.function, context, step, given)


class _Surroundings:
    """The shapes of the whole source, with parameters as one caller gave them."""

    def __init__(self, values: Values, analysis: Analysis, context: Context) -> None:
        self.functions: Functions = analysis.inference.functions
        self.error_words = analysis.inference.error_words
        self._values = values
        self._inference = analysis.inference
        self._context = context

    def variable_shape(self, variable: Variable) -> Shape:
        given = self._values.argument_shape(variable, self._context)
        return given if given is not None else self._inference.variable_shape(variable)

    def whole_shape(self, variable: Variable) -> Shape:
        return self._inference.whole_shape(variable)

    def returned_shape(self, routine: str) -> Shape:
        return self._inference.returned_shape(routine)


def _elements(origins: set[Origin], key: str) -> Iterator[Origin]:
    for origin in origins:
        if origin.kind == "response":
            yield Origin("answer", origin.name) if key == "body" else ELSEWHERE
        elif origin.kind == "answer":
            yield Origin("answer", origin.name, (*origin.path, key))
        else:
            yield ELSEWHERE
