"""Reads steps: the action key of a step's body says of which kind it is.

The kinds without steps of their own are read here, those with steps inside (`for`, `parallel`, `try`) in
`composite_steps`.
"""

from collections.abc import Callable
from typing import Any

from local.workflows import limits
from local.workflows.language import composite_steps
from local.workflows.language.node_reader import NodeReader
from local.workflows.language.nodes import Mapping, Node, Scalar, Sequence, kind_of
from local.workflows.language.syntax import (
    Assignment,
    AssignStep,
    CallStep,
    Condition,
    Jump,
    JumpStep,
    RaiseStep,
    ReturnStep,
    Step,
    StepsStep,
    SwitchStep,
    Target,
)
from local.workflows.language.templates import parse_target
from local.workflows.problems import ProblemList, listed

ACTIONS = ("assign", "call", "switch", "steps", "for", "parallel", "try", "raise", "return")
"""The key that says what a step does; a step has one of them, or only `next`."""

_COMPANIONS = {"call": ("args", "result"), "try": ("retry", "except")}
"""What may stand beside an action, besides `next`."""

_ALL_COMPANIONS = tuple(key for keys in _COMPANIONS.values() for key in keys)


class StepParser(NodeReader):
    """Parses the steps of one routine."""

    def __init__(self, problems: ProblemList) -> None:
        super().__init__(problems)
        self.parallel_depth = 0
        """How many parallel steps are open around the step being read."""
        self._readers: dict[str, Callable[[Node, dict[str, Any]], Step | None]] = {
            "assign": self._assign,
            "call": self._call,
            "switch": self._switch,
            "steps": self._steps,
            "for": lambda node, common: composite_steps.parse_for(self, node, common),
            "parallel": lambda node, common: composite_steps.parse_parallel(self, node, common),
            "try": lambda node, common: composite_steps.parse_try(self, node, common),
            "raise": self._raise,
            "return": self._return,
        }

    def parse_block(self, node: Node) -> tuple[Step, ...]:
        """The steps of a list of `name: body` maps."""
        if not isinstance(node, Sequence) or not node.items:
            message = "steps must be a list of at least one step"
            self.wrong_kind("bad-steps", message, node, expected="- step_name: with an action below it")
            return ()
        steps = []
        for item in node.items:
            entry = self.single_entry(item, "step")
            step = self.parse_step(entry.key.text, entry.key, entry.value) if entry is not None else None
            if step is not None:
                steps.append(step)
        return tuple(steps)

    def parse_step(
        self, name: str, name_node: Scalar | None, node: Node, *, extra_keys: tuple[str, ...] = ()
    ) -> Step | None:
        """One step's body. `extra_keys` belong to whoever holds an unnamed step, such as `condition`."""
        if not isinstance(node, Mapping):
            message = f"the step {name!r} must be a map with an action"
            self.wrong_kind("bad-step", message, node, expected=listed(ACTIONS))
            return None
        action = self._action_of(name, node)
        beside = _COMPANIONS.get(action, ()) if action else ()
        allowed = {*([action] if action else []), *beside, *extra_keys, "next"}
        has_unknown_keys = self.refuse_unknown_keys(
            node,
            allowed,
            f"step {name!r}",
            also_known=ACTIONS if action else _ALL_COMPANIONS,
            suggestions=() if action else ACTIONS,
        )
        common: dict[str, Any] = {"name": name, "node": node, "name_node": name_node, "next": self._next(node)}
        if action is not None:
            value = node.get(action)
            return self._readers[action](value, common) if value is not None else None
        if common["next"] is not None:
            return JumpStep(**common)
        if "next" not in node and not has_unknown_keys:
            self.problems.add(
                "no-action",
                f"the step {name!r} does nothing",
                name_node.position if name_node else node.position,
                found=", ".join(node.keys()) or "an empty map",
                expected=f"one of {listed([*ACTIONS, 'next'])}",
            )
        return None

    def _action_of(self, name: str, node: Mapping) -> str | None:
        actions = [entry.key for entry in node if entry.key.text in ACTIONS]
        if len(actions) > 1:
            self.problems.add(
                "two-actions",
                f"the step {name!r} has more than one action",
                actions[1].position,
                found=" and ".join(action.text for action in actions),
                expected="one action per step",
                fix=f"put {actions[1].text!r} in a step of its own",
            )
        return actions[0].text if actions else None

    def _next(self, body: Mapping) -> Jump | None:
        node = body.get("next")
        if node is None:
            return None
        if isinstance(node, Scalar) and node.value is not None:
            return Jump(node.text, node)
        self.wrong_kind("bad-next", "next must be the name of a step", node, expected="a step's name, or 'end'")
        return None

    def _assign(self, node: Node, common: dict[str, Any]) -> AssignStep | None:
        where = f"the step {common['name']!r}"
        if not isinstance(node, Sequence):
            self.wrong_kind(
                "bad-assign",
                f"assign in {where} must be a list",
                node,
                expected="assign: with one '- name: value' per line",
                fix="put '- ' in front of each variable",
            )
            return None
        self.limit(len(node), limits.ASSIGNMENTS_PER_STEP, "assignments", where, node.position)
        assignments = []
        for item in node.items:
            entry = self.single_entry(item, "assignment")
            if entry is not None:
                target, value = parse_target(entry.key, self.problems), self.value(entry.value)
                if target is not None:
                    assignments.append(Assignment(target, value))
        return AssignStep(**common, assignments=tuple(assignments))

    def _call(self, node: Node, common: dict[str, Any]) -> CallStep | None:
        body: Mapping = common["node"]
        result = self._result(body.get("result"), common["name"])
        arguments = self.optional_value(body.get("args"))
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return CallStep(**common, function=node.value, function_node=node, arguments=arguments, result=result)
        message = f"call in step {common['name']!r} must name a function"
        self.wrong_kind("bad-call", message, node, expected="a library function, a connector or a subworkflow")
        return None

    def _result(self, node: Node | None, name: str) -> Target | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return parse_target(node, self.problems)
        self.wrong_kind("bad-result", f"result in step {name!r} must name a variable", node, expected="a variable")
        return None

    def _raise(self, node: Node, common: dict[str, Any]) -> RaiseStep:
        return RaiseStep(**common, value=self.value(node))

    def _return(self, node: Node, common: dict[str, Any]) -> ReturnStep:
        return ReturnStep(**common, value=self.value(node))

    def _steps(self, node: Node, common: dict[str, Any]) -> StepsStep:
        return StepsStep(**common, steps=self.parse_block(node))

    def _switch(self, node: Node, common: dict[str, Any]) -> SwitchStep | None:
        name = common["name"]
        if not isinstance(node, Sequence) or not node.items:
            message = f"switch in step {name!r} must be a list of conditions"
            self.wrong_kind("bad-switch", message, node, expected="- condition: ${...} with what to do beside it")
            return None
        self.limit(len(node), limits.CONDITIONS_PER_SWITCH, "conditions", f"the step {name!r}", node.position)
        conditions = [self._condition(name, item) for item in node.items]
        return SwitchStep(**common, conditions=tuple(condition for condition in conditions if condition is not None))

    def _condition(self, name: str, node: Node) -> Condition | None:
        test = node.get("condition") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or test is None:
            self.problems.add(
                "bad-condition",
                f"a condition is missing in the switch of step {name!r}",
                node.position,
                found=", ".join(node.keys()) if isinstance(node, Mapping) else kind_of(node),
                expected="condition: ${...}",
            )
            return None
        value = self.value(test)
        step = self.parse_step(name, None, node, extra_keys=("condition",))
        return Condition(value, step, node) if step is not None else None
