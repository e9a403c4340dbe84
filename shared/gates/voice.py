"""The coach's voice, gate by gate: who is spoken to, how sentences end, why, through which sense, and back to what.

Each function takes a text and answers with what is wrong with it, in English, or None. Which field each gate applies to
is decided in `checks.py`.
"""

import re
from functools import cache

from shared.gates.language import any_of, ending, normalise, sentences, words

_KANJI_DIGITS = "一二三"
_OTHER_HONORIFICS = "様|さま|くん|君|ちゃん|殿|氏"


@cache
def _lexicon(file: str, name: str) -> re.Pattern[str]:
    return any_of(words(file)[name])


@cache
def _warm_ending() -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(words("voice")["warm_endings"]) + ")$")


def missing_name(text: str, name: str) -> str | None:
    """The cook is addressed as name + さん, and in no other way."""
    plain, called = normalise(text), normalise(name)
    if other := re.search(re.escape(called) + f"(?:{_OTHER_HONORIFICS})(?!さん)", plain):
        return f"expected {name}さん. Found: {other.group()}"
    return None if f"{called}さん" in plain else f"expected {name}さん somewhere in the lesson. Found: no address"


def cold_ending(text: str) -> str | None:
    """Every sentence ends in ます, です, ましょう or ください (with ね, よ, か at most)."""
    for sentence in sentences(text):
        if not _warm_ending().search(ending(sentence)):
            return (
                f"expected every sentence to end in です, ます, ましょう or ください. Found: …{ending(sentence)[-12:]}"
            )
    return None


def cold_word(text: str) -> str | None:
    """No word that scolds or wounds."""
    found = _lexicon("voice", "cold_words").search(normalise(text))
    return f"expected kind words. Found: {found.group()}" if found else None


def vague_word(text: str) -> str | None:
    """No word that leaves the cook guessing, such as もう少し or 適量."""
    found = _lexicon("voice", "vague_words").search(normalise(text))
    return f"expected a state one can observe. Found: {found.group()}" if found else None


def missing_reason(text: str) -> str | None:
    """At least one から, ので, ため, と… that gives a reason."""
    return (
        None
        if _lexicon("voice", "reasons").search(normalise(text))
        else "expected a reason (から, ので, ため, と…). Found none"
    )


def missing_sense(text: str) -> str | None:
    """Something one can hear, see, feel, smell or taste, and not in a manner of speaking: 自信が膨らむ."""
    plain = _lexicon("voice", "figurative").sub("", normalise(text))
    if any(_lexicon("senses", sense).search(plain) for sense in ("sound", "sight", "touch", "smell", "taste")):
        return None
    return "expected something one hears, sees, feels or smells. Found none"


def sound_words(text: str) -> str | None:
    """The first word of hearing in a text that is not an honest word about a silent film; None when there is none."""
    for sentence in sentences(text):
        if _lexicon("senses", "sound_disclaimers").search(sentence):
            continue
        if found := _lexicon("senses", "heard").search(sentence):
            return found.group()
    return None


def sound_claim(text: str) -> str | None:
    """A word of hearing in a sentence that says what happened, rather than what to listen for next time."""
    for sentence in sentences(text):
        word = sound_words(sentence)
        if word and _lexicon("senses", "sound_claims").search(ending(sentence)):
            return word
    return None


def missing_back_reference(text: str, session_number: int) -> str | None:
    """From the second session on, the lesson refers to an earlier one."""
    if session_number == 1:
        return None
    earlier = "|".join([str(number) for number in range(1, session_number)] + list(_KANJI_DIGITS[: session_number - 1]))
    patterns = [entry.replace("{earlier}", f"(?:{earlier})") for entry in words("voice")["back_references"]]
    if any_of(patterns).search(normalise(text)):
        return None
    return f"expected session {session_number} to refer to an earlier one (前回, これまで…). Found no reference"
