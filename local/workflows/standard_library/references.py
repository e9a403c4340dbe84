"""Checks what a source refers to in the library: every function exists, and none blocks inside of `${}`."""

from collections.abc import Iterable

from local.workflows.connectors.table import IN_EXPRESSIONS, PREFIXES
from local.workflows.language import syntax
from local.workflows.language.expressions import Call, walk
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import all_steps, expressions_in, expressions_of
from local.workflows.problems import ProblemList, did_you_mean
from local.workflows.standard_library import FUNCTIONS


def check_references(definition: syntax.Definition, problems: ProblemList) -> None:
    """Report calls of functions that do not exist, and blocking ones in expressions.

    A connector is only known by its prefix here: which of them a machine has is decided when a workflow runs.
    """
    known = {*FUNCTIONS, *definition.routines}
    for routine in definition.routines.values():
        defaults = [parameter.default for parameter in routine.parameters if parameter.default is not None]
        for default in defaults:
            _check_expressions(expressions_in(default), known, definition, problems)
        for step in all_steps(routine.steps):
            if isinstance(step, syntax.CallStep) and not step.function.startswith(PREFIXES):
                _check_exists(step.function, step.function_node.position, known, problems)
            _check_expressions(expressions_of(step), known, definition, problems)


def _check_expressions(
    expressions: Iterable[syntax.Expression], known: set[str], definition: syntax.Definition, problems: ProblemList
) -> None:
    for expression in expressions:
        for part in walk(expression.tree):
            if isinstance(part, Call):
                _check_call(part, expression.position_of(part.span), known, definition, problems)


def _check_call(
    call: Call, at: Position, known: set[str], definition: syntax.Definition, problems: ProblemList
) -> None:
    name = call.function
    if name in IN_EXPRESSIONS:
        return
    is_blocking = name.startswith(PREFIXES) or (name in FUNCTIONS and FUNCTIONS[name].signature.blocking)
    if is_blocking and name not in definition.routines:
        problems.add(
            "blocking-call",
            f"{name} blocks, so it cannot be called inside of an expression",
            at,
            found=f"${{{name}(...)}}",
            expected="a function that returns at once",
            fix=f"call it in a step of its own (call: {name}) and use its result",
        )
    else:
        _check_exists(name, at, known, problems)


def _check_exists(name: str, at: Position, known: set[str], problems: ProblemList) -> None:
    if name not in known:
        problems.add(
            "unknown-function",
            f"there is no function or subworkflow {name!r}",
            at,
            found=repr(name),
            expected="a function of the standard library, a connector or a subworkflow of this source",
            fix=did_you_mean(name, known),
        )
