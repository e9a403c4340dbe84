"""How long a Japanese text takes to say, estimated from its characters, so that a script fits before a voice exists.

Measured on Open JTalk (the embedded voice) over this project's own narrations; `tests/functions/narrate` compares the
estimate with synthesis. Chirp voices speak at a similar pace at rate 1.0.
"""

import re

from shared.gates.language import normalise, sentences

SENTENCE_PAUSE_S = 0.45
"""Silence between two sentences of a part; the default of the stage that speaks."""
SECONDS_PER_MORA = 0.1229
COMMA_PAUSE_S = 0.503
"""Silence a voice leaves at 、, with the lengthening before it."""
SENTENCE_OVERHEAD_S = 0.107
"""What one synthesis adds beyond its morae: the release of the last sound."""
MORAE_PER_KANJI = 1.51
"""Mean over this project's narrations: 鍋 has two, 温 in 温まる three, 具 one."""
MORAE_PER_LATIN_LETTER = 1.5

_SMALL_KANA = re.compile("[ぁぃぅぇぉゃゅょゎァィゥェォャュョヮ]")
_KANA = re.compile("[ぁ-ゖァ-ヺー]")
_KANJI = re.compile("[一-鿿々〆]")
_LATIN = re.compile("[A-Za-z0-9]")


def morae(text: str) -> float:
    """Morae of a text, kana counted exactly (きゃ is one), kanji by their mean."""
    plain = normalise(text)
    kana = len(_KANA.findall(plain)) - len(_SMALL_KANA.findall(plain))
    return kana + len(_KANJI.findall(plain)) * MORAE_PER_KANJI + len(_LATIN.findall(plain)) * MORAE_PER_LATIN_LETTER


def estimated_seconds(text: str, *, readings: dict[str, str] | None = None) -> float:
    """Seconds it takes to say a text, pauses between its sentences included.

    `readings` gives the kana of words that are read otherwise than written, such as the cook's name.
    """
    spoken = text
    for written, reading in (readings or {}).items():
        spoken = spoken.replace(written, reading)
    parts = sentences(spoken)
    said = sum(
        morae(part) * SECONDS_PER_MORA + part.count("、") * COMMA_PAUSE_S + SENTENCE_OVERHEAD_S for part in parts
    )
    return said + SENTENCE_PAUSE_S * max(0, len(parts) - 1)
