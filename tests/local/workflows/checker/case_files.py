"""Cases of the checker as data: `cases/*.yaml`; the first of them says what a case is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CASES = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Case:
    file: str
    name: str
    source: str
    problems: list[str]
    """`code@line`, sorted."""

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def all_cases() -> list[Case]:
    """Every case of every file; refuses a case of another form, and a name given twice in one file."""
    cases = [_case(path.stem, entry) for path in sorted(CASES.glob("*.yaml")) for entry in _load(path)]
    names = [str(case) for case in cases]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"cases must have different names: {sorted(repeated)}")
    return cases


def _load(path: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(path)
    return loaded


def _case(file: str, entry: dict[str, Any]) -> Case:
    unknown = set(entry) - {"name", "steps", "workflow", "problems"}
    if unknown or ("steps" in entry) == ("workflow" in entry):
        raise ValueError(f"{file}: {entry.get('name')!r} needs a name, steps or workflow, and no {unknown}")
    if "workflow" in entry:
        source = entry["workflow"]
    else:
        source = "main:\n  params: [args]\n  steps:\n" + "".join(
            f"    {line}\n" for line in entry["steps"].splitlines()
        )
    return Case(file, entry["name"], source, sorted(entry.get("problems", [])))
