"""The coaching workflow as it is in the repository, and edits of it: `edits/*.yaml`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

COACHING = Path(__file__).parents[4] / "workflows_yaml" / "coaching.yaml"
EDITS = Path(__file__).with_name("edits")


@dataclass(frozen=True)
class Edit:
    """One change of the text. For a broken one: what must be reported, and in which line."""

    name: str
    find: str
    replace: str
    code: str = ""
    at: str = ""
    """Text of the line the problem points to."""

    def __str__(self) -> str:
        return self.name

    def applied(self) -> str:
        source = COACHING.read_text("utf-8")
        if source.count(self.find) != 1:
            raise ValueError(
                f"{self.name}: expected once in {COACHING.name}, found {source.count(self.find)}×: {self.find!r}"
            )
        return source.replace(self.find, self.replace)


def edits(file: str) -> list[Edit]:
    """The edits of `edits/{file}.yaml`."""
    loaded: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(EDITS / f"{file}.yaml")
    return [Edit(**entry) for entry in loaded]
