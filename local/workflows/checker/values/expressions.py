"""Rules for values and expressions where they stand: kinds, text around `${}`, and how `not` binds."""

from __future__ import annotations

from local.workflows.checker.values.evaluation import Evaluator, Reporter
from local.workflows.checker.values.parts import Part, Role, parts_of
from local.workflows.checker.values.shapes import Shape
from local.workflows.checker.values.wording import described
from local.workflows.language.expressions import Binary, ExpressionTree, Unary, walk
from local.workflows.language.syntax import (
    MAIN,
    Computed,
    Expression,
    ListValue,
    MapValue,
    Step,
    Target,
    Text,
    Value,
    expressions_in,
    targets_of,
)

_BOUND_TIGHTER = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in"})


def check_values(step: Step, routine: str, evaluator: Evaluator, report: Reporter) -> None:
    """Report what is wrong with the values of `step`. `evaluator` reports what it meets on the way."""
    for part in parts_of(step):
        shape = evaluator.shape(part.value)
        _check_role(part, shape, step, routine, report)
        _check_text(part.value, report)
        for expression in expressions_in(part.value):
            _check_negation(expression, report)
    for target in targets_of(step):
        for key in target.path:
            evaluator.tree(key, target.expression)
        _check_container(target, evaluator, report)


def _check_container(target: Target, evaluator: Evaluator, report: Reporter) -> None:
    """An element can only be assigned in a list or a map."""
    shape = evaluator.whole(target.variable)
    if target.path and not shape.may_be({"list", "map", "null"}):
        report(
            "type-mismatch",
            f"{target.variable!r} has no elements to assign",
            target.position,
            found=described(shape),
            expected="a list or a map",
            fix=f"assign {target.variable}: {{}} first",
        )


def _check_role(part: Part, shape: Shape, step: Step, routine: str, report: Reporter) -> None:
    at = part.value.position
    match part.role:
        case Role.CONDITION if not shape.may_be({"boolean"}):
            is_text = not isinstance(part.value, Computed)
            report(
                "condition-not-boolean",
                f"a condition of step {step.name!r} is never true or false",
                at,
                found=described(shape),
                expected="an expression that gives a boolean, or true",
                fix="wrap it in ${}" if is_text else "compare it with something",
            )
        case Role.ITEMS if not shape.may_be({"list"}):
            report(
                "type-mismatch",
                f"the loop of step {step.name!r} needs a list",
                at,
                found=described(shape),
                expected="a list, such as ${keys(map)}",
            )
        case Role.RANGE if not _is_range(shape):
            report(
                "bad-range",
                f"the range of step {step.name!r} needs two numbers",
                at,
                found=described(shape.element or shape),
                expected="[first, last]",
            )
        case Role.CONCURRENCY_LIMIT:
            _check_limit(part.value, shape, report)
        case Role.RETURNED if routine == MAIN and shape.kinds and shape.kinds <= {"bytes", "function"}:
            bytes_only = shape.kinds == {"bytes"}
            report(
                "not-json",
                f"a workflow cannot return {described(shape)}",
                at,
                found=described(shape),
                expected="a value that JSON can hold",
                fix="return it as text: base64.encode(bytes) or text.decode(bytes)" if bytes_only else "call it",
            )
        case _:
            return


def _is_range(shape: Shape) -> bool:
    element = shape.element
    return shape.may_be({"list"}) and (element is None or element.may_be({"integer", "double"}))


def _check_limit(value: Value, shape: Shape, report: Reporter) -> None:
    wrong = [known.value for known in shape.constants if not _is_positive_integer(known.value)]
    if wrong or not shape.may_be({"integer"}):
        report(
            "out-of-range",
            "concurrency_limit must be a positive integer",
            value.position,
            found=repr(wrong[0]) if wrong else described(shape),
            expected="an integer of at least 1",
        )


def _is_positive_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _check_text(value: Value, report: Reporter) -> None:
    match value:
        case Text(parts=parts, node=node):
            report(
                "text-around-expression",
                "text stands around an expression",
                value.position,
                found=repr(node.text),
                expected="one expression from '${' to '}'",
                fix=f"write it as one expression: {_as_one_expression(parts)}",
            )
        case ListValue(items=items):
            for item in items:
                _check_text(item, report)
        case MapValue(entries=entries):
            for key, entry in entries:
                _check_text(key, report)
                _check_text(entry, report)
        case _:
            return


def _as_one_expression(parts: tuple[str | Expression, ...]) -> str:
    pieces = [_quoted(part) if isinstance(part, str) else part.text.strip() for part in parts]
    return "${" + " + ".join(pieces) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _check_negation(expression: Expression, report: Reporter) -> None:
    for tree in walk(expression.tree):
        if not isinstance(tree, Binary) or tree.operator not in _BOUND_TIGHTER:
            continue
        negated = tree.left
        if isinstance(negated, Unary) and negated.operator == "not" and not _is_bracketed(negated, expression.text):
            written = expression.text[tree.span.start : tree.span.end]
            operand = expression.text[negated.operand.span.start : tree.span.end].strip()
            report(
                "not-binds-tighter",
                f"'not' belongs to the left side only, not to the whole '{tree.operator}'",
                expression.position_of(negated.span),
                found=written,
                expected="brackets that say what is meant",
                fix=f"write not ({operand})",
            )


def _is_bracketed(tree: ExpressionTree, text: str) -> bool:
    """Whether brackets stand right around `tree`, which is then meant as it is read."""
    before, after = text[: tree.span.start].rstrip(), text[tree.span.end :].lstrip()
    return before.endswith("(") and after.startswith(")")
