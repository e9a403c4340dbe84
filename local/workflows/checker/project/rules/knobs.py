"""The knobs ops turn: the variables the first step assigns. Each is read by somebody, and within its bounds."""

from __future__ import annotations

from collections.abc import Iterator

from local.workflows.checker.calls.rules import apply_rule
from local.workflows.checker.language import Analysis
from local.workflows.checker.project.facts import facts
from local.workflows.checker.values.parts import parts_of
from local.workflows.language.expressions import Attribute, Call, Literal, Name, walk
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import (
    MAIN,
    Assignment,
    AssignStep,
    CallStep,
    Constant,
    MapValue,
    ParallelStep,
    Step,
    all_steps,
    expressions_in,
    targets_of,
)
from local.workflows.problems import ProblemList, did_you_mean, listed


def knobs_of(analysis: Analysis) -> list[Assignment]:
    """The assignments of the main workflow's first step."""
    steps = analysis.definition.main.steps
    first = steps[0] if steps else None
    return list(first.assignments) if isinstance(first, AssignStep) else []


def check_knobs(analysis: Analysis, problems: ProblemList) -> None:
    """Report knobs that do nothing, that are out of bounds, and an environment that nobody sets."""
    read = _names_read(analysis)
    for knob in knobs_of(analysis):
        if knob.target.variable not in read:
            message = f"the knob {knob.target.variable!r} turns nothing"
            _report_unused(message, knob.target.variable, knob.position, read, problems)
        _check_bounds(knob, analysis, problems)
    _check_unused_variables(analysis, read, problems)
    _check_unused_routines(analysis, read, problems)
    _check_environment(analysis, problems)
    _check_argument(analysis, problems)


def _check_bounds(knob: Assignment, analysis: Analysis, problems: ProblemList) -> None:
    rule = facts().knobs.get(knob.target.variable)
    if rule is None:
        return
    scope = analysis.inference.scope_of(MAIN, analysis.definition.main.steps[0])
    shape = analysis.inference.evaluator(scope).shape(knob.value)
    apply_rule(rule, shape, f"the knob {knob.target.variable!r}", knob.value.position, problems.add)


def _check_unused_variables(analysis: Analysis, read: set[str], problems: ProblemList) -> None:
    """A value that is kept and never looked at was most probably meant for a variable of another name."""
    knobs = {knob.target.variable for knob in knobs_of(analysis)}
    reported: set[str] = set()
    for routine in analysis.definition.routines.values():
        for step in all_steps(routine.steps):
            for target in targets_of(step):
                if target.variable not in read | knobs | reported:
                    reported.add(target.variable)
                    message = f"what step {step.name!r} keeps in {target.variable!r} is never looked at"
                    _report_unused(message, target.variable, target.position, read, problems)


def _check_argument(analysis: Analysis, problems: ProblemList) -> None:
    """The workflow is started by uploads, which give it these keys and no others."""
    main = analysis.definition.main
    argument = main.parameters[0].name if main.parameters else None
    for step in all_steps(main.steps):
        for expression in (each for part in parts_of(step) for each in expressions_in(part.value)):
            for tree in walk(expression.tree):
                match tree:
                    case Attribute(base=Name(identifier=name), key=key) if name == argument:
                        _check_key(key, expression.position_of(tree.span), argument, problems)
                    case _:
                        continue


def _check_key(key: str, at: Position, argument: str, problems: ProblemList) -> None:
    if key not in facts().argument:
        problems.add(
            "unknown-argument-key",
            f"the workflow is not started with {key!r}",
            at,
            found=f"{argument}.{key}",
            expected=listed(sorted(facts().argument)),
            fix=did_you_mean(key, facts().argument),
        )


def _check_unused_routines(analysis: Analysis, read: set[str], problems: ProblemList) -> None:
    for name, routine in analysis.definition.routines.items():
        if name != MAIN and name not in read:
            _report_unused(f"nobody calls the subworkflow {name!r}", name, routine.position, read, problems)
        if name != MAIN:
            inside = set(_reads_in(routine.steps))
            for parameter in routine.parameters:
                if parameter.name not in inside:
                    message = f"the subworkflow {name!r} does not use its parameter {parameter.name!r}"
                    if not _is_predicate(name, analysis):
                        _report_unused(message, parameter.name, parameter.position, inside, problems)


def _is_predicate(name: str, analysis: Analysis) -> bool:
    """A retry predicate has to take the error, whether it looks at it or not."""
    return not any(
        isinstance(step, CallStep) and step.function == name
        for routine in analysis.definition.routines.values()
        for step in all_steps(routine.steps)
    )


def _report_unused(message: str, name: str, position: Position, known: set[str], problems: ProblemList) -> None:
    problems.add(
        "unused",
        message,
        position,
        found=f"{name!r} is never read",
        expected="somebody who reads it",
        fix=did_you_mean(name, known - {name}) or f"remove {name}, or use it where it was meant to be used",
        severity="warning",
    )


def _names_read(analysis: Analysis) -> set[str]:
    return {name for routine in analysis.definition.routines.values() for name in _reads_in(routine.steps)}


def _reads_in(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in all_steps(steps):
        for part in parts_of(step):
            for expression in expressions_in(part.value):
                for tree in walk(expression.tree):
                    if isinstance(tree, Name):
                        yield tree.identifier
                    elif isinstance(tree, Call):
                        yield tree.function
        if isinstance(step, CallStep):
            yield step.function
        if isinstance(step, ParallelStep):
            yield from (name.text for name in step.shared)


def _check_environment(analysis: Analysis, problems: ProblemList) -> None:
    for routine in analysis.definition.routines.values():
        for step in all_steps(routine.steps):
            for name, position in _environment_reads(step):
                if name not in facts().environment:
                    problems.add(
                        "unknown-environment",
                        f"nobody sets the environment variable {name!r}",
                        position,
                        found=repr(name),
                        expected=", ".join(sorted(facts().environment)),
                        fix=did_you_mean(name, facts().environment)
                        or "add it to user_env_vars of the workflow and to the facts of the checker",
                    )


def _environment_reads(step: Step) -> Iterator[tuple[str, Position]]:
    if isinstance(step, CallStep) and step.function == "sys.get_env" and isinstance(step.arguments, MapValue):
        name = step.arguments.get("name")
        if isinstance(name, Constant):
            yield name.node.text, name.position
    for part in parts_of(step):
        for expression in expressions_in(part.value):
            for tree in walk(expression.tree):
                match tree:
                    case Call(function="sys.get_env", arguments=[Literal(value=str() as variable) as literal, *_]):
                        yield variable, expression.position_of(literal.span)
                    case _:
                        continue
