"""What may stand on the right of a key: constants, expressions, text around expressions, and lists and maps."""

from dataclasses import dataclass

from local.workflows.language.expressions import ExpressionTree, Span
from local.workflows.language.nodes import Mapping, Position, Scalar, ScalarValue, Sequence


@dataclass(frozen=True, slots=True)
class Expression:
    """The text of one `${...}` and its tree."""

    text: str
    tree: ExpressionTree
    node: Scalar
    offset: int
    """Where in `node.text` the expression's text begins."""

    def position_of(self, span: Span) -> Position:
        return self.node.position_of(self.offset + span.start)

    @property
    def position(self) -> Position:
        return self.node.position_of(self.offset)


@dataclass(frozen=True, slots=True)
class Constant:
    """A scalar without any `${}`."""

    value: ScalarValue
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Computed:
    """A scalar that is one whole `${...}`."""

    expression: Expression
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text around one or more `${...}`."""

    parts: tuple[str | Expression, ...]
    node: Scalar

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class ListValue:
    items: tuple["Value", ...]
    node: Sequence

    @property
    def position(self) -> Position:
        return self.node.position


@dataclass(frozen=True, slots=True)
class MapValue:
    entries: tuple[tuple["Constant | Computed | Text", "Value"], ...]
    """Keys are text; a key may be computed."""
    node: Mapping

    @property
    def position(self) -> Position:
        return self.node.position

    def get(self, key: str) -> "Value | None":
        """The value under a constant key."""
        return next(
            (value for name, value in self.entries if isinstance(name, Constant) and name.node.text == key), None
        )

    def keys(self) -> list[str]:
        """All constant keys."""
        return [key.node.text for key, _ in self.entries if isinstance(key, Constant)]


Value = Constant | Computed | Text | ListValue | MapValue
