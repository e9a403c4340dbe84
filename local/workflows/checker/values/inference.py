"""Follows values through a whole source: the shape of every variable, parameter and return value.

The order of steps is ignored: a variable's shape is the join of everything that is ever written to it. That forgets
some, but what it says is true at every moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from local.workflows.checker.calls.functions import Functions
from local.workflows.checker.flow.graph import Flow, Node
from local.workflows.checker.flow.scopes import Scope, Variable
from local.workflows.checker.values.errors import error_words
from local.workflows.checker.values.evaluation import Evaluator
from local.workflows.checker.values.parts import parts_of
from local.workflows.checker.values.shapes import (
    ERROR,
    NOTHING,
    UNKNOWN,
    Shape,
    join,
    of_kinds,
    opened,
    trimmed,
)
from local.workflows.language.expressions import Call, Name, walk
from local.workflows.language.syntax import (
    MAIN,
    AssignStep,
    CallStep,
    Definition,
    ForStep,
    Loop,
    MapValue,
    ParallelStep,
    ReturnStep,
    Routine,
    Step,
    Value,
    all_steps,
    expressions_in,
)

MOST_ROUNDS = 12
"""Shapes settle within a few rounds; what has not by then is called unknown."""


class Inference:
    """Shapes of everything in one source."""

    def __init__(self, definition: Definition, flows: Mapping[str, Flow]) -> None:
        self.functions = Functions(definition.routines)
        self.error_words = error_words(definition)
        self._definition = definition
        self._flows = flows
        self._variables: dict[Variable, Shape] = {}
        self._whole: dict[Variable, Shape] = {}
        self._returned: dict[str, Shape] = {}
        self._settle()

    def variable_shape(self, variable: Variable) -> Shape:
        return self._variables.get(variable, NOTHING)

    def whole_shape(self, variable: Variable) -> Shape:
        """Like `variable_shape`, without what assignments to its elements make of it."""
        return self._whole.get(variable, NOTHING)

    def returned_shape(self, routine: str) -> Shape:
        return self._returned.get(routine, NOTHING)

    def evaluator(self, scope: Scope) -> Evaluator:
        """An evaluator that only looks."""
        return Evaluator(self, scope)

    def scope_of(self, routine: str, step: Step) -> Scope:
        flow = self._flows[routine]
        return flow.nodes[flow.entry_node(step)].scope

    def _settle(self) -> None:
        for _ in range(MOST_ROUNDS):
            variables, returned = self._round()
            if variables == self._variables and returned == self._returned:
                return
            self._variables, self._returned = variables, returned
        changing, changing_returned = self._round()
        self._variables = {
            variable: shape if shape == self._variables.get(variable) else UNKNOWN
            for variable, shape in changing.items()
        }
        self._returned = {
            name: shape if shape == self._returned.get(name) else UNKNOWN for name, shape in changing_returned.items()
        }

    def _round(self) -> tuple[dict[Variable, Shape], dict[str, Shape]]:
        variables: dict[Variable, Shape] = {}
        self._whole = {}
        for variable, shape, is_whole in self._writes():
            variables[variable] = trimmed(join([variables.get(variable, NOTHING), shape]))
            if is_whole:
                self._whole[variable] = join([self._whole.get(variable, NOTHING), shape])
        returned = {
            name: trimmed(join(self._returns(name, routine))) for name, routine in self._definition.routines.items()
        }
        return variables, returned

    def _writes(self) -> Iterator[tuple[Variable, Shape, bool]]:
        """Everything that is written to a variable, and whether it replaces the variable's value."""
        for variable, shape in self._parameters():
            yield variable, shape, True
        for flow in self._flows.values():
            for node in flow.nodes:
                if node.write is not None:
                    visible = node.scope.visible(node.write.name)
                    if visible:
                        yield visible[0], self._written_shape(node), node.write.whole

    def _written_shape(self, node: Node) -> Shape:  # noqa: PLR0911  # one arm per kind of step
        write, step = node.write, node.step
        assert write is not None  # noqa: S101  # the caller has seen it
        if not write.whole:
            return opened(self._variables.get(node.scope.visible(write.name)[0], NOTHING))
        match step:
            case AssignStep():
                return self.evaluator(node.scope).shape(write.value)
            case CallStep(function=function):
                if self.functions.is_subworkflow(function):
                    return self.returned_shape(function)
                return self._called_shape(step, node.scope)
            case ForStep(loop=loop):
                return self._loop_shape(loop, write.name, node.scope)
            case ParallelStep(loop=Loop() as loop):
                return self._loop_shape(loop, write.name, node.scope)
            case _:
                return ERROR

    def _called_shape(self, step: CallStep, scope: Scope) -> Shape:
        """The result of a library function called by a call step."""
        if step.function == "sys.get_env" and isinstance(step.arguments, MapValue):
            fallback = step.arguments.get("default")
            shape = self.evaluator(scope).shape(fallback) if fallback is not None else NOTHING
            return join([of_kinds("string"), shape])
        return self.functions.returned(step.function)

    def _loop_shape(self, loop: Loop, name: str, scope: Scope) -> Shape:
        if name == loop.index:
            return of_kinds("integer")
        outside = scope.parent or scope
        items = self.evaluator(outside).shape(loop.items if loop.items is not None else loop.range)
        if loop.range is not None:
            return items.element if items.element is not None and items.element.kinds else of_kinds("integer", "double")
        return items.element if items.element is not None and items.kinds == {"list"} else UNKNOWN

    def _returns(self, name: str, routine: Routine) -> Iterator[Shape]:
        flow = self._flows[name]
        for step in all_steps(routine.steps):
            if isinstance(step, ReturnStep):
                yield self.evaluator(self.scope_of(name, step)).shape(step.value)
        others = [node for node in flow.nodes if not isinstance(node.step, ReturnStep)]
        if any(edge.target == flow.end for node in others for edge in node.edges):
            yield of_kinds("null")

    def _parameters(self) -> Iterator[tuple[Variable, Shape]]:
        called: set[str] = set()
        for routine, given in self._calls():
            called.add(routine)
            yield from self._bind(routine, given)
        for name, routine_ in self._definition.routines.items():
            if name == MAIN or name not in called:
                yield from self._bind(name, None)
            scope = self._flows[name].scopes[0]
            for parameter in routine_.parameters:
                if parameter.default is not None:
                    yield scope.variables[parameter.name], self.evaluator(scope).shape(parameter.default)

    def _bind(self, name: str, given: Mapping[str, Shape] | None) -> Iterator[tuple[Variable, Shape]]:
        """What a call gives the parameters; None: anything."""
        scope = self._flows[name].scopes[0]
        for parameter in self._definition.routines[name].parameters:
            variable = scope.variables[parameter.name]
            if given is None:
                yield variable, UNKNOWN
            elif parameter.name in given:
                yield variable, given[parameter.name]

    def _calls(self) -> Iterator[tuple[str, Mapping[str, Shape] | None]]:
        """Every call of a subworkflow with what it is given."""
        for name, routine in self._definition.routines.items():
            for step in all_steps(routine.steps):
                scope = self.scope_of(name, step)
                if isinstance(step, CallStep) and self.functions.is_subworkflow(step.function):
                    yield step.function, self._named_arguments(step, scope)
                for part in parts_of(step):
                    yield from self._calls_in(part.value, scope)

    def _named_arguments(self, step: CallStep, scope: Scope) -> Mapping[str, Shape] | None:
        if step.arguments is None:
            return {}
        if not isinstance(step.arguments, MapValue):
            return None
        return self.evaluator(scope).shape(step.arguments).fields

    def _calls_in(self, value: Value, scope: Scope) -> Iterator[tuple[str, Mapping[str, Shape] | None]]:
        for expression in expressions_in(value):
            for tree in walk(expression.tree):
                if isinstance(tree, Call) and self.functions.is_subworkflow(tree.function):
                    parameters = self._definition.routines[tree.function].parameters
                    given = [self.evaluator(scope).tree(argument, expression) for argument in tree.arguments]
                    yield (
                        tree.function,
                        {parameter.name: each for parameter, each in zip(parameters, given, strict=False)},
                    )
                elif isinstance(tree, Name) and self._is_passed_on(tree.identifier, scope):
                    parameters = self._definition.routines[tree.identifier].parameters
                    yield tree.identifier, {parameter.name: ERROR for parameter in parameters[:1]}

    def _is_passed_on(self, name: str, scope: Scope) -> bool:
        """Whether a name stands for a subworkflow that somebody else will call, as a retry does with its predicate."""
        return self.functions.is_subworkflow(name) and not scope.visible(name)
