"""A small grammar that writes Japanese sentences: patterns as data, filled with the material of one lesson.

A pattern file (`knowledge_base/phrases/*.yaml`) maps a symbol to its alternatives; `{slot}` in an alternative is
another symbol of the file, or a piece of material the lesson brings. An alternative whose slots cannot all be filled
(no sound in this video, no session before this one) is never chosen. What each slot must be grammatically is written
beside it in the file: any filler of a slot can stand where any other does.

    grammar = Grammar({"greeting": ["{name}さん、{time}。"], "time": ["おはようございます", "こんばんは"]})
    grammar.sentence("greeting", {"name": ["花子"]}, Choices("some id"))
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from math import prod
from pathlib import Path

from ruamel.yaml import YAML

from knowledge_base.catalogue import DIRECTORY

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")

Material = Mapping[str, Sequence[str]]
"""What a lesson brings: fillers by slot. An empty list means that the lesson has none."""


class Choices:
    """A series of choices that a seed fixes: the same seed chooses the same, another seed something else.

    Within one series nothing is chosen twice from the same list before everything else in it was.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._made = 0
        self._used: dict[str, set[str]] = {}

    def among(self, name: str, options: Mapping[str, int]) -> str:
        """One of the options of the list called `name`, each as likely as its weight says."""
        used = self._used.setdefault(name, set())
        fresh = {option: weight for option, weight in options.items() if option not in used}
        if not fresh:
            fresh = dict(options)
            used.clear()
        at = self._number(sum(fresh.values()))
        for option, weight in fresh.items():
            at -= weight
            if at < 0:
                used.add(option)
                return option
        raise ValueError(f"expected options with positive weights for {name!r}. Found: {options}")

    def _number(self, below: int) -> int:
        """A number from 0 to `below` - 1."""
        self._made += 1
        digest = hashlib.sha256(f"{self._seed}/{self._made}".encode()).digest()
        return int.from_bytes(digest, "big") % below


class Grammar:
    """The patterns of one file. An alternative is as likely as the number of different sentences it can make."""

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        """Raises `ValueError` when a symbol is made of itself."""
        self.rules = {symbol: tuple(alternatives) for symbol, alternatives in rules.items()}
        used = {symbol: {slot for pattern in self.rules[symbol] for slot in _SLOT.findall(pattern)} for symbol in rules}
        try:
            TopologicalSorter(used).prepare()
        except CycleError as error:
            raise ValueError(f"expected no symbol made of itself. Found: {' in '.join(error.args[1])}") from error

    def count(self, symbol: str, material: Material) -> int:
        """How many different ways there are to say a symbol with what this lesson brings; 0: none."""
        return sum(self._weighed(symbol, material).values())

    def sentence(self, symbol: str, material: Material, choices: Choices) -> str:
        """One sentence (or piece of one) for a symbol.

        Raises:
            LookupError: the lesson lacks material for every alternative.
        """
        weighed = self._weighed(symbol, material)
        if not weighed:
            raise LookupError(f"no pattern of {symbol!r} can be filled. Found material: {sorted(material)}")
        return self._filled(choices.among(symbol, weighed), material, choices)

    def fitting_sentence(
        self, symbol: str, material: Material, choices: Choices, fits: Callable[[str], bool], *, tries: int
    ) -> str:
        """The first sentence for a symbol that fits, or the last of `tries` (at least one) when none does.

        Raises:
            LookupError: as `sentence`.
        """
        said = ""
        for _ in range(tries):
            said = self.sentence(symbol, material, choices)
            if fits(said):
                break
        return said

    def lines(self, symbol: str, material: Material, choices: Choices) -> list[str]:
        """Every alternative of a symbol that can be filled, filled, in the order of the file."""
        return [self._filled(pattern, material, choices) for pattern in self._weighed(symbol, material)]

    def slots(self) -> set[str]:
        """The slots that are not symbols of this grammar: what lessons must bring."""
        used = {slot for patterns in self.rules.values() for pattern in patterns for slot in _SLOT.findall(pattern)}
        return used - self.rules.keys()

    def _filled(self, pattern: str, material: Material, choices: Choices) -> str:
        return _SLOT.sub(lambda match: self._filler(match[1], material, choices), pattern)

    def _filler(self, slot: str, material: Material, choices: Choices) -> str:
        if slot in self.rules:
            return self.sentence(slot, material, choices)
        return choices.among(slot, dict.fromkeys(material[slot], 1))

    def _weighed(self, symbol: str, material: Material) -> dict[str, int]:
        """The alternatives that can be filled, each with the number of its fillings."""
        weighed = {pattern: self._fillings(pattern, material) for pattern in self.rules[symbol]}
        return {pattern: weight for pattern, weight in weighed.items() if weight}

    def _fillings(self, pattern: str, material: Material) -> int:
        return prod(
            self.count(slot, material) if slot in self.rules else len(material.get(slot, ()))
            for slot in _SLOT.findall(pattern)
        )


@cache
def load_grammar(name: str) -> Grammar:
    """The grammar in `knowledge_base/phrases/{name}.yaml`.

    Raises:
        ValueError: the file is not a mapping of symbols to lists of patterns.
    """
    path: Path = DIRECTORY / "phrases" / f"{name}.yaml"
    rules = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    if not isinstance(rules, dict) or not all(isinstance(patterns, list) and patterns for patterns in rules.values()):
        raise ValueError(f"{path.name}: expected lists of patterns by symbol. Found: {type(rules).__name__}")
    return Grammar({symbol: [str(pattern) for pattern in patterns] for symbol, patterns in rules.items()})
