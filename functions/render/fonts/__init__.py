"""The fonts this project ships: Zen Maru Gothic (SIL Open Font License, see OFL.txt), a rounded Japanese typeface.

Their tables are read here for three facts typesetting needs: which characters exist, how wide each is, and how the
size that ASS counts in relates to the em.
"""

import math
import struct
from functools import cache
from pathlib import Path

DIRECTORY = Path(__file__).parent
MISSING = "〓"
"""Printers' sign for a character that is not in the case."""
SAME_LOOK = str.maketrans({"～": "〜", "―": "—", "−": "－", "‐": "-", "\u00a0": " ", "✓": "√"})
"""Characters that stand for ones the fonts lack."""
DROPPED_CATEGORIES = ("So", "Sk", "Cs", "Co", "Cn", "Cc", "Cf", "Mn")
"""Unicode categories of emoji, their modifiers and control characters: left out where the fonts lack them."""


class Font:
    """One face: its widths and its characters, read from the file's own tables."""

    def __init__(self, path: Path, family: str, *, bold: bool) -> None:
        """Args:
        path: a TrueType file with a Unicode cmap (format 4 or 12).
        family: the name libass finds it by.
        bold: whether libass must ask for the bold face of that family.
        """
        self.family = family
        self.bold = bold
        data = path.read_bytes()
        tables = _tables(data)
        units_per_em: int = struct.unpack_from(">H", data, tables["head"] + 18)[0]
        ascent, descent = struct.unpack_from(">HH", data, tables["OS/2"] + 74)
        self.ass_size_per_em = float(ascent + descent) / units_per_em
        """ASS counts the height of the line box, not the em."""
        advance_count = struct.unpack_from(">H", data, tables["hhea"] + 34)[0]
        advances = struct.unpack_from(">" + "Hh" * advance_count, data, tables["hmtx"])[::2]
        self._width = {
            code: advances[min(glyph, advance_count - 1)] / units_per_em for code, glyph in _cmap(data, tables["cmap"])
        }

    def width(self, text: str) -> float:
        """Width of one line, in ems."""
        return math.fsum(self._width.get(ord(character), 1.0) for character in text)

    def __contains__(self, character: str) -> bool:
        """Whether there is a glyph for the character."""
        return ord(character) in self._width


def _tables(data: bytes) -> dict[str, int]:
    """Offsets of the tables."""
    count = struct.unpack_from(">H", data, 4)[0]
    entries = (struct.unpack_from(">4sIII", data, 12 + 16 * index) for index in range(count))
    return {tag.decode("ascii"): offset for tag, _, offset, _ in entries}


def _cmap(data: bytes, table: int) -> list[tuple[int, int]]:
    """Pairs of code point and glyph, from the richest subtable."""
    count = struct.unpack_from(">H", data, table + 2)[0]
    offsets = [table + struct.unpack_from(">HHI", data, table + 4 + 8 * index)[2] for index in range(count)]
    formats = {struct.unpack_from(">H", data, offset)[0]: offset for offset in offsets}
    if 12 in formats:
        return _cmap_format_12(data, formats[12])
    if 4 in formats:
        return _cmap_format_4(data, formats[4])
    raise ValueError(f"expected a font with a cmap of format 4 or 12. Found: {sorted(formats)}")


def _cmap_format_12(data: bytes, offset: int) -> list[tuple[int, int]]:
    pairs = []
    for group in range(struct.unpack_from(">I", data, offset + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", data, offset + 16 + 12 * group)
        pairs += [(code, glyph + code - first) for code in range(first, last + 1)]
    return pairs


def _cmap_format_4(data: bytes, offset: int) -> list[tuple[int, int]]:
    segments = struct.unpack_from(">H", data, offset + 6)[0] // 2
    ends, starts = offset + 14, offset + 16 + 2 * segments
    deltas, ranges = starts + 2 * segments, starts + 4 * segments
    pairs = []
    for segment in range(segments):
        end, start, delta, range_offset = (
            struct.unpack_from(">H", data, column + 2 * segment)[0] for column in (ends, starts, deltas, ranges)
        )
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if range_offset:
                place = ranges + 2 * segment + range_offset + 2 * (code - start)
                glyph = struct.unpack_from(">H", data, place)[0]
            if glyph or not range_offset:
                pairs.append((code, (glyph + delta) & 0xFFFF))
    return [(code, glyph) for code, glyph in pairs if glyph]


@cache
def bold() -> Font:
    """For captions, titles and headings."""
    return Font(DIRECTORY / "ZenMaruGothic-Bold.ttf", "Zen Maru Gothic", bold=True)


@cache
def medium() -> Font:
    """For running text."""
    return Font(DIRECTORY / "ZenMaruGothic-Medium.ttf", "Zen Maru Gothic Medium", bold=False)
