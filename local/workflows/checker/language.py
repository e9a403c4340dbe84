"""The rules of the language: everything the deployment would refuse, and everything that would blow up later."""

from __future__ import annotations

from dataclasses import dataclass, replace

from local.workflows.checker.calls.arguments import ArgumentChecker
from local.workflows.checker.calls.functions import (
    constant_shape,
    constant_suggestion,
    is_library_module,
    reserved_names,
)
from local.workflows.checker.calls.retries import check_retry
from local.workflows.checker.flow.assignment import check_assignment
from local.workflows.checker.flow.builder import build_flow
from local.workflows.checker.flow.graph import Flow, Read
from local.workflows.checker.flow.reachability import check_reachability
from local.workflows.checker.values.evaluation import Evaluator
from local.workflows.checker.values.expressions import check_values
from local.workflows.checker.values.inference import Inference
from local.workflows.checker.values.parts import parts_of
from local.workflows.language.expressions import Call, Name, walk
from local.workflows.language.nodes import Position
from local.workflows.language.parser import Parsed, parse
from local.workflows.language.syntax import (
    CallStep,
    Definition,
    RaiseStep,
    Routine,
    Step,
    TryStep,
    all_steps,
    expressions_in,
)
from local.workflows.problems import Problem, ProblemList, Severity

_WARNINGS = frozenset({"never-equal", "text-around-expression", "unknown-error-key", "unknown-error-tag"})
"""Codes of what the real service accepts, and what most probably is a slip."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A source that has been understood, for whoever asks more of it than the rules of the language."""

    definition: Definition
    flows: dict[str, Flow]
    inference: Inference
    problems: list[Problem]
    is_complete: bool
    """Whether the parser understood all of it; what it did not is missing from the rest."""


def analyse(source: str) -> tuple[Analysis | None, list[Problem]]:
    """Check `source` against the rules of the language; also what is known of it, unless it cannot be read at all."""
    parsed = parse(source)
    if parsed.definition is None:
        return None, with_fixes(parsed.problems)
    analysis = _Checker(parsed, parsed.definition).check()
    return analysis, analysis.problems


def with_fixes(problems: list[Problem]) -> list[Problem]:
    """The problems, each with an instruction: where no better one is known, to make it what was expected."""
    return [
        problem if problem.fix or not problem.expected else replace(problem, fix=f"change it to: {problem.expected}")
        for problem in problems
    ]


class _Checker:
    def __init__(self, parsed: Parsed, definition: Definition) -> None:
        self._definition = definition
        self._problems = ProblemList()
        self._problems.extend(parsed.problems)
        self._is_complete = not parsed.problems
        self._flows = {name: build_flow(routine) for name, routine in definition.routines.items()}
        self._inference = Inference(definition, self._flows)
        self._arguments = ArgumentChecker(self._inference.functions)

    def check(self) -> Analysis:
        tolerant = self._tolerant_steps()
        for name, routine in self._definition.routines.items():
            self._check_name(routine)
            flow = self._flows[name]
            for step in all_steps(routine.steps):
                self._check_step(step, flow, "warning" if id(step) in tolerant else "error")
            if self._is_complete:  # else a variable may be missing only because its step could not be read
                check_assignment(flow, self._problems, self._is_named_elsewhere, self._names())
                check_reachability(flow, self._problems)
        problems = with_fixes(self._problems.in_order())
        return Analysis(self._definition, self._flows, self._inference, problems, self._is_complete)

    def _check_step(self, step: Step, flow: Flow, severity: Severity) -> None:
        """`severity` is that of what fails only when the step runs."""
        node = flow.nodes[flow.entry_node(step)]
        report = self._reporter(severity)
        looking = Evaluator(self._inference, node.scope)
        telling = Evaluator(self._inference, node.scope, report, self._arguments.check_expression)
        check_values(step, flow.routine.name, telling, report)
        if isinstance(step, CallStep):
            self._arguments.check_step(step, looking, self._reporter("error"))
        if isinstance(step, TryStep):
            check_retry(step, looking, self._inference, self._reporter("error"))

    def _tolerant_steps(self) -> set[int]:
        """The steps, by `id`, whose errors are caught by an except that goes on, in their own routine or a caller's."""
        tolerant: set[int] = set()
        for flow in self._flows.values():
            tolerant |= _caught_steps(flow)
        callers = self._callers()
        for name, routine in self._definition.routines.items():
            if callers.get(name) and all(id(step) in tolerant for step in callers[name]):
                tolerant |= {id(step) for step in all_steps(routine.steps)}
        return tolerant

    def _callers(self) -> dict[str, list[Step]]:
        """The steps that call each subworkflow, in whatever way."""
        callers: dict[str, list[Step]] = {}
        for routine in self._definition.routines.values():
            for step in all_steps(routine.steps):
                for name in _names_called(step):
                    callers.setdefault(name, []).append(step)
        return callers

    def _reporter(self, severity: Severity) -> _Reporter:
        return _Reporter(self._problems, severity)

    def _check_name(self, routine: Routine) -> None:
        if routine.name in reserved_names():
            self._problems.add(
                "reserved-name",
                f"a subworkflow cannot be called {routine.name!r}",
                routine.position,
                found=f"{routine.name!r}, a name of the standard library",
                expected="a name of its own",
                fix=f"call it my_{routine.name}",
            )

    def _is_named_elsewhere(self, read: Read) -> bool:
        """Whether a name that is no variable is a subworkflow or a library constant; says so when it nearly is one."""
        if read.name in self._definition.routines or constant_shape(read.dotted) is not None:
            return True
        if "." not in read.dotted or not is_library_module(read.name):
            return False
        self._problems.add(
            "unknown-function",
            f"the library has no constant {read.dotted!r}",
            read.position,
            found=read.dotted,
            expected="a constant of the library, or a variable",
            fix=constant_suggestion(read.dotted),
        )
        return True

    def _names(self) -> set[str]:
        return set(self._definition.routines) - {"main"}


class _Reporter:
    """Adds to the problems with a severity that depends on the place."""

    def __init__(self, problems: ProblemList, severity: Severity) -> None:
        self._problems = problems
        self._severity = severity

    def __call__(
        self, code: str, message: str, at: Position, *, found: str = "", expected: str = "", fix: str = ""
    ) -> None:
        severity: Severity = "warning" if code in _WARNINGS else self._severity
        self._problems.add(code, message, at, found=found, expected=expected, fix=fix, severity=severity)


def _names_called(step: Step) -> set[str]:
    names = {step.function} if isinstance(step, CallStep) else set()
    for part in parts_of(step):
        for expression in expressions_in(part.value):
            for tree in walk(expression.tree):
                if isinstance(tree, Call):
                    names.add(tree.function)
                elif isinstance(tree, Name):
                    names.add(tree.identifier)
    return names


def _caught_steps(flow: Flow) -> set[int]:
    """The steps, by `id`, all of whose errors end in an except that goes on: there an error may be what is wanted."""
    targets: dict[int, set[int]] = {}
    for node in flow.nodes:
        if node.on_error is not None:
            targets.setdefault(id(node.step), set()).add(node.on_error)
    return {step for step, nodes in targets.items() if all(_is_tolerated(target, flow) for target in nodes)}


def _is_tolerated(target: int, flow: Flow) -> bool:
    """Whether an error that goes to node `target` is caught and not raised again."""
    following: int | None = target
    while following is not None and following != flow.failure:
        step = flow.nodes[following].step
        if isinstance(step, TryStep) and step.handler is not None:
            return not any(isinstance(inner, RaiseStep) for inner in all_steps(step.handler.steps))
        following = flow.nodes[following].on_error
    return False
