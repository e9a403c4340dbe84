"""Japanese wording folded for search: the same thing written in many ways becomes the same terms.

A text is folded (NFKC, lower case, one form per synonym, the kind beside the thing, function words cut out, katakana as
hiragana) and taken apart into terms: every pair of neighbouring characters, and every ideograph alone, which in
Japanese is nearly a word. Both halves of the search, vectors and keywords, are made of these terms.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from pydantic import ValidationError

from knowledge_base.files import DIRECTORY, CatalogueError, first_problem, read_yaml
from shared.models.base import Model

_HIRAGANA_BELOW_KATAKANA = ord("ァ") - ord("ぁ")
_KATAKANA_TO_HIRAGANA: Final = {code: code - _HIRAGANA_BELOW_KATAKANA for code in range(ord("ァ"), ord("ヶ") + 1)}
_RUN = re.compile(r"[ぁ-ゖー一-鿿々a-z0-9]+")
_IDEOGRAPH = re.compile(r"[一-鿿々]")


class WordingFile(Model):
    """What `wording.yaml` holds."""

    synonyms: dict[str, list[str]]
    """Canonical form → other forms."""
    kinds: dict[str, list[str]]
    """Kind → things that are of it."""
    fillers: list[str]
    """Function words, endings, hedges."""


class Wording:
    """Folds texts and takes them apart into terms."""

    def __init__(self, file: WordingFile) -> None:
        self._canonical = {
            _plain(form): _plain(canonical) for canonical, forms in file.synonyms.items() for form in forms
        }
        self._synonym = _longest_first(self._canonical)
        self._kinds = self._kinds_by_thing(file.kinds)
        self._thing = _longest_first(self._kinds)
        self._filler = _longest_first(_plain(filler) for filler in file.fillers)

    def fold(self, text: str) -> str:
        """The text with one form per meaning; spaces stand where something was cut out."""
        folded = self._one_form(_plain(text))
        folded = self._thing.sub(lambda match: f"{match[0]} {self._kinds[match[0]]} ", folded)
        return self._filler.sub(" ", folded)

    def terms(self, text: str) -> Counter[str]:
        """How often each term stands in the folded text."""
        return Counter(_terms(self.fold(text)))

    def _one_form(self, plain: str) -> str:
        return self._synonym.sub(lambda match: self._canonical[match[0]], plain)

    def _kinds_by_thing(self, things_by_kind: Mapping[str, list[str]]) -> dict[str, str]:
        kinds: dict[str, list[str]] = {}
        for kind, things in things_by_kind.items():
            for thing in things:
                kinds.setdefault(self._one_form(_plain(thing)), []).append(self._one_form(_plain(kind)))
        return {thing: " ".join(of) for thing, of in kinds.items()}


@cache
def load_wording() -> Wording:
    """The wording of this project (`wording.yaml`), one per process. Raises `CatalogueError` when the file is wrong."""
    path = DIRECTORY / "wording.yaml"
    try:
        return Wording(WordingFile.model_validate(read_yaml(path)))
    except ValidationError as error:
        raise CatalogueError(f"{path.name}: {first_problem(error)}") from error


def _plain(text: str) -> str:
    """Compatibility forms and letter case folded, katakana as hiragana."""
    return unicodedata.normalize("NFKC", text).lower().translate(_KATAKANA_TO_HIRAGANA)


def _terms(folded: str) -> Iterator[str]:
    for run in _RUN.findall(folded):
        yield from (character for character in run if _IDEOGRAPH.match(character))
        yield from (run[start : start + 2] for start in range(len(run) - 1))


def _longest_first(forms: Iterable[str]) -> re.Pattern[str]:
    """Matches the longest of the forms at a place."""
    return re.compile("|".join(map(re.escape, sorted(set(forms), key=len, reverse=True))) or r"(?!)")
