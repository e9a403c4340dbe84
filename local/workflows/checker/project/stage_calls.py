"""Finds every call of a stage: over HTTP, also through subworkflows that pass a URL on, and as a Cloud Run job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from local.workflows.checker.language import Analysis
from local.workflows.checker.project.contexts import Context, Placed, Values
from local.workflows.checker.project.facts import facts
from local.workflows.checker.values.shapes import Shape
from local.workflows.language.expressions import Call, ExpressionTree, Literal, MapLiteral
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import (
    MAIN,
    CallStep,
    Computed,
    Constant,
    Expression,
    ListValue,
    MapValue,
    Step,
    TryStep,
    Value,
    all_steps,
    nested_steps,
)

RUN_JOB = "googleapis.run.v2.projects.locations.jobs.run"
JSON_FUNCTIONS = frozenset({"json.encode_to_string", "json.encode"})


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a request."""

    name: str
    position: Position
    shape: Shape


@dataclass(frozen=True, slots=True)
class Request:
    """What a stage is asked with, as far as the source shows it."""

    position: Position
    fields: tuple[Field, ...]
    is_complete: bool
    """Whether there are no other fields."""

    def field(self, name: str) -> Field | None:
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class StageCall:
    """One call of one stage."""

    stage: str
    step: CallStep
    """The call step that sends the request: `http.post`, or the connector of the job."""
    context: Context
    """How that step is come to."""
    request: Request | None
    """None where the source does not show it."""
    is_job: bool

    @property
    def site(self) -> CallStep:
        """The step of the main workflow that leads to this call."""
        outermost = self.step
        for context in self.context.chain():
            outermost = context.step or outermost
        return outermost

    @property
    def position(self) -> Position:
        return self.site.position

    def constant(self, name: str) -> str | None:
        """The text a field of the request has, when it is one known text."""
        found = self.request.field(name) if self.request is not None else None
        if found is None or not found.shape.exact or len(found.shape.constants) != 1:
            return None
        (known,) = found.shape.constants
        return known.value if isinstance(known.value, str) else None


@dataclass(slots=True)
class Calls:
    """The calls of one source that concern the project."""

    stages: list[StageCall] = field(default_factory=list)
    others: list[tuple[CallStep, Context]] = field(default_factory=list)
    """HTTP calls and jobs that are none of our stages."""
    surrounding: dict[int, list[TryStep]] = field(default_factory=dict)
    """The try steps whose body a step stands in, innermost first, by `id` of the step."""

    def tries_around(self, call: StageCall) -> Iterator[TryStep]:
        """Every try an error of this call passes, innermost first."""
        yield from self.surrounding.get(id(call.step), [])
        for context in call.context.chain():
            if context.step is not None:
                yield from self.surrounding.get(id(context.step), [])


def find_calls(analysis: Analysis, values: Values) -> Calls:
    """Every call the main workflow makes, itself or through subworkflows."""
    calls = Calls()
    for routine in analysis.definition.routines.values():
        _note_tries(routine.steps, (), calls.surrounding)
    if MAIN in analysis.definition.routines:
        _Finder(analysis, values, calls).walk(Context(MAIN))
    return calls


class _Finder:
    def __init__(self, analysis: Analysis, values: Values, calls: Calls) -> None:
        self._analysis = analysis
        self._values = values
        self._calls = calls

    def walk(self, context: Context) -> None:
        for step in all_steps(self._analysis.definition.routines[context.routine].steps):
            if not isinstance(step, CallStep):
                continue
            if step.function.startswith("http."):
                self._add(step, context, self._values.called_stages(step, context), is_job=False)
            elif step.function == RUN_JOB:
                self._add(step, context, self._job_stages(step, context), is_job=True)
            elif step.function in self._analysis.definition.routines:
                inner = self._values.enter(step, context)
                if inner is not None:
                    self.walk(inner)

    def _add(self, step: CallStep, context: Context, stages: set[str], *, is_job: bool) -> None:
        if not stages:
            self._calls.others.append((step, context))
        for stage in sorted(stages):
            request = self._job_request(step, context) if is_job else self._http_request(step, context)
            self._calls.stages.append(StageCall(stage, step, context, request, is_job))

    def _job_stages(self, step: CallStep, context: Context) -> set[str]:
        name = _argument(step, "name")
        if name is None:
            return set()
        known = facts().stage_of_variable
        origins = self._values.origins(self._placed(name, step, context))
        return {known[origin.name] for origin in origins if origin.kind == "environment" and origin.name in known}

    def _placed(self, value: Value, step: CallStep, context: Context) -> Placed:
        return Placed(value, context, self._values.scope_of(context, step))

    def _http_request(self, step: CallStep, context: Context) -> Request | None:
        body = _argument(step, "body")
        if body is None:
            return Request(step.position, (), is_complete=True)
        return self._request(self._values.written_where(self._placed(body, step, context)))

    def _job_request(self, step: CallStep, context: Context) -> Request | None:
        """The request of a job travels as JSON in an environment variable of its container."""
        containers = _follow(_argument(step, "body"), "overrides", "containerOverrides")
        for container in containers.items if isinstance(containers, ListValue) else ():
            variables = container.get("env") if isinstance(container, MapValue) else None
            for variable in variables.items if isinstance(variables, ListValue) else ():
                value = _job_variable(variable)
                if value is not None:
                    return self._encoded_request(self._placed(value, step, context))
        return None

    def _encoded_request(self, placed: Placed) -> Request | None:
        placed = self._values.written_where(placed)
        if not isinstance(placed.value, Computed):
            return None
        expression = placed.value.expression
        match expression.tree:
            case Call(function=function, arguments=[MapLiteral() as literal, *_]) if function in JSON_FUNCTIONS:
                return self._literal_request(literal, expression, placed)
            case Call(function=function, arguments=[tree, *_]) if function in JSON_FUNCTIONS:
                return self._tree_request(tree, expression, placed)
            case _:
                return None

    def _tree_request(self, tree: ExpressionTree, expression: Expression, placed: Placed) -> Request | None:
        inner = Expression(expression.text, tree, expression.node, expression.offset)
        return self._request(self._values.written_where(placed._replace(value=Computed(inner, expression.node))))

    def _request(self, placed: Placed) -> Request | None:
        value = placed.value
        if isinstance(value, Computed) and isinstance(value.expression.tree, MapLiteral):
            return self._literal_request(value.expression.tree, value.expression, placed)
        if not isinstance(value, MapValue):
            return None
        fields = [
            Field(key.node.text, key.position, self._values.shape(placed._replace(value=entry)))
            for key, entry in value.entries
            if isinstance(key, Constant)
        ]
        return Request(value.position, tuple(fields), is_complete=len(fields) == len(value.entries))

    def _literal_request(self, literal: MapLiteral, expression: Expression, placed: Placed) -> Request:
        fields = [
            Field(key.value, expression.position_of(key.span), self._values.tree_shape(value, expression, placed))
            for key, value in literal.entries
            if isinstance(key, Literal) and isinstance(key.value, str)
        ]
        position = expression.position_of(literal.span)
        return Request(position, tuple(fields), is_complete=len(fields) == len(literal.entries))


def _argument(step: CallStep, name: str) -> Value | None:
    return step.arguments.get(name) if isinstance(step.arguments, MapValue) else None


def _follow(value: Value | None, *keys: str) -> Value | None:
    for key in keys:
        value = value.get(key) if isinstance(value, MapValue) else None
    return value


def _job_variable(variable: Value) -> Value | None:
    """The value of an environment override, if it is the variable that holds the request."""
    name = variable.get("name") if isinstance(variable, MapValue) else None
    if isinstance(variable, MapValue) and isinstance(name, Constant) and name.value == facts().job_request_variable:
        return variable.get("value")
    return None


def _note_tries(steps: tuple[Step, ...], tries: tuple[TryStep, ...], noted: dict[int, list[TryStep]]) -> None:
    for step in steps:
        noted[id(step)] = list(tries)
        if isinstance(step, TryStep):
            _note_tries((step.body,), (step, *tries), noted)
            if step.handler is not None:
                _note_tries(step.handler.steps, tries, noted)
        else:
            for block in nested_steps(step):
                _note_tries(block, tries, noted)
