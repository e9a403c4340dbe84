"""What each stage asks for and answers, learned from the stage itself.

The request model and the outputs a stage reads come from its declaration. Two things it does not declare are read in
its source: the keys of the answer it gives, and which of the outputs it can do without.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.stage import Stage, StageRequest

SHARED = Path(__file__).parents[4] / "shared"
"""Code that more than one stage uses, in which outputs are read too."""


@dataclass(frozen=True, slots=True)
class StageContract:
    """What a workflow has to know of a stage."""

    stage: str
    request: type[StageRequest]
    required: frozenset[str]
    """Stages that must have run before."""
    optional: frozenset[str]
    """Stages whose output is used if it is there when the stage begins."""
    answer: frozenset[str] | None
    """Keys of the answer, or None where its source does not show them."""


@functools.cache
def contract_of(stage: str) -> StageContract | None:
    """The contract of a stage, or None when its function is not in this checkout.

    Only a missing module is forgiven: a stage whose module fails to import is a fault and says so.
    """
    from shared.stage import definition  # brings the web framework and the database with it

    module = f"functions.{stage}.main"
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None or found.origin is None:
        return None
    importlib.import_module(module)
    declared = definition(stage)
    optional = _optional_reads(Path(found.origin).parent) & set(declared.reads)
    return StageContract(
        stage, declared.request, frozenset(declared.reads) - optional, frozenset(optional), _answer_keys(declared)
    )


def _optional_reads(folder: Path) -> set[str]:
    """Stages whose output is asked for with `optional_output` and never with `output`, in `folder` or in `shared`."""
    asked: dict[str, set[str]] = {"output": set(), "optional_output": set()}
    sources = [path.read_text("utf-8") for place in (folder, SHARED) for path in place.rglob("*.py")]
    for source in sources:
        if "output(" in source:
            for call in _calls(ast.parse(source)):
                _note_read(call, asked)
    return asked["optional_output"] - asked["output"]


def _note_read(call: ast.Call, asked: dict[str, set[str]]) -> None:
    if isinstance(call.func, ast.Attribute) and call.func.attr in asked and call.args:
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            asked[call.func.attr].add(first.value)


def _answer_keys(declared: Stage[StageRequest, object]) -> frozenset[str] | None:  # type: ignore[type-var]  # any output
    """The keys of `answer=` in every StageResult the stage's function makes."""
    keys: set[str] = set()
    for call in _calls(ast.parse(textwrap.dedent(inspect.getsource(declared.work)))):
        if not (isinstance(call.func, ast.Name) and call.func.id == "StageResult"):
            continue
        answer = next((keyword.value for keyword in call.keywords if keyword.arg == "answer"), None)
        if answer is None:
            continue
        if not isinstance(answer, ast.Dict):
            return None
        for key in answer.keys:
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                return None
            keys.add(key.value)
    return frozenset(keys)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))
