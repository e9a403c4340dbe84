"""The nodes of a loaded YAML or JSON document: plain values that remember where in the source they stand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

ScalarValue = str | int | float | bool | None


class Position(NamedTuple):
    """A place in a source; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value with the type the YAML 1.2 core schema gives it."""

    value: ScalarValue
    text: str
    """The characters of the value after YAML's own quoting and folding."""
    position: Position
    raw: str = field(default="", repr=False)
    """The characters of the value as they stand in the source, quotes and indentation included."""

    def position_of(self, offset: int) -> Position:
        """Where in the source character `offset` of `text` stands, through quotes, escapes and folded lines."""
        index = _raw_index(self.raw, self.text, offset)
        before = self.raw[:index]
        lines_down = before.count("\n")
        if lines_down == 0:
            return Position(self.position.line, self.position.column + index)
        return Position(self.position.line + lines_down, index - before.rfind("\n"))


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple["Node", ...]
    position: Position

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[Entry, ...]
    position: Position

    def get(self, key: str) -> "Node | None":
        entry = self.entry(key)
        return entry.value if entry else None

    def entry(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def keys(self) -> list[str]:
        return [entry.key.text for entry in self.entries]

    def __contains__(self, key: str) -> bool:
        return self.entry(key) is not None

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Node = Scalar | Sequence | Mapping


def kind_of(node: Node) -> str:
    """What a node is, for messages."""
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    return f"{node.text!r}"


def _raw_index(raw: str, text: str, offset: int) -> int:
    verbatim = raw.find(text)
    if verbatim >= 0:
        return verbatim + offset
    # Quoting, escapes, folding and indentation only add characters, so the visible characters of the text stand in the
    # raw source in the same order: walk both together.
    index = -1
    for character in text[: offset + 1]:
        if not character.isspace():
            found = raw.find(character, index + 1)
            index = found if found >= 0 else index  # a character written as an escape is not there
    return max(index, 0)
