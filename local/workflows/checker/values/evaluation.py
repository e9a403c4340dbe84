"""The shape of an expression or value, and on request what is wrong with the kinds in it.

One walk does both: `Evaluator.shape` follows kinds, constants and keys; when it is given a reporter, every operation
that cannot work with what is known of its operands is told to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from local.workflows.checker.calls.functions import Functions, constant_shape
from local.workflows.checker.flow.scopes import Scope, Variable
from local.workflows.checker.values import shapes
from local.workflows.checker.values.errors import ErrorWords
from local.workflows.checker.values.operators import can_be_equal, negated_kinds, operands_of, result_kinds
from local.workflows.checker.values.shapes import NOTHING, TAGS, UNKNOWN, Shape, join, of_kinds, without_null
from local.workflows.checker.values.wording import conversion, described
from local.workflows.errors import WorkflowError
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
)
from local.workflows.language.nodes import Position, ScalarValue
from local.workflows.language.syntax import Computed, Constant, Expression, ListValue, MapValue, Text, Value
from local.workflows.operators import BINARY
from local.workflows.problems import did_you_mean, listed
from local.workflows.standard_library import FUNCTIONS

BOOLEAN = frozenset({"boolean"})


class Reporter(Protocol):
    """Is told what cannot work."""

    def __call__(
        self, code: str, message: str, at: Position, *, found: str = "", expected: str = "", fix: str = ""
    ) -> None: ...


class Surroundings(Protocol):
    """What the evaluator asks about the rest of the source."""

    functions: Functions
    error_words: ErrorWords

    def variable_shape(self, variable: Variable) -> Shape: ...

    def whole_shape(self, variable: Variable) -> Shape: ...

    def returned_shape(self, routine: str) -> Shape: ...


CallCheck = Callable[[Call, list[Shape], Expression, Reporter], None]


class Evaluator:
    """Evaluates in one scope. `check_call` looks at every call of an expression when there is a reporter."""

    def __init__(
        self,
        surroundings: Surroundings,
        scope: Scope,
        report: Reporter | None = None,
        check_call: CallCheck | None = None,
    ) -> None:
        self._surroundings = surroundings
        self._scope = scope
        self._report = report
        self._check_call = check_call

    def shape(self, value: Value | None) -> Shape:
        """The shape of a value as it stands in the source; nothing is null."""
        match value:
            case None:
                return of_kinds("null")
            case Constant(value=constant, node=node):
                return shapes.of_constant(constant, node.position)
            case Computed(expression=expression):
                return self.tree(expression.tree, expression)
            case Text(parts=parts):
                for part in parts:
                    if isinstance(part, Expression):
                        self.tree(part.tree, part)
                return of_kinds("string")
            case ListValue(items=items):
                return shapes.of_list(join([self.shape(item) for item in items]))
            case MapValue(entries=entries):
                return self._map_shape(entries)

    def _map_shape(self, entries: tuple[tuple[Constant | Computed | Text, Value], ...]) -> Shape:
        fields: dict[str, Shape] | None = {}
        for key, value in entries:
            shape = self.shape(value)
            if not isinstance(key, Constant):
                self.shape(key)
                fields = None
            elif fields is not None:
                fields[key.node.text] = shape
        return shapes.of_map(fields)

    def tree(  # noqa: C901, PLR0911  # one arm per kind of expression
        self, tree: ExpressionTree, expression: Expression
    ) -> Shape:
        """The shape of a part of `expression`."""
        match tree:
            case Literal(value=value):
                return shapes.of_constant(value, expression.position_of(tree.span))
            case Name(identifier=name):
                return self._name(name)
            case ListLiteral(items=items):
                return shapes.of_list(join([self.tree(item, expression) for item in items]))
            case MapLiteral(entries=entries):
                return self._map_literal(entries, expression)
            case Unary():
                return self._unary(tree, expression)
            case Binary():
                return self._binary(tree, expression)
            case Attribute(base=base, key=key):
                dotted = dotted_name(tree)
                if dotted is not None and not self._scope.visible(dotted.split(".")[0]):
                    return constant_shape(dotted) or UNKNOWN
                return self._element(self.tree(base, expression), key, tree, expression)
            case Index(base=base, key=key):
                return self._index(self.tree(base, expression), self.tree(key, expression), tree, expression)
            case Call():
                return self._call(tree, expression)

    def whole(self, name: str) -> Shape:
        """The shape of a variable as whole assignments make it, whatever is done to its elements."""
        return join(self._surroundings.whole_shape(variable) for variable in self._scope.visible(name))

    def _name(self, name: str) -> Shape:
        visible = self._scope.visible(name)
        if visible:
            return join(self._surroundings.variable_shape(variable) for variable in visible)
        return of_kinds("function") if self._surroundings.functions.is_subworkflow(name) else UNKNOWN

    def _map_literal(self, entries: tuple[tuple[ExpressionTree, ExpressionTree], ...], expression: Expression) -> Shape:
        fields: dict[str, Shape] | None = {}
        for key, value in entries:
            key_shape, shape = self.tree(key, expression), self.tree(value, expression)
            if isinstance(key, Literal) and isinstance(key.value, str) and fields is not None:
                fields[key.value] = shape
            else:
                fields = None
                self._need(key_shape, {"string", "integer", "double", "boolean"}, "a key", "a string", key, expression)
        return shapes.of_map(fields)

    def _unary(self, tree: Unary, expression: Expression) -> Shape:
        operand = self.tree(tree.operand, expression)
        if tree.operator == "not":
            self._need(operand, BOOLEAN, "the operand of 'not'", "a boolean", tree.operand, expression)
            return of_kinds("boolean")
        kinds = negated_kinds(operand.kinds)
        if not kinds and operand.kinds:
            self._need(operand, kinds, "the operand of '-'", "a number", tree.operand, expression)
            return UNKNOWN
        return Shape(kinds)

    def _binary(self, tree: Binary, expression: Expression) -> Shape:
        left = self.tree(tree.left, expression)
        if tree.operator in {"and", "or"}:
            return self._connected(tree, left, expression)
        right = self.tree(tree.right, expression)
        if tree.operator in {"==", "!="}:
            self._check_equality(tree, left, right, expression)
            return of_kinds("boolean")
        if right.role == "tags" and isinstance(tree.left, Literal) and isinstance(tree.left.value, str):
            self._check_error_word(tree.left.value, "tag", tree.left, expression)
        if not left.kinds or not right.kinds:
            return NOTHING
        kinds = result_kinds(tree.operator, left.kinds, right.kinds)
        if not kinds:
            self._tell(
                "type-mismatch",
                f"'{tree.operator}' does not work on {described(left)} and {described(right)}",
                tree,
                expression,
                found=expression.text[tree.span.start : tree.span.end],
                expected=operands_of(tree.operator),
                fix=conversion(tree.operator, left, right),
            )
            return UNKNOWN
        return self._folded(tree, left, right, expression) or Shape(kinds)

    def _connected(self, tree: Binary, left: Shape, expression: Expression) -> Shape:
        """`and` and `or`, which leave out the right side where the left one decides."""
        self._need(left, BOOLEAN, f"an operand of '{tree.operator}'", "a boolean", tree.left, expression)
        if _only_constants([left]) != [tree.operator == "or"]:
            right = self.tree(tree.right, expression)
            self._need(right, BOOLEAN, f"an operand of '{tree.operator}'", "a boolean", tree.right, expression)
        return of_kinds("boolean")

    def _check_equality(self, tree: Binary, left: Shape, right: Shape, expression: Expression) -> None:
        if isinstance(tree.left, Unary):
            return  # most probably `not a == b`, which another rule explains
        if left.kinds and right.kinds and not can_be_equal(left.kinds, right.kinds):
            outcome = "false" if tree.operator == "==" else "true"
            self._tell(
                "never-equal",
                f"this is always {outcome}: {described(left)} is compared with {described(right)}",
                tree,
                expression,
                found=expression.text[tree.span.start : tree.span.end],
                expected="two values of one kind",
                fix=conversion(tree.operator, left, right),
            )

    def _folded(self, tree: Binary, left: Shape, right: Shape, expression: Expression) -> Shape | None:
        """The constant two constants make."""
        constants = _only_constants([left, right])
        if constants is None:
            return None
        return self._computed(lambda: BINARY[tree.operator](*constants), tree, expression)

    def _computed(self, compute: Callable[[], Any], tree: ExpressionTree, expression: Expression) -> Shape | None:
        """The shape of what constants come to, which says so when that is an error."""
        try:
            value = compute()
        except WorkflowError as error:
            message = error.payload.get("message") if isinstance(error.payload, dict) else error.payload
            self._tell(
                "always-fails",
                f"this fails every time: {message}",
                tree,
                expression,
                found=expression.text[tree.span.start : tree.span.end],
                expected="values it works with",
            )
            return UNKNOWN
        if value is None or isinstance(value, str | int | float):
            return shapes.of_constant(value, expression.position_of(tree.span))
        return None

    def _index(self, base: Shape, key: Shape, tree: Index, expression: Expression) -> Shape:
        only = next(iter(key.constants)).value if key.exact and len(key.constants) == 1 else None
        if isinstance(only, str):
            return self._element(base, only, tree, expression)
        if base.kinds == {"list"} and not key.may_be({"integer"}):
            self._tell(
                "type-mismatch",
                f"a list index must be an integer, not {described(key)}",
                tree,
                expression,
                found=expression.text[tree.span.start : tree.span.end],
                expected="an integer",
            )
        self._need(base, {"map", "list"}, "what stands before '['", "a list or a map", tree.base, expression)
        return base.element if base.element is not None and base.fields is None else UNKNOWN

    def _element(self, base: Shape, key: str, tree: Attribute | Index, expression: Expression) -> Shape:
        if not base.may_be({"map"}):
            self._need(base, {"map"}, f"what {key!r} is taken of", "a map", tree.base, expression)
            return UNKNOWN
        if base.role == "error":
            return self._error_element(key, tree, expression)
        if base.fields is None:
            return UNKNOWN
        if key in base.fields:
            return base.fields[key]
        self._tell(
            "unknown-map-key",
            f"the map has no key {key!r}",
            tree,
            expression,
            found=expression.text[tree.span.start : tree.span.end],
            expected=listed(base.fields) if base.fields else "a key that was set before",
            fix=did_you_mean(key, base.fields),
        )
        return UNKNOWN

    def _error_element(self, key: str, tree: ExpressionTree, expression: Expression) -> Shape:
        self._check_error_word(key, "key", tree, expression)
        return TAGS if key == "tags" else UNKNOWN

    def _error_entry(self, key: Shape, tree: Call, expression: Expression) -> Shape:
        """What `map.get` finds in an error: an element, or one inside of another."""
        path = tree.arguments[1]
        first = path.items[0] if isinstance(path, ListLiteral) and path.items else path
        if not isinstance(first, Literal) or not isinstance(first.value, str):
            return UNKNOWN
        found = self._error_element(first.value, first, expression)
        return join([found, of_kinds("null")]) if key.kinds == {"string"} else UNKNOWN

    def _check_error_word(self, word: str, what: str, tree: ExpressionTree, expression: Expression) -> None:
        words = self._surroundings.error_words
        known = words.keys if what == "key" else words.tags
        meant = did_you_mean(word, known) if word not in known else ""
        if meant:
            self._tell(
                f"unknown-error-{what}",
                f"no error has the {what} {word!r}",
                tree,
                expression,
                found=repr(word),
                expected=listed(sorted(known)),
                fix=meant,
            )

    def _call(self, tree: Call, expression: Expression) -> Shape:  # noqa: PLR0911  # one arm per function
        arguments = [self.tree(argument, expression) for argument in tree.arguments]
        if self._report is not None and self._check_call is not None:
            self._check_call(tree, arguments, expression, self._report)
        functions = self._surroundings.functions
        if functions.is_subworkflow(tree.function):
            return self._surroundings.returned_shape(tree.function)
        match tree.function, arguments:
            case "default", [value, replacement]:
                return join([without_null(value), replacement])
            case "if", [_, if_true, if_false]:
                return join([if_true, if_false])
            case "sys.get_env", [_, replacement]:
                return join([of_kinds("string"), replacement])
            case "map.get", [Shape(role="error"), key]:
                return self._error_entry(key, tree, expression)
            case "map.get", [mapping, key]:
                return _looked_up(mapping, key)
            case _:
                return self._computed_call(tree, arguments, expression) or functions.returned(tree.function)

    def _computed_call(self, tree: Call, arguments: list[Shape], expression: Expression) -> Shape | None:
        """What a library function that only computes gives for constants."""
        function = FUNCTIONS.get(tree.function)
        constants = _only_constants(arguments)
        if function is None or not constants or function.takes_caller or function.signature.blocking:
            return None
        if not self._surroundings.functions.fits(tree.function, arguments):
            return None  # reported as such
        return self._computed(lambda: function.implementation(*constants), tree, expression)

    def _need(
        self,
        shape: Shape,
        kinds: frozenset[str] | set[str],
        what: str,
        expected: str,
        tree: ExpressionTree,
        expression: Expression,
    ) -> None:
        if shape.may_be(kinds):
            return
        self._tell(
            "type-mismatch",
            f"{what} must be {expected}, not {described(shape)}",
            tree,
            expression,
            found=expression.text[tree.span.start : tree.span.end],
            expected=expected,
        )

    def _tell(
        self,
        code: str,
        message: str,
        tree: ExpressionTree,
        expression: Expression,
        *,
        found: str,
        expected: str,
        fix: str = "",
    ) -> None:
        if self._report is not None:
            at = expression.position_of(tree.span)
            self._report(code, message, at, found=found, expected=expected, fix=fix)


def _only_constants(arguments: list[Shape]) -> list[ScalarValue] | None:
    """The values of shapes each of which is one constant."""
    if not all(shape.exact and len(shape.constants) == 1 for shape in arguments):
        return None
    return [next(iter(shape.constants)).value for shape in arguments]


def _looked_up(mapping: Shape, key: Shape) -> Shape:
    only = next(iter(key.constants)).value if key.exact and len(key.constants) == 1 else None
    if mapping.fields is None or not isinstance(only, str):
        return UNKNOWN
    return join([mapping.fields.get(only, of_kinds("null")), of_kinds("null")])
