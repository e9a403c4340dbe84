"""The environment variables a workflow reads."""

from __future__ import annotations

from collections.abc import Mapping

from local.workflows.language.expressions import Call, Literal, walk
from local.workflows.language.syntax import CallStep, Constant, Definition, MapValue, all_steps, expressions_in
from local.workflows.tools.steps_index import values_of

MOST_VARIABLES = 20
RESERVED_PREFIXES = ("GOOGLE", "WORKFLOWS")
"""Limits of user_env_vars. Source: provider documentation of `google_workflows_workflow`."""


def environment_reads(definition: Definition) -> dict[str, bool]:
    """Every variable the workflow reads, and whether it cannot do without."""
    reads: dict[str, bool] = {}
    for routine in definition.routines.values():
        for value in values_of(routine):
            for expression in expressions_in(value):
                for tree in walk(expression.tree):
                    match tree:
                        case Call(function="sys.get_env", arguments=[Literal(value=str() as name), *default]):
                            reads[name] = reads.get(name, False) or not default
                        case _:
                            continue
        for step in all_steps(routine.steps):
            if isinstance(step, CallStep) and step.function == "sys.get_env" and isinstance(step.arguments, MapValue):
                name_value = step.arguments.get("name")
                if isinstance(name_value, Constant):
                    needed = step.arguments.get("default") is None
                    reads[name_value.node.text] = reads.get(name_value.node.text, False) or needed
    return reads


def environment_faults(variables: Mapping[str, str]) -> list[str]:
    """What the service would not take of user_env_vars."""
    faults = [
        f"{name}: names beginning with {' or '.join(RESERVED_PREFIXES)} belong to the service"
        for name in variables
        if name.startswith(RESERVED_PREFIXES)
    ]
    if len(variables) > MOST_VARIABLES:
        faults.append(f"{len(variables)} variables, and a workflow takes at most {MOST_VARIABLES}")
    return faults
