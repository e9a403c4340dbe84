"""Japanese text as the gates read it: one spelling for the same character, and the text cut into sentences.

Every gate works on `normalise(text)`, so full-width digits, half-width katakana, squared units (㌘) and invisible
characters cannot hide a word from it.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

_SENTENCE = re.compile(r"(?:「[^」\n]*」|『[^』\n]*』|[^。!?\n])+(?:[。!?]+[」』)）]*|$|(?=\n))")
_QUOTED = re.compile(r"「[^」\n]*」|『[^』\n]*』")
_CLOSING = "」』)）】"
_WAVES = str.maketrans({"〜": "~", "～": "~", "∼": "~", "‐": "-", "−": "-", "–": "-", "—": "-"})


def normalise(text: str) -> str:
    """NFKC, one kind of wave dash and hyphen, and no invisible format characters (zero-width spaces and the like)."""
    composed = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in composed if unicodedata.category(character) != "Cf")
    return visible.translate(_WAVES)


def sentences(text: str) -> list[str]:
    """The sentences of a text, with their closing mark, normalised; empty ones are left out.

    A 。 inside a quotation ends no sentence: 「塩は水を呼ぶ。ふる時を選ぶ」という原理です is one.
    """
    found = (match.group().strip() for match in _SENTENCE.finditer(normalise(text)))
    return [sentence for sentence in found if sentence.strip("。!?" + _CLOSING)]


def unquoted(text: str) -> str:
    """A text with what stands between 「」 taken out: words that are named, not said."""
    return _QUOTED.sub("「」", text)


def ending(sentence: str) -> str:
    """A sentence without its closing marks and quotes: what its last word is looked up in."""
    return sentence.rstrip("。!?. ~…♪" + _CLOSING)


def snippet(text: str, start: int, end: int, around: int = 6) -> str:
    """A piece of text with a little of what stands around it, for a failure's `found`; at most 80 characters."""
    return text[max(0, start - around) : end + around].replace("\n", " ")[:80]


@cache
def words(name: str) -> dict[str, list[str]]:
    """The word lists of one file beside this one (`senses`, `voice`, …): by list name, normalised."""
    path = Path(__file__).with_name(f"{name}.yaml")
    lists = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    if not isinstance(lists, dict) or not all(isinstance(entries, list) for entries in lists.values()):
        raise ValueError(f"{path.name}: expected a mapping of word lists. Found: {type(lists).__name__}")
    return {key: [str(entry) for entry in entries] for key, entries in lists.items()}


def any_of(entries: list[str]) -> re.Pattern[str]:
    """A pattern that finds any of these regular expressions, longest first.

    ASCII, so that a Latin word has its boundary (\\b) where Japanese begins: JSON形式.
    """
    return re.compile("|".join(f"(?:{entry})" for entry in sorted(entries, key=len, reverse=True)), re.ASCII)
