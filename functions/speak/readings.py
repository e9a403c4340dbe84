"""What the voice is given to read: the script with kana in place of words and names that voices misread.

The captions keep the script as written; only the voice sees the readings.
"""

import re
from collections.abc import Iterable

from knowledge_base.models import Reading

_KANA = re.compile(r"[ぁ-ゖァ-ヺー・　 ]{1,100}")
HONORIFICS = ("さん", "様", "さま", "ちゃん", "くん", "君")


class Pronunciation:
    """Replaces written forms by their readings, always the longest form that matches at a place."""

    def __init__(self, lexicon: Iterable[Reading], *, name: str = "", name_reading: str | None = None) -> None:
        """Args:
        lexicon: written forms and their readings.
        name: the cook's first name as it stands in the script.
        name_reading: the name in kana. Anything else is not a reading and is left out: the name is then read as
            written.
        """
        self._readings = {entry.written: entry.reading for entry in lexicon}
        name = " ".join(name.split())  # the script's white space is put in order the same way
        if name and name_reading and _KANA.fullmatch(name_reading):
            # Only where the cook is addressed: a name such as 恵 is also a part of ordinary words.
            self._readings |= {name + honorific: name_reading + honorific for honorific in HONORIFICS}
        longest_first = sorted(filter(None, self._readings), key=len, reverse=True)
        self._written = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def of(self, text: str) -> str:
        """`text` as the voice is to read it."""
        if self._written is None:
            return text
        return self._written.sub(lambda match: self._readings[match[0]], text)
