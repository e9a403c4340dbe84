"""A sentence into captions: pieces of at most two lines of sixteen full-width characters, cut where the voice rests.

The best cutting is the one of least price: few captions, cut at commas, lines that end where a phrase does, no caption
and no line much longer than the other. A word is cut only where it is longer than a line by itself.
"""

from itertools import accumulate, pairwise
from typing import NamedTuple

from functions.render.fonts import bold
from functions.render.typesetting.breaks import PAUSES, break_prices

LINE_EM = 16
CAPTION_PRICE = 1000.0
CUT_PRICE = 1200.0
"""For a caption that ends where the voice does not rest."""
BREAK_PRICE = 300.0
"""Times what the gap costs (`breaks.py`) at which a caption ends, or its first line does."""
LAST_RESORT = 1e6
"""For a gap that is forbidden: taken only where a line would leave the picture otherwise."""
UNEVEN_PRICE = 4.0
"""Times the square of the ems by which one line of a caption is longer than the other."""
SHORT_EM, SHORT_PRICE = 7, 400.0
"""A caption shorter than this flickers past."""


class Piece(NamedTuple):
    """One caption of a sentence."""

    end: int
    """Position in the sentence behind the last character; the first is where the piece before it ends."""
    lines: list[str]


class _Choice(NamedTuple):
    """The best way to cut a sentence up to some position."""

    price: float
    start: int
    """Where its last piece begins."""
    middle: int
    """Where the second line of its last piece begins; its start, if there is only one line."""


def cut_sentence(text: str) -> list[Piece]:
    """The captions of one printable sentence; joined, they are the sentence."""
    gaps = [min(LAST_RESORT, BREAK_PRICE * price) for price in break_prices(text)]
    ems = [0.0, *accumulate(bold().width(character) for character in text)]
    best = [_Choice(0.0, 0, 0)]
    for end in range(1, len(text) + 1):
        resting = end == len(text) or text[end - 1] in PAUSES
        cut_price = (0.0 if end == len(text) else gaps[end]) + (0.0 if resting else CUT_PRICE)
        choices = []
        for start in reversed(range(end)):
            if ems[end] - ems[start] > 2 * LINE_EM:
                break
            price, middle = _set(gaps, ems, start, end)
            choices.append(_Choice(best[start].price + price + cut_price, start, middle))
        best.append(min(choices))
    return _traced(text, best)


def _set(gaps: list[float], ems: list[float], start: int, end: int) -> tuple[float, int]:
    """Price of a piece, and where its second line begins; its start, if one line is enough."""
    width = ems[end] - ems[start]
    price = CAPTION_PRICE + width**2 + (SHORT_PRICE if width < SHORT_EM else 0.0)
    if width <= LINE_EM:
        return price, start
    breaks = []
    for middle in range(start + 1, end):
        first, second = ems[middle] - ems[start], ems[end] - ems[middle]
        if max(first, second) <= LINE_EM:
            breaks.append((gaps[middle] + UNEVEN_PRICE * (first - second) ** 2, middle))
    if not breaks:
        return float("inf"), start
    break_price, middle = min(breaks)
    return price + break_price, middle


def _traced(text: str, best: list[_Choice]) -> list[Piece]:
    """The pieces of the best way to the end, in order."""
    pieces: list[Piece] = []
    end = len(text)
    while end:
        _, start, middle = best[end]
        bounds = sorted({start, middle, end})
        pieces.append(Piece(end, [text[left:right].strip() for left, right in pairwise(bounds)]))
        end = start
    return pieces[::-1]
