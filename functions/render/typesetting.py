"""Japanese text into lines: what the fonts can print, breaks where a reader would pause, and the rules of kinsoku.

Japanese is written without spaces, so every gap between two characters is a possible break. Each gap has a price read
off the scripts on its two sides (a change from hiragana to kanji usually begins a new phrase; two kanji are usually one
word), and the lines with the least total price and the least ragged edge win.
"""

import math
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

from functions.render.fonts import DROPPED_CATEGORIES, MISSING, SAME_LOOK, Font, bold

NO_LINE_START = frozenset(
    "、。，．,.・:;：；?!？！゛゜´｀¨ヽヾゝゞ々ー―‐-〜～）)］]｝}〕〉》」』】〟’”％%‰℃ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥"
)
NO_LINE_END = frozenset("（([［｛{〔〈《「『【〝‘“")
PHRASE_ENDS = frozenset("、。，．？！?!」』）】…")
PARTICLES = frozenset("はがをにでともへやてら")
"""Hiragana that often end a phrase: particles, the て of verbs, the ら of から and たら."""
POINTING = ("その", "この", "あの", "どの")
LEANING = (*POINTING, "お", "ご")
"""Words that lean on what follows them."""

FORBIDDEN = math.inf
AFTER_PUNCTUATION, PHRASE_START, AFTER_PARTICLE, MIXED, WITHIN_HIRAGANA, BEFORE_OKURIGANA, WITHIN_WORD = (
    0.0,
    1.0,
    3.5,
    4.0,
    5.0,
    8.0,
    9.0,
)
RAGGED_PRICE = 5.0
"""Price of a line that is half empty; grows with the square of the empty share."""


MOST_LINES = 8
LINE_PRICE = 4.5
"""Price of a line more than needed."""


def printable(text: str, font: Font | None = None) -> str:
    """`text` on one line, in characters the font has.

    White space becomes single spaces. Emoji and invisible characters are left out; any other character without a glyph
    becomes 〓.
    """
    face = font or bold()
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text).translate(SAME_LOOK):
        if character.isspace():
            kept.append(" ")
        elif unicodedata.category(character) in DROPPED_CATEGORIES and (
            character not in face or unicodedata.category(character).startswith("C")
        ):
            continue
        else:
            kept.append(character if character in face else MISSING)
    return " ".join("".join(kept).split())


def break_lines(text: str, font: Font, *, width_em: float, at_most: int) -> list[str] | None:
    """`text` on as few lines as it needs, or one more where that saves a word; None when it does not fit.

    Args:
        text: printable, one line.
        font: whose widths count.
        width_em: width of a line, in ems: as many as full-width characters fit.
        at_most: number of lines.
    """
    if not text:
        return []
    fewest = max(1, math.ceil(font.width(text) / width_em))
    choices: list[tuple[float, list[str]]] = []
    for count in range(fewest, at_most + 1):
        found = _best_lines(text, font, width_em, count)
        if found is not None:
            price, lines = found
            choices.append((price + LINE_PRICE * len(choices), lines))
        if len(choices) == 2:
            break
    return min(choices)[1] if choices else None


def shorten(text: str, font: Font, *, width_em: float, at_most: int) -> list[str]:
    """The lines of `text`, or of as much of its beginning as fits, cut after a sentence or else with an ellipsis."""
    lines = break_lines(text, font, width_em=width_em, at_most=at_most)
    if lines is not None:
        return lines
    ends = [position + 1 for position, character in enumerate(text) if character in "。！？"]
    for end in reversed(ends[:-1]):
        lines = break_lines(text[:end], font, width_em=width_em, at_most=at_most)
        if lines is not None:
            return lines
    for end in range(len(text) - 1, 0, -1):
        lines = break_lines(text[:end].rstrip("、。 ") + "…", font, width_em=width_em, at_most=at_most)
        if lines is not None:
            return lines
    return []


def reads_well(lines: list[str]) -> bool:
    """Whether no line ends in the middle of a word."""
    text, position = "".join(lines), 0
    for line in lines[:-1]:
        position += len(line)
        if break_price(text, position) >= WITHIN_HIRAGANA:
            return False
    return True


def largest_fit(
    texts: list[str], font: Font, *, ems: Sequence[float], width: float, fits: Callable[[float, list[list[str]]], bool]
) -> tuple[float, list[list[str]]] | None:
    """The largest of several sizes at which texts fit, those preferred at which no word is cut; None if there is none.

    Args:
        texts: printable, one line each.
        font: whose widths count.
        ems: sizes to try, largest first.
        width: of a line, in the unit of the sizes.
        fits: whether the lines of all texts have room at a size.
    """
    second_best: tuple[float, list[list[str]]] | None = None
    for em in ems:
        broken = [break_lines(text, font, width_em=width / em, at_most=MOST_LINES) for text in texts]
        lines = [found for found in broken if found is not None]
        if len(lines) < len(texts) or not fits(em, lines):
            continue
        if all(map(reads_well, lines)):
            return em, lines
        second_best = second_best or (em, lines)
    return second_best


@cache
def break_price(text: str, position: int) -> float:
    """What it costs to break a line before the character at `position`, which is not the first. The first rule wins."""
    before, after = text[position - 1], text[position]
    left, right = _script(before), _script(after)
    rules = (
        (after in NO_LINE_START or before in NO_LINE_END or after == " ", FORBIDDEN),
        (before in PHRASE_ENDS or before == " ", AFTER_PUNCTUATION),
        (text.endswith(LEANING, 0, position), BEFORE_OKURIGANA),
        (text.startswith(POINTING, position), PHRASE_START),
        (left == right == "latin", FORBIDDEN),
        (after in NO_LINE_END, PHRASE_START),
        (left == "hiragana" and right in ("kanji", "katakana", "latin"), PHRASE_START),
        (before in PARTICLES, AFTER_PARTICLE),
        (left == right == "hiragana", WITHIN_HIRAGANA),
        (left == right, WITHIN_WORD),
        (right == "hiragana", BEFORE_OKURIGANA),
    )
    return next((price for holds, price in rules if holds), MIXED)


def _best_lines(text: str, font: Font, width_em: float, count: int) -> tuple[float, list[str]] | None:
    """Exactly `count` lines of least price, or None. Dynamic programme over (line, end of the line)."""
    target_em = font.width(text) / count
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for _ in range(count):
        row: dict[int, tuple[float, int]] = {}
        for start, (price, _origin) in best[-1].items():
            for end in range(start + 1, len(text) + 1):
                width = font.width(text[start:end].strip())
                if width > width_em + 1e-9:
                    break
                at_end = 0.0 if end == len(text) else break_price(text, end)
                total = price + at_end + RAGGED_PRICE * ((target_em - width) / width_em * 2) ** 2
                if total < row.get(end, (FORBIDDEN, 0))[0]:
                    row[end] = (total, start)
        best.append(row)
    if len(text) not in best[count]:
        return None
    lines: list[str] = []
    end = len(text)
    for row in reversed(best[1:]):
        start = row[end][1]
        lines.append(text[start:end].strip())
        end = start
    return best[count][len(text)][0], lines[::-1]


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
