"""Reads the steps that hold steps: `for`, `parallel` and `try` with its `retry` and `except`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.workflows import limits
from local.workflows.language.node_reader import is_identifier
from local.workflows.language.nodes import Mapping, Node, Scalar, Sequence
from local.workflows.language.syntax import (
    Backoff,
    Branch,
    ForStep,
    Handler,
    Loop,
    ParallelStep,
    Retry,
    StepsStep,
    TryStep,
    Value,
)
from local.workflows.problems import listed

if TYPE_CHECKING:
    from local.workflows.language.step_parser import StepParser

_LOOP_KEYS = ("value", "index", "in", "range", "steps")
_PARALLEL_KEYS = ("shared", "concurrency_limit", "exception_policy", "branches", "for")
_RETRY_KEYS = ("predicate", "max_retries", "backoff")
_BACKOFF_KEYS = ("initial_delay", "max_delay", "multiplier")
_HANDLER_KEYS = ("as", "steps")
CONTINUE_ALL = "continueAll"
"""The only exception policy there is, and the default."""


def parse_for(parser: StepParser, node: Node, common: dict[str, Any]) -> ForStep | None:
    loop = _loop(parser, node, f"the for of step {common['name']!r}")
    return ForStep(**common, loop=loop) if loop is not None else None


def parse_parallel(parser: StepParser, node: Node, common: dict[str, Any]) -> ParallelStep | None:
    where = f"the parallel of step {common['name']!r}"
    if not isinstance(node, Mapping):
        parser.wrong_kind("bad-parallel", f"{where} must be a map", node, expected=listed(_PARALLEL_KEYS))
        return None
    parser.refuse_unknown_keys(node, _PARALLEL_KEYS, where)
    parser.exactly_one(node, ("branches", "for"), where)
    parser.parallel_depth += 1
    if parser.parallel_depth > limits.PARALLEL_NESTING:
        parser.problems.add(
            "parallel-nesting",
            f"parallel steps are nested more than {limits.PARALLEL_NESTING} deep",
            node.position,
            found=f"{parser.parallel_depth} levels",
            expected=f"at most {limits.PARALLEL_NESTING}",
            fix="move the inner one into a workflow of its own",
        )
    branches, loop = node.get("branches"), node.get("for")
    step = ParallelStep(
        **common,
        shared=_shared(parser, node.get("shared"), where),
        concurrency_limit=parser.optional_value(node.get("concurrency_limit")),
        exception_policy=_exception_policy(parser, node.get("exception_policy"), where),
        branches=_branches(parser, branches, where) if branches is not None else None,
        loop=_loop(parser, loop, where) if loop is not None else None,
        body=node,
    )
    parser.parallel_depth -= 1
    return step


def parse_try(parser: StepParser, node: Node, common: dict[str, Any]) -> TryStep | None:
    name, step_node = common["name"], common["node"]
    body = parser.parse_step(name, None, node)
    retry, handler = step_node.get("retry"), step_node.get("except")
    if retry is None and handler is None:
        swallowed = isinstance(node, Mapping) and ("except" in node or "retry" in node)
        parser.problems.add(
            "bare-try",
            f"the try of step {name!r} has neither retry nor except",
            step_node.position,
            expected="retry, except or both beside try",
            fix="indent retry and except only as far as try" if swallowed else "",
        )
    parsed_retry = _retry(parser, retry, f"the retry of step {name!r}") if retry is not None else None
    parsed_handler = _handler(parser, handler, f"the except of step {name!r}") if handler is not None else None
    return TryStep(**common, body=body, retry=parsed_retry, handler=parsed_handler) if body is not None else None


def _loop(parser: StepParser, node: Node, where: str) -> Loop | None:
    if not isinstance(node, Mapping):
        parser.wrong_kind("bad-for", f"{where} must be a map", node, expected=listed(_LOOP_KEYS))
        return None
    parser.refuse_unknown_keys(node, _LOOP_KEYS, where)
    value = parser.variable(node, "value", where, required=True)
    index = parser.variable(node, "index", where, required=False)
    parser.exactly_one(node, ("in", "range"), where)
    bounds = node.get("range")
    if isinstance(bounds, Sequence) and len(bounds) != 2:
        message, found = f"a range has two ends in {where}", f"{len(bounds)} items"
        parser.problems.add("bad-range", message, bounds.position, found=found, expected="[first, last]")
    steps = parser.required(node, "steps", where)
    if value is None or steps is None:
        return None
    return Loop(
        value=value,
        index=index,
        items=parser.optional_value(node.get("in")),
        range=parser.optional_value(bounds),
        steps=parser.parse_block(steps),
        node=node,
    )


def _branches(parser: StepParser, node: Node, where: str) -> tuple[Branch, ...]:
    if not isinstance(node, Sequence) or not node.items:
        message = f"branches in {where} must be a list"
        parser.wrong_kind("bad-branches", message, node, expected="- branch_name: with steps: below it")
        return ()
    parser.limit(len(node), limits.BRANCHES_PER_PARALLEL_STEP, "branches", where, node.position)
    branches: dict[str, Branch] = {}
    for item in node.items:
        entry = parser.single_entry(item, "branch")
        if entry is None:
            continue
        name = entry.key.text
        if name in branches:
            message = f"two branches of {where} are called {name!r}"
            parser.problems.add("duplicate-branch", message, entry.key.position, fix="rename one of them")
        step = parser.parse_step(name, None, entry.value)
        steps = step.steps if isinstance(step, StepsStep) else (step,) if step is not None else ()
        branches[name] = Branch(name, steps, entry.value, entry.key)
    return tuple(branches.values())


def _shared(parser: StepParser, node: Node | None, where: str) -> tuple[Scalar, ...]:
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else ()
    names = tuple(item for item in items if isinstance(item, Scalar) and is_identifier(item.text))
    if not isinstance(node, Sequence) or len(names) < len(items):
        message = f"shared in {where} must be a list of variable names"
        parser.wrong_kind("bad-shared", message, node, expected="[name, other_name]")
    return names


def _exception_policy(parser: StepParser, node: Node | None, where: str) -> Scalar | None:
    if node is None or (isinstance(node, Scalar) and node.value == CONTINUE_ALL):
        return node
    message = f"unknown exception_policy in {where}"
    parser.wrong_kind("bad-exception-policy", message, node, expected=f"{CONTINUE_ALL}, the only policy there is")
    return None


def _retry(parser: StepParser, node: Node, where: str) -> Retry | None:
    if isinstance(node, Scalar):
        return Retry(parser.value(node), None, None, None, node)
    if not isinstance(node, Mapping):
        expected = f"${{http.default_retry}}, or {listed(_RETRY_KEYS)}"
        parser.wrong_kind("bad-retry", f"{where} must be a map or an expression", node, expected=expected)
        return None
    parser.refuse_unknown_keys(node, _RETRY_KEYS, where)
    return Retry(
        policy=None,
        predicate=parser.optional_value(node.get("predicate")),
        max_retries=parser.optional_value(node.get("max_retries")),
        backoff=_backoff(parser, node.get("backoff"), where),
        node=node,
    )


def _backoff(parser: StepParser, node: Node | None, where: str) -> Backoff | Value | None:
    if not isinstance(node, Mapping):
        return parser.optional_value(node)
    parser.refuse_unknown_keys(node, _BACKOFF_KEYS, f"the backoff in {where}")
    initial_delay, max_delay, multiplier = (parser.optional_value(node.get(key)) for key in _BACKOFF_KEYS)
    return Backoff(initial_delay, max_delay, multiplier, node)


def _handler(parser: StepParser, node: Node, where: str) -> Handler | None:
    if not isinstance(node, Mapping):
        parser.wrong_kind("bad-except", f"{where} must be a map", node, expected="as: and steps:")
        return None
    parser.refuse_unknown_keys(node, _HANDLER_KEYS, where)
    variable = parser.variable(node, "as", where, required=True)
    steps = parser.required(node, "steps", where)
    return Handler(variable, parser.parse_block(steps), node) if steps is not None else None
