"""Nothing secret stands in a workflow's source: `secrets.yaml` says what that looks like."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2
from ruamel.yaml import YAML

from local.workflows.language.nodes import Position
from local.workflows.problems import ProblemList

PATTERNS = Path(__file__).with_name("secrets.yaml")
SHOWN_CHARACTERS = 4
"""How much of a secret a message may repeat."""


@dataclass(frozen=True, slots=True)
class _Secret:
    name: str
    pattern: Any
    exception: Any | None


def check_secrets(source: str, problems: ProblemList) -> None:
    """Report secrets and personal data, comments included."""
    for number, line in enumerate(source.splitlines(), start=1):
        for secret in _secrets():
            for match in secret.pattern.finditer(line):
                found = match.group(0)
                if secret.exception is None or secret.exception.search(found) is None:
                    problems.add(
                        "secret",
                        f"{secret.name} stands in the source",
                        Position(number, match.start() + 1),
                        found=f"{found[:SHOWN_CHARACTERS]}…",
                        expected="secrets in Secret Manager, read by the function that needs them",
                        fix="remove it, and replace the secret: whoever may read the workflow has seen it",
                    )
                    break


@functools.cache
def _secrets() -> tuple[_Secret, ...]:
    entries: list[dict[str, str]] = YAML(typ="safe", pure=True).load(PATTERNS)
    return tuple(
        _Secret(
            entry["name"],
            re2.compile(entry["pattern"]),
            re2.compile(entry["except"]) if "except" in entry else None,
        )
        for entry in entries
    )
