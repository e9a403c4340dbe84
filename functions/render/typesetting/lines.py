"""Text into lines: what the fonts can print, as few lines as it needs, broken where a reader accepts it.

Every gap between two characters has a price (`breaks.py`); the lines with the least total price and the least ragged
edge win.
"""

import math
import unicodedata
from collections.abc import Callable, Sequence

from functions.render.fonts import DROPPED_CATEGORIES, MISSING, SAME_LOOK, Font, bold
from functions.render.typesetting.breaks import FORBIDDEN, WITHIN_PHRASE, break_prices

_HARMLESS = str.maketrans({"\\": "＼", "{": "（", "}": "）"})
"""Characters with a meaning in the overlay's language become ones without, before anything is measured."""
RAGGED_PRICE = 5.0
"""Price of a line that is half empty; grows with the square of the empty share."""
MOST_LINES = 8
LINE_PRICE = 4.5
"""Price of a line more than needed."""


def printable(text: str, font: Font | None = None) -> str:
    """`text` on one line, in characters the font has.

    White space becomes single spaces, braces and backslashes their full-width kin. Emoji and invisible characters are
    left out; any other character without a glyph becomes 〓.
    """
    face = font or bold()
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text).translate(SAME_LOOK).translate(_HARMLESS):
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
    position = 0
    prices = break_prices("".join(lines))
    for line in lines[:-1]:
        position += len(line)
        if prices[position] >= WITHIN_PHRASE:
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


def _best_lines(text: str, font: Font, width_em: float, count: int) -> tuple[float, list[str]] | None:
    """Exactly `count` lines of least price, or None. Dynamic programme over (line, end of the line)."""
    target_em = font.width(text) / count
    prices = break_prices(text)
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for _ in range(count):
        row: dict[int, tuple[float, int]] = {}
        for start, (price, _origin) in best[-1].items():
            for end in range(start + 1, len(text) + 1):
                width = font.width(text[start:end].strip())
                if width > width_em + 1e-9:
                    break
                at_end = 0.0 if end == len(text) else prices[end]
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
