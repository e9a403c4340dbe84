"""Compiles expressions and values into closures.

A closure takes the strand it is evaluated for and gives the value; it reads variables where they are and copies none.
What can be decided from the source, such as which function a name calls, is decided here once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from local.workflows.engine.scopes import Scope
from local.workflows.engine.strand import Strand
from local.workflows.errors import system_error
from local.workflows.language.expressions import (
    Attribute,
    Binary,
    Call,
    ExpressionTree,
    Index,
    ListLiteral,
    Literal,
    MapLiteral,
    Name,
    Unary,
    dotted_name,
    walk,
)
from local.workflows.language.syntax import (
    Computed,
    Constant,
    Expression,
    ListValue,
    MapValue,
    Text,
    expressions_in,
)
from local.workflows.language.syntax import (
    Value as SyntaxValue,
)
from local.workflows.operators import BINARY, element, key_text, negate, truth
from local.workflows.standard_library import CONSTANTS, FUNCTIONS
from local.workflows.values import Value, integer_or_double, to_text, type_name

if TYPE_CHECKING:
    from local.workflows.engine.routines import Routine

Evaluate = Callable[[Strand], Value]


class Compiler:
    """Compiles for one source; `routines` are the names it may call besides the library's."""

    def __init__(self, routines: Mapping[str, Routine]) -> None:
        self._routines = routines

    def value(self, value: SyntaxValue) -> Evaluate:
        """A closure for a value of the source. It gives fresh lists and maps every time."""
        match value:
            case Constant(value=constant):
                return lambda _strand: constant
            case Computed(expression=expression):
                return self.expression(expression.tree)
            case Text(parts=parts):
                return self._text(parts)
            case ListValue(items=items):
                evaluations = [self.value(item) for item in items]
                return lambda strand: [evaluate(strand) for evaluate in evaluations]
            case MapValue(entries=entries):
                pairs = [(self._key(key), self.value(item)) for key, item in entries]
                return lambda strand: {key(strand): evaluate(strand) for key, evaluate in pairs}

    def optional_value(self, value: SyntaxValue | None) -> Evaluate | None:
        return self.value(value) if value is not None else None

    def calls_routine(self, value: SyntaxValue) -> bool:
        """Whether evaluating `value` may run steps of a subworkflow."""
        return any(self._runs_steps(expression.tree) for expression in expressions_in(value))

    def expression(self, tree: ExpressionTree) -> Evaluate:  # noqa: PLR0911  # one case per kind of expression
        match tree:
            case Literal(value=literal):
                constant = integer_or_double(literal) if type(literal) is int else literal
                return lambda _strand: constant
            case Name(identifier=identifier):
                return self._name(identifier)
            case ListLiteral(items=items):
                evaluations = [self.expression(item) for item in items]
                return lambda strand: [evaluate(strand) for evaluate in evaluations]
            case MapLiteral(entries=entries):
                pairs = [(self.expression(key), self.expression(item)) for key, item in entries]
                return lambda strand: {key_text(key(strand)): evaluate(strand) for key, evaluate in pairs}
            case Unary(operator=operator, operand=operand):
                return self._unary(operator, self.expression(operand))
            case Binary(operator=operator, left=left, right=right):
                return self._binary(operator, self.expression(left), self.expression(right))
            case Attribute(base=base, key=key):
                return self._attribute(tree, self.expression(base), key)
            case Index(base=base, key=index):
                container, position = self.expression(base), self.expression(index)
                return lambda strand: element(container(strand), position(strand))
            case Call(function=function, arguments=arguments):
                return self._call(function, [self.expression(argument) for argument in arguments])

    def _runs_steps(self, tree: ExpressionTree) -> bool:
        return any(isinstance(part, Call) and part.function in self._routines for part in walk(tree))

    def _name(self, identifier: str) -> Evaluate:
        routine = self._routines.get(identifier)

        def read(strand: Strand) -> Value:
            scope: Scope | None = strand.scope
            while scope is not None:
                values = scope.values
                if identifier in values:
                    return values[identifier]
                scope = scope.parent
            if routine is not None:
                return routine
            raise system_error("KeyError", f"symbol '{identifier}' is neither a variable nor a sub-workflow name")

        return read

    def _attribute(self, tree: Attribute, base: Evaluate, key: str) -> Evaluate:
        name = dotted_name(tree)
        if name not in CONSTANTS:
            return lambda strand: element(base(strand), key)
        constant = CONSTANTS[name]
        root = name.partition(".")[0]

        def read(strand: Strand) -> Value:
            return constant if strand.scope.find(root) is None else element(base(strand), key)

        return read

    def _unary(self, operator: str, operand: Evaluate) -> Evaluate:
        if operator == "not":
            return lambda strand: not truth(operand(strand), "the operand of 'not'")
        return lambda strand: negate(operand(strand))

    def _binary(self, operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
        if operator == "and":
            of = "each operand of 'and'"
            return lambda strand: truth(left(strand), of) and truth(right(strand), of)
        if operator == "or":
            of = "each operand of 'or'"
            return lambda strand: truth(left(strand), of) or truth(right(strand), of)
        operation = BINARY[operator]
        return lambda strand: operation(left(strand), right(strand))

    def _call(self, function: str, arguments: list[Evaluate]) -> Evaluate:
        routine = self._routines.get(function)
        if routine is not None:
            return lambda strand: routine.call(strand, [argument(strand) for argument in arguments])
        library_function = FUNCTIONS.get(function)
        if library_function is None:
            return lambda _strand: _not_here(function)
        return lambda strand: library_function.call(strand, [argument(strand) for argument in arguments])

    def _key(self, key: Constant | Computed | Text) -> Evaluate:
        if isinstance(key, Constant):
            name = key.node.text
            return lambda _strand: name
        evaluate = self.value(key)
        return lambda strand: key_text(evaluate(strand))

    def _text(self, parts: tuple[str | Expression, ...]) -> Evaluate:
        """Literal text around expressions: each expression's value as text."""
        evaluations = [self._part(part) for part in parts]
        return lambda strand: "".join(evaluate(strand) for evaluate in evaluations)

    def _part(self, part: str | Expression) -> Evaluate:
        if isinstance(part, str):
            return lambda _strand: part
        evaluate = self.expression(part.tree)

        def text(strand: Strand) -> str:
            value = evaluate(strand)
            if isinstance(value, str | int | float):
                return to_text(value)
            raise system_error("TypeError", f"'{type_name(value)}' cannot stand inside of a text")

        return text


def _not_here(function: str) -> Value:
    """A helper of the connectors that may stand in an expression: the real service has it, this machine has not."""
    raise system_error("SystemError", f"this machine has no connector {function}")
