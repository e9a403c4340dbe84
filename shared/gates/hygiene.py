"""What must not reach a cook whoever wrote it: leaked instructions, links, markup, emoji, control characters, contact
data.

Each function takes a text and answers with what is wrong with it, in English, or None.
"""

import re
import unicodedata
from functools import cache

from shared.gates.language import any_of, normalise, snippet, words

_ENCLOSED_NUMBERS = re.compile("[①-⓿⒈-⒛]")
_KANA = re.compile("[ぁ-ゖァ-ヺー]")
_LETTERS = re.compile(r"[A-Za-z]")
_MINIMUM_KANA_SHARE = 0.2
_SHORTEST_PRIVATE = 4
"""Characters; shorter private strings would match by accident."""


@cache
def _lexicon(name: str) -> re.Pattern[str]:
    return any_of(words("hygiene")[name])


def _found(name: str, text: str, expected: str) -> str | None:
    plain = normalise(text)
    match = _lexicon(name).search(plain)
    return f"expected {expected}. Found: {snippet(plain, match.start(), match.end())!r}" if match else None


def leakage(text: str) -> str | None:
    """No word of prompts, models, field names or roles."""
    return _found("leakage", text, "talk about cooking only")


def link(text: str) -> str | None:
    """No address of anything, and no call to open one."""
    return _found("links", text, "no link")


def markup(text: str) -> str | None:
    """Plain text: no HTML, Markdown, list marks or leftovers of a template."""
    if circled := _ENCLOSED_NUMBERS.search(text):
        return f"expected plain sentences. Found: {circled.group()!r}"
    return _found("markup", text, "plain text")


def emoji(text: str) -> str | None:
    """No pictographs: the headings bring theirs, the sentences have none."""
    for character in text:
        pictograph = unicodedata.category(character) == "So" and character not in "°℃℉"
        if pictograph or "\U0001f000" <= character <= "\U0001faff":
            return f"expected no emoji. Found: U+{ord(character):04X}"
    return None


def control(text: str) -> str | None:
    """No control, invisible, private or unassigned characters; a line break is fine."""
    for character in text:
        if character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Cs"):
            return f"expected printable characters. Found: U+{ord(character):04X}"
    return None


def personal_data(text: str, private: list[str]) -> str | None:
    """No e-mail address, telephone number, postal code, card number or id, and none of the strings known as private."""
    plain = normalise(text).casefold()
    for secret in private:
        if len(secret) >= _SHORTEST_PRIVATE and normalise(secret).casefold() in plain:
            return "expected no private data. Found: one of the cook's own private strings"
    return (
        "expected no private data. Found: what reads like contact data"
        if _lexicon("personal").search(normalise(text))
        else None
    )


def not_japanese(text: str) -> str | None:
    """Written in Japanese: kana at least a fifth of the letters."""
    kana, latin = len(_KANA.findall(text)), len(_LETTERS.findall(text))
    letters = sum(character.isalpha() for character in text)
    if text.strip() and (not kana or kana < letters * _MINIMUM_KANA_SHARE or latin > kana):
        return f"expected Japanese. Found: {kana} kana among {letters} letters"
    return None


def unsafe(text: str) -> list[tuple[str, str]]:
    """Every gate of this module on a text without private strings: (gate, reason) of those it fails."""
    checks = {
        "no_leakage": leakage(text),
        "no_links": link(text),
        "no_markup": markup(text),
        "no_emoji": emoji(text),
        "no_control_characters": control(text),
        "no_personal_data": personal_data(text, []),
    }
    return [(gate, reason) for gate, reason in checks.items() if reason is not None]
