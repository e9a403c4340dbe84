"""Loads a workflow source, YAML 1.2 or JSON, into nodes that know their line and column.

Scalars get their types from the YAML 1.2 core schema, so `no`, `on` and `12:30` are text and only `true` and `false`
are booleans. What cannot be loaded, such as a key given twice, is reported with its place instead of being guessed at.
"""

import re

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.nodes import Node as YamlNode

from local.workflows import limits
from local.workflows.language.nodes import Entry, Mapping, Node, Position, Scalar, ScalarValue, Sequence
from local.workflows.problems import ProblemList

START = Position(1, 1)

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_DOUBLE = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_STRING_TAG = "tag:yaml.org,2002:str"
_INT64 = range(-(2**63), 2**63)


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
        root = YAML(typ="safe", pure=True).compose(source)
    except (
        YAMLError,
        RuntimeError,
        ValueError,
    ) as error:  # RuntimeError is how ruamel reports nesting beyond the stack
        _report_unreadable(error, problems)
        return None
    if root is None:
        problems.add(
            "empty-source", "the source is empty", START, expected="a map with a 'main' workflow, or a list of steps"
        )
        return None
    return _Converter(source, problems).convert(root)


def scalar_value(text: str) -> ScalarValue:
    """The value of an unquoted scalar under the YAML 1.2 core schema. An integer beyond 64 bits becomes a double."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        integer = int(text, base)
        return integer if integer in _INT64 else float(integer)
    if _DOUBLE.fullmatch(text):
        return float(text)
    return text


class _Converter:
    """Turns ruamel's node graph into our tree, expanding aliases and checking keys."""

    def __init__(self, source: str, problems: ProblemList) -> None:
        self._source = source
        self._problems = problems
        self._open: set[int] = set()
        self._nodes_left = limits.NODES

    def convert(self, node: YamlNode) -> Node:
        position = _position(node)
        self._nodes_left -= 1
        if id(node) in self._open or len(self._open) >= limits.NODE_NESTING or self._nodes_left < 0:
            return self._refuse_growth(node, position)
        if isinstance(node, ScalarNode):
            return self._scalar(node, position)
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, position)
            return Sequence(tuple(self.convert(item) for item in node.value), position)
        finally:
            self._open.remove(id(node))

    def _mapping(self, node: MappingNode, position: Position) -> Mapping:
        first_seen: dict[str, Position] = {}
        entries = []
        for key_node, value_node in node.value:
            at = _position(key_node)
            if not isinstance(key_node, ScalarNode):
                self._problems.add(
                    "key-not-text", "a key must be a single word or a quoted text", at, expected="key: value"
                )
                continue
            key = self._scalar(key_node, at)
            if key.text in first_seen:
                self._problems.add(
                    "duplicate-key",
                    f"the key {key.text!r} is given twice in one map",
                    at,
                    found=f"first given at line {first_seen[key.text].line}",
                    expected="each key once",
                    fix="remove one of the two",
                )
                continue
            first_seen[key.text] = at
            entries.append(Entry(key, self.convert(value_node)))
        return Mapping(tuple(entries), position)

    def _scalar(self, node: ScalarNode, position: Position) -> Scalar:
        raw = self._source[node.start_mark.index : node.end_mark.index]
        text = _join_surrogates(node.value)
        if raw.startswith("!") and node.tag != _STRING_TAG:
            self._problems.add(
                "yaml-tag", f"the YAML tag {node.tag!r} means nothing to Workflows", position, fix="remove it"
            )
        is_plain = node.style is None and not raw.startswith("!")
        return Scalar(scalar_value(text) if is_plain else text, text, position, raw)

    def _refuse_growth(self, node: YamlNode, position: Position) -> Scalar:
        if self._nodes_left < -1:  # said once already
            return Scalar(None, "", position)
        message = "the source is nested too deeply or grows without end through its aliases"
        self._problems.add(
            "too-deep", message, position, found=str(node.tag), expected=f"at most {limits.NODE_NESTING} levels"
        )
        return Scalar(None, "", position)


def _position(node: YamlNode) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _join_surrogates(text: str) -> str:
    """JSON writes characters beyond the first plane as two escapes, which YAML reads as two halves."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _report_unreadable(error: Exception, problems: ProblemList) -> None:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        reason = "nested too deeply" if isinstance(error, RuntimeError) else str(error).splitlines()[0]
        problems.add("yaml-syntax", f"the source cannot be read: {reason}", START, expected="YAML 1.2 or JSON")
        return
    at = Position(error.problem_mark.line + 1, error.problem_mark.column + 1)
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
