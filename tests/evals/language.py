"""Readability of Japanese texts, measured: how long sentences are, how dense, how they end, what they leave vague."""

import re
from collections import Counter
from typing import Literal

from functions.coach.archive import sentences_of
from shared.gates.action import excess_action
from shared.gates.language import ending, normalise, sentences
from shared.gates.voice import cold_ending, vague_word
from shared.models.coaching import CoachingText
from tests.evals.metrics import Metric

ENDING_CHARACTERS = 4
"""The end of a sentence is told apart by its last four characters: れました, ましょう, らです …"""

_KANJI = re.compile("[一-鿿々]")
_LETTER = re.compile("[ぁ-ゖァ-ヺー一-鿿々A-Za-z]")


def fields_of(text: CoachingText) -> list[str]:
    """What a cook reads of a lesson, answers included."""
    return [
        text.praise,
        text.mondaiten,
        text.skill,
        text.next_action,
        text.success_sign,
        *(answer.answer for answer in text.answers),
    ]


def measure_language(texts: list[CoachingText]) -> list[Metric]:
    """The measures over many lessons.

    Bounds: a sentence of Japanese prose for everybody has 40 to 60 characters and a kanji share of 0.2 to 0.4
    (newspaper style guides); the rest is the product's own law.
    """
    said = [sentence for text in texts for field in fields_of(text) for sentence in sentences(field)]
    lengths = sorted(len(sentence) for sentence in said)
    letters = "".join(normalise(sentence) for sentence in said)
    endings = Counter(ending(sentence)[-ENDING_CHARACTERS:] for sentence in said)
    once = Counter(sentence for text in texts for sentence in sentences_of(text))

    def metric(name: str, value: float, *, bound: float, lower: bool = True, slack: float = 0.0) -> Metric:
        better: Literal["higher", "lower"] = "lower" if lower else "higher"
        return Metric(section="language", name=name, value=value, better=better, bound=bound, slack=slack)

    return [
        metric("characters per sentence", sum(lengths) / len(lengths), bound=60, slack=2),
        metric("characters, longest in twenty", lengths[int(len(lengths) * 0.95)], bound=90, slack=5),
        metric("kanji share", len(_KANJI.findall(letters)) / len(_LETTER.findall(letters)), bound=0.4, slack=0.02),
        metric("share of the commonest ending", endings.most_common(1)[0][1] / len(said), bound=0.2, slack=0.02),
        metric("different endings", len(endings), bound=40, lower=False, slack=10),
        metric("sentences said twice, answers left out", sum(count - 1 for count in once.values()), bound=0),
        metric(
            "vague words", sum(vague_word(field) is not None for text in texts for field in fields_of(text)), bound=0
        ),
        metric(
            "cold endings", sum(cold_ending(field) is not None for text in texts for field in fields_of(text)), bound=0
        ),
        metric(
            "lessons without exactly one action",
            sum(excess_action(text.next_action) is not None for text in texts),
            bound=0,
        ),
    ]
