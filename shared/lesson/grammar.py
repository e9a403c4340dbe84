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
from collections.abc import Mapping, Sequence
from functools import cache
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
        self._used: dict[str, list[str]] = {}

    def among(self, name: str, options: Sequence[str]) -> str:
        """One of the options of the list called `name`."""
        used = self._used.setdefault(name, [])
        fresh = [option for option in options if option not in used]
        if not fresh:
            fresh = list(options)
            used.clear()
        chosen = fresh[self.number(len(fresh))]
        used.append(chosen)
        return chosen

    def number(self, below: int) -> int:
        """A number from 0 to `below` - 1."""
        self._made += 1
        digest = hashlib.sha256(f"{self._seed}/{self._made}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % below


class Grammar:
    """The patterns of one file."""

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        self.rules = {symbol: tuple(alternatives) for symbol, alternatives in rules.items()}

    def can_say(self, symbol: str, material: Material) -> bool:
        """Whether a sentence can be made with what this lesson brings."""
        return bool(self._open_alternatives(symbol, material))

    def sentence(self, symbol: str, material: Material, choices: Choices) -> str:
        """One sentence (or piece of one) for a symbol.

        Raises:
            LookupError: the lesson lacks material for every alternative.
        """
        alternatives = self._open_alternatives(symbol, material)
        if not alternatives:
            raise LookupError(f"no pattern of {symbol!r} can be filled. Found material: {sorted(material)}")
        return self._filled(choices.among(symbol, alternatives), material, choices)

    def lines(self, symbol: str, material: Material, choices: Choices) -> list[str]:
        """Every alternative of a symbol that can be filled, filled, in the order of the file."""
        return [self._filled(pattern, material, choices) for pattern in self._open_alternatives(symbol, material)]

    def slots(self) -> set[str]:
        """The slots that are not symbols of this grammar: what lessons must bring."""
        used = {slot for patterns in self.rules.values() for pattern in patterns for slot in _SLOT.findall(pattern)}
        return used - self.rules.keys()

    def _filled(self, pattern: str, material: Material, choices: Choices) -> str:
        return _SLOT.sub(lambda match: self._filler(match[1], material, choices), pattern)

    def _filler(self, slot: str, material: Material, choices: Choices) -> str:
        if slot in self.rules:
            return self.sentence(slot, material, choices)
        return choices.among(slot, material[slot])

    def _open_alternatives(self, symbol: str, material: Material) -> list[str]:
        return [
            pattern
            for pattern in self.rules[symbol]
            if all(
                self.can_say(slot, material) if slot in self.rules else bool(material.get(slot))
                for slot in _SLOT.findall(pattern)
            )
        ]


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
