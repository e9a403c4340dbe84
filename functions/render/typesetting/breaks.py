"""Where a line of Japanese may end, as a price for every gap between two characters.

Japanese is written without spaces; a reader pauses between phrases (bunsetsu: a word with the particles and endings
that belong to it). BudouX finds where phrases begin, `words.yaml` corrects it for the words of a kitchen, and the rules
of kinsoku forbid what no printer does. A gap inside a phrase costs so much that it is taken only where a phrase is
longer than a line; which of those gaps is the least bad is then read off the scripts on its two sides.
"""

import math
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import budoux
from ruamel.yaml import YAML

from shared.models.base import Model

NO_LINE_START = frozenset(
    "、。，．,.・:;：；?!？！゛゜´｀¨ヽヾゝゞ々ー―‐-〜～）)］]｝}〕〉》」』】〟’”％%‰℃ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥"
)
NO_LINE_END = frozenset("（([［｛{〔〈《「『【〝‘“")
PAUSES = frozenset("、。，．？！?!」』）】…")
"""A reader pauses after these."""
POINTING = ("その", "この", "あの", "どの", "次の", "今回の")
"""Point at what follows them."""
PARTICLES = frozenset("はがをにでとへもやてらず")
"""Phrases that end with these let a reader breathe: particles, the て of verbs, the ら of から and たら."""

FORBIDDEN = math.inf
AT_PAUSE = 0.0
BEFORE_POINTING, AFTER_PARTICLE, BETWEEN_PHRASES, AFTER_NO = 0.5, 1.0, 2.0, 2.5
BEFORE_LEANING, AFTER_POINTING = 4.0, 4.5
WITHIN_PHRASE = 30.0
"""Added to the price of a gap inside a phrase, which is one of the following."""
BEFORE_ENDING, MIXED, WITHIN_HIRAGANA, BEFORE_OKURIGANA, WITHIN_WORD = 0.0, 4.0, 5.0, 8.0, 9.0
NEXT_ENDING = 0.2
"""How much worse each ending of the list is than the one before it."""
REMEMBERED_TEXTS = 512


class Words(Model):
    """`words.yaml`."""

    whole: list[str]
    """Never broken."""
    leaning: list[str]
    """Had better not begin a line."""
    endings: list[str]
    """Where a phrase longer than a line is broken, the best first."""


@cache
def words() -> Words:
    """The word list, read once."""
    return Words.model_validate(YAML(typ="safe", pure=True).load(Path(__file__).with_name("words.yaml")))


@lru_cache(maxsize=REMEMBERED_TEXTS)
def phrase_starts(text: str) -> frozenset[int]:
    """Positions at which a phrase begins, the first one, 0, left out."""
    starts, position = set[int](), 0
    for phrase in _parser().parse(text)[:-1]:
        position += len(phrase)
        starts.add(position)
    for word in words().whole:
        found = text.find(word)
        while found >= 0:
            starts.difference_update(range(found + 1, found + len(word)))
            found = text.find(word, found + 1)
    return frozenset(starts)


@lru_cache(maxsize=REMEMBERED_TEXTS)
def break_prices(text: str) -> tuple[float, ...]:
    """What it costs to begin a line at each position of `text`; the first, which always begins one, costs nothing.

    Less than `WITHIN_PHRASE` is a break a reader accepts; infinity is one nobody makes.
    """
    starts = phrase_starts(text)
    return (0.0, *(_price(text, position, begins=position in starts) for position in range(1, len(text))))


def _price(text: str, position: int, *, begins: bool) -> float:
    """Of one gap. The first rule that holds wins."""
    before, after = text[position - 1], text[position]
    latin = _script(before) == _script(after) == "latin"
    rules = (
        (after in NO_LINE_START or before in NO_LINE_END or after == " " or latin, FORBIDDEN),
        (before in PAUSES or before == " ", AT_PAUSE),
        (not begins and after not in NO_LINE_END, WITHIN_PHRASE + _price_within(text, position)),
        (text.endswith(POINTING, 0, position), AFTER_POINTING),
        (text.startswith(tuple(words().leaning), position), BEFORE_LEANING),
        (text.startswith(POINTING, position), BEFORE_POINTING),
        (before == "の", AFTER_NO),
        (before in PARTICLES, AFTER_PARTICLE),
    )
    return next((price for holds, price in rules if holds), BETWEEN_PHRASES)


def _price_within(text: str, position: int) -> float:
    """Of a gap inside a phrase: before an ending, or else by the scripts on its sides, two kanji being one word."""
    for rank, ending in enumerate(words().endings):
        if text.startswith(ending, position):
            return BEFORE_ENDING + NEXT_ENDING * rank
    left, right = _script(text[position - 1]), _script(text[position])
    if left == right:
        return WITHIN_HIRAGANA if left == "hiragana" else WITHIN_WORD
    return BEFORE_OKURIGANA if right == "hiragana" else MIXED


@cache
def _parser() -> budoux.Parser:
    return budoux.load_default_japanese_parser()


@cache
def _script(character: str) -> str:
    if "ぁ" <= character <= "ゟ":
        return "hiragana"
    if "ァ" <= character <= "ヿ":
        return "katakana"
    if character.isascii() and (character.isalnum() or character in "'&/"):
        return "latin"
    if character.isnumeric() and character.isdigit():
        return "latin"
    return "kanji" if unicodedata.category(character) == "Lo" else "other"
