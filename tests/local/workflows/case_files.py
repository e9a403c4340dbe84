"""Cases of the language as data: `cases/*.yaml`.

A file is a list of cases. Each has a `name` and one of

- `expression`: text without `${}`; the workflow returns its value,
- `steps`: the steps of a main workflow, as YAML text,
- `workflow`: a whole source, as YAML text;

optionally `argument`; and what comes of it, one of

- `result`: the value returned, of the same type,
- `error`: any of `tags` (all of them, in order), `tag` (one of them), `message`, `code`, `payload`, and `context` (its
  last line),
- `refused`: code of a problem for which the source is not run at all.

The mock service's address is in the environment variable SERVICE.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CASES = Path(__file__).with_name("cases")
_SOURCES = ("expression", "steps", "workflow")
_ENDINGS = ("result", "error", "refused")


@dataclass(frozen=True)
class Case:
    file: str
    name: str
    source: str
    argument: Any
    ending: str
    expected: Any

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def all_cases() -> list[Case]:
    """Every case of every file, checked for its form and for names given twice."""
    cases = [case for path in sorted(CASES.glob("*.yaml")) for case in _cases_of(path)]
    names = [str(case) for case in cases]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"cases must have different names: {sorted(repeated)}")
    return cases


def _cases_of(path: Path) -> list[Case]:
    return [_case(path.stem, entry) for entry in YAML(typ="safe", pure=True).load(path)]


def _case(file: str, entry: dict[str, Any]) -> Case:
    kinds = [kind for kind in _SOURCES if kind in entry]
    endings = [ending for ending in _ENDINGS if ending in entry]
    unknown = set(entry) - {"name", "argument", *_SOURCES, *_ENDINGS}
    if len(kinds) != 1 or len(endings) != 1 or unknown:
        raise ValueError(f"{file}: {entry.get('name')!r} needs one of {_SOURCES}, one of {_ENDINGS}, and no {unknown}")
    source = _source(kinds[0], entry[kinds[0]])
    return Case(file, entry["name"], source, entry.get("argument"), endings[0], entry[endings[0]])


def _source(kind: str, text: str) -> str:
    if kind == "expression":
        return "- answer:\n    return: |-\n      ${" + text.strip().replace("\n", "\n      ") + "}\n"
    if kind == "steps":
        return "main:\n  steps:\n" + "".join(f"    {line}\n" for line in text.splitlines())
    return text
