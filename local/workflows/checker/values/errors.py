"""What an `except` may find in an error: the keys and tags of the service's own errors, and of those a source raises.

Nobody can know every key of every error, so only near misses are reported: `error.tasg`, `"HtpError" in error.tags`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from local.workflows.language.expressions import Literal, MapLiteral, walk
from local.workflows.language.syntax import (
    Constant,
    Definition,
    ListValue,
    MapValue,
    RaiseStep,
    Value,
    all_steps,
    expressions_in,
)

ERRORS = Path(__file__).with_name("errors.yaml")


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """The words an error may hold in one source."""

    keys: frozenset[str]
    tags: frozenset[str]


def error_words(definition: Definition) -> ErrorWords:
    """Keys and tags of the service's errors and of everything the source raises itself."""
    keys, tags = set(_service_words().keys), set(_service_words().tags)
    for routine in definition.routines.values():
        for step in all_steps(routine.steps):
            if isinstance(step, RaiseStep):
                keys.update(_raised_keys(step.value))
                tags.update(_raised_tags(step.value))
    return ErrorWords(frozenset(keys), frozenset(tags))


def _raised_keys(value: Value) -> Iterator[str]:
    if isinstance(value, MapValue):
        yield from value.keys()
    for expression in expressions_in(value):
        for tree in walk(expression.tree):
            if isinstance(tree, MapLiteral):
                yield from (str(key.value) for key, _ in tree.entries if isinstance(key, Literal))


def _raised_tags(value: Value) -> Iterator[str]:
    tags = value.get("tags") if isinstance(value, MapValue) else None
    if isinstance(tags, ListValue):
        yield from (item.node.text for item in tags.items if isinstance(item, Constant))


@functools.cache
def _service_words() -> ErrorWords:
    loaded: dict[str, list[str]] = YAML(typ="safe", pure=True).load(ERRORS)
    return ErrorWords(frozenset(loaded["keys"]), frozenset(loaded["tags"]))
