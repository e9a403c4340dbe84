"""The knowledge base as Python values: dishes, mistakes, principles, readings and onboarding questions.

Each file is read and validated when it is first asked for and then kept, so a function pays only for what it uses: a
principle costs the parse of its own small file, never of the whole corpus. Whether the files agree with each other is
another question, answered by `knowledge_base.check`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError

from knowledge_base.files import DIRECTORY, CatalogueError, first_problem, parse_yaml, read_yaml
from knowledge_base.models import DishEntry, Mistake, Principle, Question, Reading, Slug
from shared.models.base import Model

__all__ = [
    "DIRECTORY",
    "Catalogue",
    "CatalogueError",
    "Principles",
    "check_catalogue",
    "load_catalogue",
    "read_principle",
]

FREE_DISH: Slug = "free-dish"
"""The dish the cook names. Only mistakes that can happen in any pan name it."""

_FRONT_MATTER_FENCE = "---\n"

Entry = TypeVar("Entry", bound=Model)


class Principles(Mapping[Slug, Principle]):
    """All principles by slug, which is also the file's name. A file is parsed when its principle is first asked for."""

    def __init__(self, directory: Path) -> None:
        self._files = {path.stem: path for path in sorted(directory.glob("*.md"))}
        self._read = cache(read_principle)

    def __getitem__(self, slug: Slug) -> Principle:
        return self._read(self._files[slug])

    def __iter__(self) -> Iterator[Slug]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, slug: object) -> bool:
        return slug in self._files


class Catalogue:
    """Everything the coach knows, read-only. Make one with `load_catalogue()`."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self._directory = directory

    @cached_property
    def dishes(self) -> Mapping[Slug, DishEntry]:
        """By slug, in the order they are taught."""
        return _by_name(self._directory / "dishes.yaml", DishEntry, lambda dish: dish.slug)

    @cached_property
    def mistakes(self) -> Mapping[str, Mistake]:
        """By code."""
        return _by_name(self._directory / "mistakes.yaml", Mistake, lambda mistake: mistake.code)

    @cached_property
    def principles(self) -> Mapping[Slug, Principle]:
        """By slug; each is read on first use."""
        return Principles(self._directory / "principles")

    @cached_property
    def lexicon(self) -> tuple[Reading, ...]:
        """Readings for the voice, longest written form first, so that replacing in this order never splits a word."""
        readings = _by_name(self._directory / "lexicon.yaml", Reading, lambda reading: reading.written)
        return tuple(sorted(readings.values(), key=lambda reading: -len(reading.written)))

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Onboarding questions by id, in the order they are asked."""
        return _by_name(self._directory / "onboarding.yaml", Question, lambda question: question.id)

    def mistakes_for(self, dish_slug: Slug) -> tuple[Mistake, ...]:
        """The mistakes that can happen in a dish: those that name it and those that can happen in any.

        Raises `KeyError` for a dish that does not exist.
        """
        dish = self.dishes[dish_slug]
        return tuple(mistake for mistake in self.mistakes.values() if not mistake.dishes or dish.slug in mistake.dishes)

    def principle_behind(self, mistake_code: str) -> Principle:
        """The principle a mistake goes against. Raises `KeyError` for an unknown code."""
        return self.principles[self.mistakes[mistake_code].principle]

    def principles_of(self, dish_slug: Slug) -> tuple[Principle, ...]:
        """The principles a dish teaches, most important first. Raises `KeyError` for a dish that does not exist."""
        return tuple(self.principles[slug] for slug in self.dishes[dish_slug].principles)


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of this project, one per process. A wrong file raises `CatalogueError` when it is first used."""
    return Catalogue()


def check_catalogue() -> list[str]:
    """What is wrong with this project's knowledge base as a whole, one line each; empty when nothing is."""
    from knowledge_base.check import problems_of  # its rules need the detectors of the gates, which loading does not

    return problems_of(load_catalogue())


def read_principle(path: Path) -> Principle:
    """The principle in one Markdown file: YAML front matter between `---` lines, then the Japanese body."""
    text = path.read_text(encoding="utf-8")
    opening, fence, rest = text.partition(_FRONT_MATTER_FENCE)
    front_matter, closing, body = rest.partition("\n" + _FRONT_MATTER_FENCE)
    if opening or not fence or not closing:
        raise CatalogueError(f"{path.name}: expected front matter between two '---' lines. Found: {text[:40]!r}")
    fields = parse_yaml(front_matter, path)
    if not isinstance(fields, dict):
        raise CatalogueError(f"{path.name}: expected a mapping as front matter. Found: {type(fields).__name__}")
    principle = _validate({**fields, "principle_text": body.strip()}, Principle, f"{path.name}: front matter")
    if principle.slug != path.stem:
        raise CatalogueError(f"{path.name}: field slug: expected the file's name. Found: {principle.slug!r}")
    return principle


def _by_name(path: Path, model: type[Entry], name_of: Callable[[Entry], str]) -> Mapping[str, Entry]:
    """The entries of a YAML list, validated, by their name. Refuses a name used twice."""
    raw = read_yaml(path)
    if not isinstance(raw, list):
        raise CatalogueError(f"{path.name}: expected a list of entries. Found: {type(raw).__name__}")
    entries: dict[str, Entry] = {}
    for position, fields in enumerate(raw, start=1):
        entry = _validate(fields, model, f"{path.name}: entry {position} ({_label(fields)})")
        name = name_of(entry)
        if name in entries:
            raise CatalogueError(f"{path.name}: entry {position}: expected a new name. Found again: {name}")
        entries[name] = entry
    return MappingProxyType(entries)


def _validate(fields: object, model: type[Entry], where: str) -> Entry:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise CatalogueError(f"{where}: {first_problem(error)}") from error


def _label(fields: object) -> str:
    """What names an entry, as far as it can be told before it is validated: its first value."""
    return str(next(iter(fields.values()), "empty")) if isinstance(fields, dict) else type(fields).__name__
