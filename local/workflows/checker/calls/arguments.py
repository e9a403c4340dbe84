"""Whether calls fit the signatures of what they call: names, numbers and kinds of arguments."""

from __future__ import annotations

from local.workflows.checker.calls.functions import Functions, kinds_of
from local.workflows.checker.calls.rules import apply_rule, rules_of
from local.workflows.checker.values.evaluation import Evaluator, Reporter
from local.workflows.checker.values.shapes import Shape
from local.workflows.checker.values.wording import described
from local.workflows.connectors.table import PREFIXES
from local.workflows.language.expressions import Call
from local.workflows.language.nodes import Position
from local.workflows.language.syntax import CallStep, Constant, Expression, MapValue, Value
from local.workflows.problems import did_you_mean, listed
from local.workflows.standard_library import Signature


class ArgumentChecker:
    """Checks calls in steps and in expressions."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def check_step(self, step: CallStep, evaluator: Evaluator, report: Reporter) -> None:
        """Check a call step: the function exists, and its named arguments fit."""
        position = step.function_node.position
        if not self._functions.exists(step.function):
            self._report_unknown(step.function, position, report)
            return
        arguments = None if _is_nothing(step.arguments) else step.arguments
        if arguments is not None and not self._is_map(arguments, evaluator, report):
            return
        signature = self._functions.find(step.function)
        if signature is None:  # a connector this machine has no description of: only what all connectors share
            if isinstance(arguments, MapValue):
                self._check_values(step.function, None, arguments, evaluator, report)
            return
        if arguments is None:
            self._check_missing(signature, (), position, report)
        elif isinstance(arguments, MapValue):
            self._check_names(signature, arguments, report)
            if all(isinstance(key, Constant) for key, _ in arguments.entries):
                self._check_missing(signature, arguments.keys(), position, report)
            self._check_values(step.function, signature, arguments, evaluator, report)

    def check_expression(self, call: Call, arguments: list[Shape], expression: Expression, report: Reporter) -> None:
        """Check a call inside `${}`: the function exists, does not block, and its positional arguments fit."""
        position = expression.position_of(call.span)
        if not self._functions.exists(call.function):
            self._report_unknown(call.function, position, report)
            return
        if not self._functions.may_stand_in_expression(call.function):
            report(
                "blocking-call",
                f"{call.function} waits and cannot be called inside an expression",
                position,
                found=expression.text[call.span.start : call.span.end],
                expected="functions that give their value at once",
                fix=f"call it in a step of its own: 'call: {call.function}' with 'result:'",
            )
            return
        signature = self._functions.find(call.function)
        if signature is None:
            return
        least, most = len(signature.required), len(signature.parameters)
        if not least <= len(arguments) <= most:
            report(
                "argument-count",
                f"{call.function} was given {_counted(len(arguments), 'argument')}",
                position,
                found=expression.text[call.span.start : call.span.end],
                expected=f"{signature.form()}: {_range(least, most)}",
            )
            return
        for parameter, shape, tree in zip(signature.parameters, arguments, call.arguments, strict=False):
            at = expression.position_of(tree.span)
            self._check_value(call.function, signature, parameter.name, shape, at, report)

    def _is_map(self, arguments: Value, evaluator: Evaluator, report: Reporter) -> bool:
        shape = evaluator.shape(arguments)
        if shape.may_be({"map"}):
            return True
        report(
            "bad-args",
            "args must be a map of argument names to values",
            arguments.position,
            found=described(shape),
            expected="name: value, one per line",
        )
        return False

    def _check_names(self, signature: Signature, arguments: MapValue, report: Reporter) -> None:
        for key, _ in arguments.entries:
            if isinstance(key, Constant) and key.node.text not in signature.names:
                report(
                    "unknown-argument",
                    f"{signature.name} has no argument {key.node.text!r}",
                    key.position,
                    found=repr(key.node.text),
                    expected=listed(signature.names) if signature.names else "no arguments",
                    fix=did_you_mean(key.node.text, signature.names),
                )

    def _check_missing(
        self, signature: Signature, given: list[str] | tuple[str, ...], position: Position, report: Reporter
    ) -> None:
        for name in signature.required:
            if name not in given:
                report(
                    "missing-argument",
                    f"{signature.name} is called without {name!r}",
                    position,
                    found=", ".join(given) or "no arguments",
                    expected=signature.form(),
                    fix=f"add '{name}:' to args",
                )

    def _check_values(
        self, function: str, signature: Signature | None, arguments: MapValue, evaluator: Evaluator, report: Reporter
    ) -> None:
        for key, value in arguments.entries:
            if isinstance(key, Constant):
                shape = evaluator.shape(value)
                self._check_value(function, signature, key.node.text, shape, value.position, report)

    def _check_value(
        self, function: str, signature: Signature | None, name: str, shape: Shape, at: Position, report: Reporter
    ) -> None:
        parameter = signature.parameter(name) if signature is not None else None
        if parameter is not None and parameter.types:
            kinds = kinds_of(parameter)
            if not shape.may_be(kinds):
                report(
                    "argument-type",
                    f"{name!r} of {function} must be {parameter.expected()}, not {described(shape)}",
                    at,
                    found=described(shape),
                    expected=parameter.expected(),
                    fix=_conversion(shape, kinds),
                )
                return
        rule = rules_of(function).get(name)
        if rule is not None:
            apply_rule(rule, shape, f"{name!r} of {function}", at, report)

    def _report_unknown(self, name: str, position: Position, report: Reporter) -> None:
        is_connector = name.startswith(PREFIXES)
        report(
            "unknown-function",
            f"there is no {'connector' if is_connector else 'function or subworkflow'} {name!r}",
            position,
            found=repr(name),
            expected="a documented connector" if is_connector else "a library function, a connector or a subworkflow",
            fix=self._functions.suggestion(name),
        )


def _is_nothing(arguments: Value | None) -> bool:
    """`args:` with nothing behind it."""
    return isinstance(arguments, Constant) and arguments.value is None


def _conversion(shape: Shape, kinds: frozenset[str]) -> str:
    if "string" in kinds and not shape.kinds.isdisjoint({"integer", "double", "boolean"}):
        return "turn it into text with string()"
    if shape.kinds == {"string"} and not kinds.isdisjoint({"integer", "double"}):
        return "remove the quotes, or turn it into a number with int() or double()"
    return ""


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _range(least: int, most: int) -> str:
    return _counted(least, "argument") if least == most else f"{least} to {most} arguments"
