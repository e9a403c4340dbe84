"""Loads a workflow source, YAML 1.2 or JSON, into nodes that know their line and column.

Scalars get their types from the YAML 1.2 core schema, so `no`, `on` and `12:30` are text and only `true` and `false`
are booleans. What cannot be loaded, such as a key given twice, is reported with its place instead of being guessed at.
"""

import re
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from local.workflows import limits
from local.workflows.language.nodes import Entry, Mapping, Node, Position, Scalar, ScalarValue, Sequence
from local.workflows.problems import ProblemList
from local.workflows.values import integer_or_double, parse_integer

START = Position(1, 1)

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_DOUBLE = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_STRING_TAG = "tag:yaml.org,2002:str"


def load(source: str, problems: ProblemList) -> Node | None:
    """The root node of `source`, or None when the text is not YAML at all; every fault is added to `problems`."""
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > limits.SOURCE_BYTES:
        problems.add(
            "source-too-large",
            f"the source is larger than {limits.SOURCE_BYTES // 1024} KB",
            START,
            found=f"{size:,} bytes",
            expected=f"at most {limits.SOURCE_BYTES:,} bytes",
            fix="move a part into a workflow of its own and run it with "
            "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run",
        )
        return None
    try:
        root = _TreeBuilder(source, problems).build()
    except _Unreadable as error:
        problems.add(error.code, f"the source cannot be read: {error.message}", error.at)
    except YAMLError as error:
        _report_faulty_yaml(error, problems)
    else:
        if root is None:
            expected = "a map with a 'main' workflow, or a list of steps"
            problems.add("empty-source", "the source is empty", START, expected=expected)
        return root
    return None


def scalar_value(text: str) -> ScalarValue:
    """The value of an unquoted scalar under the YAML 1.2 core schema. An integer beyond 64 bits becomes a double."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2])
        return integer_or_double(int(text, base)) if base else parse_integer(text)
    if _DOUBLE.fullmatch(text):
        return float(text)
    return text


class _TreeBuilder:
    """Builds our tree from YAML's events, which come one by one and need no stack of ours however deep they nest."""

    def __init__(self, source: str, problems: ProblemList) -> None:
        self._source = source
        self._problems = problems
        self._open: list[_OpenNode] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0

    def build(self) -> Node | None:
        """The root node; None for a source of nothing but comments. Raises YAMLError and _Unreadable."""
        root: Node | None = None
        for event in YAML(typ="safe", pure=True).parse(self._source):
            if isinstance(event, DocumentStartEvent) and root is not None:
                self._problems.add(
                    "yaml-syntax", "there is a second document", _position(event), expected="one document"
                )
                break
            if isinstance(event, NodeEvent | CollectionEndEvent):
                completed = self._take(event)
                root = root if completed is None else completed
        return root

    def _take(self, event: NodeEvent | CollectionEndEvent) -> Node | None:
        """Take an event in; the root when that completes it."""
        if isinstance(event, CollectionStartEvent):
            self._count(event, weight=1, height=1)
            self._refuse_tag(event)
            self._open.append(_OpenNode(event, _position(event), self._nodes))
            return None
        if isinstance(event, AliasEvent):
            anchored = self._aliased(event)
            return self._add(anchored.node, anchored.height)
        if isinstance(event, CollectionEndEvent):
            opened = self._open.pop()
            node = opened.mapping(self._problems) if opened.is_mapping else opened.sequence()
            self._keep_anchor(
                opened.event.anchor, _Anchored(node, self._nodes - opened.nodes_before + 1, opened.height)
            )
            return self._add(node, opened.height)
        if not isinstance(event, ScalarEvent):
            raise TypeError(f"an unknown kind of YAML event: {event!r}")
        self._count(event, weight=1, height=1)
        scalar = self._scalar(event)
        self._keep_anchor(event.anchor, _Anchored(scalar, 1, 1))
        return self._add(scalar, height=1)

    def _add(self, node: Node, height: int) -> Node | None:
        if not self._open:
            return node
        self._open[-1].children.append(node)
        self._open[-1].height = max(self._open[-1].height, height + 1)
        return None

    def _aliased(self, event: AliasEvent) -> "_Anchored":
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            raise _Unreadable(f"there is nothing called {event.anchor!r} before its alias", _position(event))
        self._count(event, anchored.weight, anchored.height)
        return anchored

    def _keep_anchor(self, anchor: str | None, anchored: "_Anchored") -> None:
        if anchor is not None:
            self._anchors[anchor] = anchored

    def _count(self, event: NodeEvent, weight: int, height: int) -> None:
        self._nodes += weight
        if len(self._open) + height > limits.NODE_NESTING:
            raise _Unreadable(f"nested more than {limits.NODE_NESTING} levels deep", _position(event), code="too-deep")
        if self._nodes > limits.NODES:
            message = f"more than {limits.NODES:,} values, counting each alias as what it stands for"
            raise _Unreadable(message, _position(event), code="too-many-values")

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.tag is not None and event.tag != _STRING_TAG:
            at = _position(event)
            self._problems.add(
                "yaml-tag", f"the YAML tag {event.tag!r} means nothing to Workflows", at, fix="remove it"
            )

    def _scalar(self, event: ScalarEvent) -> Scalar:
        self._refuse_tag(event)
        text = _join_surrogates(event.value)
        value = scalar_value(text) if event.style is None and event.tag is None else text
        raw = self._source[event.start_mark.index : event.end_mark.index]
        return Scalar(value, text, _position(event), raw)


@dataclass(slots=True)
class _Anchored:
    """A node that aliases can stand for: how many nodes it holds, and how deep it is."""

    node: Node
    weight: int
    height: int


@dataclass(slots=True)
class _OpenNode:
    """A list or map whose end has not come yet. A map's children are its keys and values in turn."""

    event: CollectionStartEvent
    position: Position
    nodes_before: int
    height: int = 1
    children: list[Node] = field(default_factory=list)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.event, MappingStartEvent)

    def sequence(self) -> Sequence:
        return Sequence(tuple(self.children), self.position)

    def mapping(self, problems: ProblemList) -> Mapping:
        """The map without keys that are no words or were there before; these are reported."""
        entries: dict[str, Entry] = {}
        for key, value in zip(self.children[::2], self.children[1::2], strict=True):
            if not isinstance(key, Scalar):
                message = "a key must be a single word or a quoted text"
                problems.add("key-not-text", message, key.position, expected="key: value")
            elif key.text in entries:
                problems.add(
                    "duplicate-key",
                    f"the key {key.text!r} is given twice in one map",
                    key.position,
                    found=f"first given at line {entries[key.text].key.position.line}",
                    expected="each key once",
                    fix="remove one of the two",
                )
            else:
                entries[key.text] = Entry(key, value)
        return Mapping(tuple(entries.values()), self.position)


class _Unreadable(Exception):
    """The source is not worth reading on."""

    def __init__(self, message: str, at: Position, code: str = "yaml-syntax") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.code = code


def _position(event: Event) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def _join_surrogates(text: str) -> str:
    """JSON writes characters beyond the first plane as two escapes, which YAML reads as two halves."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _report_faulty_yaml(error: YAMLError, problems: ProblemList) -> None:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        reason = str(error).splitlines()[0]
        problems.add("yaml-syntax", f"the source cannot be read: {reason}", START, expected="YAML 1.2 or JSON")
        return
    is_unclosed = error.context_mark is not None and "end of stream" in str(error.problem)
    mark = error.context_mark if is_unclosed else error.problem_mark  # where it begins, not where the source ends
    at = Position(mark.line + 1, mark.column + 1)
    while_doing = f" {error.context}" if error.context else ""
    problems.add(
        "yaml-syntax",
        f"not valid YAML:{while_doing} {error.problem}".replace("  ", " "),
        at,
        expected="YAML 1.2 or JSON",
        fix=_yaml_hint(error.problem or ""),
    )


def _yaml_hint(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "put quotes around a value that holds ': ', and check the indentation"
    if "\\t" in problem:
        return "indent with spaces"
    if "cannot start any token" in problem:
        return "put quotes around the value"
    if "unexpected end of stream" in problem:
        return "close the quote"
    return ""
