"""Words that are nearly `true`, `false` or `null`: YAML takes them for text and says nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from local.workflows.checker.language import Analysis
from local.workflows.checker.values.parts import parts_of
from local.workflows.language.syntax import Constant, ListValue, MapValue, Value, all_steps
from local.workflows.problems import ProblemList

LITERALS = ("true", "false", "null")
CLOSE = 0.74
"""How much of a word has to be right for it to be taken for a slip: `flase` and `unll`, but not `rules`."""


def check_literals(analysis: Analysis, problems: ProblemList) -> None:
    """Report values that were probably meant to be a boolean or null."""
    for routine in analysis.definition.routines.values():
        for step in all_steps(routine.steps):
            for part in parts_of(step):
                for constant in _plain_texts(part.value):
                    meant = difflib.get_close_matches(constant.node.text.lower(), LITERALS, n=1, cutoff=CLOSE)
                    if meant:
                        problems.add(
                            "nearly-literal",
                            f"{constant.node.text!r} is text, and nearly {meant[0]}",
                            constant.position,
                            found=repr(constant.node.text),
                            expected=f"{meant[0]}, or quotes around the text",
                            fix=f"did you mean {meant[0]}?",
                            severity="warning",
                        )


def _plain_texts(value: Value) -> Iterator[Constant]:
    """Texts without quotes."""
    match value:
        case Constant(value=str(), node=node) if node.raw == node.text:
            yield value
        case ListValue(items=items):
            for item in items:
                yield from _plain_texts(item)
        case MapValue(entries=entries):
            for _, entry in entries:
                yield from _plain_texts(entry)
        case _:
            return
