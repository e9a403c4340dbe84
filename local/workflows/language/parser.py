"""From nodes to the syntax tree: reads the routines of a source and leaves the steps to `step_parser`.

Nothing here stops at the first fault. What cannot be understood is reported and left out of the tree, so that the
checker can still look at the rest; the engine runs a tree only when there were no problems at all.
"""

from dataclasses import dataclass

from local.workflows.language.jumps import check_jumps
from local.workflows.language.loader import START, load
from local.workflows.language.node_reader import IDENTIFIER_FORM, NodeReader, is_identifier
from local.workflows.language.nodes import Entry, Mapping, Node, Scalar, Sequence, kind_of
from local.workflows.language.step_parser import StepParser
from local.workflows.language.syntax import MAIN, Definition, Parameter, Routine
from local.workflows.language.templates import parse_value
from local.workflows.problems import Problem, ProblemList

_ROUTINE_KEYS = ("params", "steps")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a source holds, as far as it could be understood."""

    definition: Definition | None
    """None when the source is not even a map of routines."""
    problems: list[Problem]
    """Everything wrong with its structure, in the order of the source."""


def parse(source: str) -> Parsed:
    """Load and parse `source`."""
    problems = ProblemList()
    root = load(source, problems)
    definition = _parse_definition(root, problems) if root is not None else None
    return Parsed(definition, problems.in_order())


def _parse_definition(root: Node, problems: ProblemList) -> Definition | None:
    if isinstance(root, Sequence):  # a bare list of steps is a main workflow without parameters
        steps = StepParser(problems).parse_block(root)
        main = Routine(MAIN, (), steps, root)
        check_jumps(main, problems)
        return Definition({MAIN: main})
    if not isinstance(root, Mapping):
        problems.add(
            "not-a-workflow",
            "a workflow is a map of routines or a list of steps",
            START,
            found=kind_of(root),
            expected="main: with steps:",
        )
        return None
    if MAIN not in root:
        lacks_only_its_name = "steps" in root
        problems.add(
            "no-main",
            "there is no 'main' workflow",
            root.position,
            found=", ".join(root.keys()) or "an empty map",
            expected="main: with steps:",
            fix="put 'main:' above and indent the rest" if lacks_only_its_name else "name one routine 'main'",
        )
        if lacks_only_its_name:
            return None
    routines = [_parse_routine(entry, problems) for entry in root]
    return Definition({routine.name: routine for routine in routines if routine is not None})


def _parse_routine(entry: Entry, problems: ProblemList) -> Routine | None:
    name, body = entry.key, entry.value
    if not is_identifier(name.text):
        problems.add(
            "bad-name",
            f"{name.text!r} cannot name a subworkflow",
            name.position,
            found=repr(name.text),
            expected=IDENTIFIER_FORM,
        )
    if not isinstance(body, Mapping):
        problems.add(
            "bad-routine",
            f"the workflow {name.text!r} must be a map with 'steps'",
            name.position,
            found=kind_of(body),
            expected="steps: and optionally params:",
        )
        return None
    NodeReader(problems).refuse_unknown_keys(body, _ROUTINE_KEYS, f"the workflow {name.text!r}")
    parameters = _parse_parameters(name.text, body.get("params"), problems)
    steps_node = body.get("steps")
    if steps_node is None:
        problems.add(
            "no-steps",
            f"the workflow {name.text!r} has no steps",
            name.position,
            expected="steps: with at least one step",
        )
        return Routine(name.text, parameters, (), body, name)
    routine = Routine(name.text, parameters, StepParser(problems).parse_block(steps_node), body, name)
    check_jumps(routine, problems)
    return routine


def _parse_parameters(routine: str, node: Node | None, problems: ProblemList) -> tuple[Parameter, ...]:
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return ()
    if not isinstance(node, Sequence):
        problems.add(
            "bad-params",
            "params must be a list",
            node.position,
            found=kind_of(node),
            expected="params: [name, other: default]",
        )
        return ()
    parameters = [_parse_parameter(item, problems) for item in node.items]
    known = [parameter for parameter in parameters if parameter is not None]
    if routine == MAIN and len(known) > 1:
        problems.add(
            "main-params",
            "the main workflow takes one parameter, the execution's argument",
            known[1].position,
            found=f"{len(known)} parameters",
            expected="at most one",
            fix="take one map and read its keys: params: [args]",
        )
    _refuse_repeated(known, problems)
    return tuple(known)


def _parse_parameter(node: Node, problems: ProblemList) -> Parameter | None:
    name: Node = node
    default = None
    if isinstance(node, Mapping) and len(node.entries) == 1:
        name, default = node.entries[0].key, parse_value(node.entries[0].value, problems)
    if isinstance(name, Scalar) and is_identifier(name.text):
        return Parameter(name.text, default, name)
    problems.add(
        "bad-params",
        "a parameter is a name, or a name with a default",
        node.position,
        found=kind_of(node),
        expected="name, or name: default",
    )
    return None


def _refuse_repeated(parameters: list[Parameter], problems: ProblemList) -> None:
    seen: set[str] = set()
    for parameter in parameters:
        if parameter.name in seen:
            problems.add("bad-params", f"the parameter {parameter.name!r} is given twice", parameter.position)
        seen.add(parameter.name)
