"""Writes the narration without a model: the facts of the lesson in the spoken patterns of `phrases/narrate.yaml`.

A part has sentences it cannot do without and sentences that may fill it; as many of those are said as bring it nearest
to the middle of its allowed time.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

from shared.gates import GateFailure
from shared.gates.checks import PART1_SECONDS, PART2_SECONDS, unspeakable
from shared.gates.language import normalise
from shared.gates.speech import estimated_seconds
from shared.gates.voice import missing_sense
from shared.lesson.back_reference import back_symbol
from shared.lesson.grammar import Choices, Material, load_grammar
from shared.lesson.lesson import Lesson
from shared.lesson.material import material_of

DRAFTS = 24
"""Drafts per attempt; the first that says nothing refused, in sentences short enough and in its time, is taken."""
TRIES_PER_SENTENCE = 16
MARGIN = 0.045
"""Share of a limit that is kept from it: twice the standard deviation of the estimate on a whole part."""


def write_parts(
    lesson: Lesson,
    attempt: int,
    failures: list[GateFailure],
    readings: dict[str, str],
    *,
    heard_before: AbstractSet[str] = frozenset(),
) -> tuple[str, str]:
    """Part 1 and part 2.

    Args:
        lesson: the facts.
        attempt: 0 for the first; each writes other parts.
        failures: why the attempt before was refused; what was found there is avoided.
        readings: kana of what is read otherwise than written.
        heard_before: sentences of this cook's other videos; they are avoided.
    """
    refused = [failure.found for failure in failures if failure.found]
    material = material_of(lesson)

    def drafts() -> Iterator[_Writer]:
        for number in range(DRAFTS):
            yield _Writer(lesson, material, f"{lesson.session_id}/{attempt}/{number}", readings, heard_before)

    def sayable(part: str, limits: tuple[float, float]) -> bool:
        low, high = limits
        in_time = low * (1 + MARGIN) <= estimated_seconds(part, readings=readings) <= high * (1 - MARGIN)
        return in_time and not any(piece in part for piece in refused)

    part1 = _first((draft.part1() for draft in drafts()), lambda part: sayable(part, PART1_SECONDS))
    part2 = _first(
        (draft.part2() for draft in drafts()),
        lambda part: sayable(part, PART2_SECONDS) and missing_sense(part) is None,
    )
    return part1, part2


def _first(drafts: Iterator[str], fits: Callable[[str], bool]) -> str:
    """The first draft that fits; the first of all when none does."""
    first = next(drafts)
    return first if fits(first) else next((draft for draft in drafts if fits(draft)), first)


@dataclass(frozen=True, eq=False)
class _Sentence:
    """One sentence of a part, and whether the part needs it."""

    text: str
    needed: bool


class _Writer:
    """One script being written: its facts, the patterns and the choices made so far."""

    def __init__(
        self, lesson: Lesson, material: Material, seed: str, readings: dict[str, str], heard_before: AbstractSet[str]
    ) -> None:
        self._lesson = lesson
        self._grammar = load_grammar("narrate")
        self._material = material
        self._choices = Choices(seed)
        self._readings = readings
        self._heard_before = heard_before

    def part1(self) -> str:
        """Greeting, praise or how it stands to the session before, diagnosis, principle, and a word to the clip."""
        lesson = self._lesson
        praise = self._said("praise" if self._can("praise") else "praise_own")
        opening = [self._said("hello"), praise]
        if lesson.session_number > 1:
            opening = [self._said("hello"), self._said(back_symbol(lesson)), self._spare(praise.text)]
        if lesson.mistake is None:
            finding = [self._said("clean"), self._said("clean_why")]
        else:
            observed = self._said("observation" if self._can("observation") else "observation_hedged")
            finding = [observed, self._said("point")]
        principle = self._said("principle" if self._can("principle") else "principle_silent")
        why, works, bridge = (self._spare(self._say(symbol)) for symbol in ("say_why", "works", "bridge"))
        return self._fitted([*opening, *finding, why, principle, works, bridge], PART1_SECONDS)

    def part2(self) -> str:
        """Where to look, what to hear when there is sound, and in the end the decisive rule."""
        clean = self._lesson.mistake is None
        look, listen = ("look_clean", "listen_clean") if clean else ("look_here", "listen_here")
        hearing = [_Sentence(self._say(listen), needed=not clean)] if self._can(listen) else []
        more = [] if clean else [self._spare(self._say(look))]
        more += [self._spare(self._say(symbol)) for symbol in ("sign", "taste")]
        return self._fitted([self._said(look), *hearing, *more, self._said("decisive_rule")], PART2_SECONDS)

    def _said(self, symbol: str) -> _Sentence:
        """A sentence the part cannot do without."""
        return _Sentence(self._say(symbol), needed=True)

    def _spare(self, text: str) -> _Sentence:
        """A sentence that is said when there is time for it."""
        return _Sentence(text, needed=False)

    def _can(self, symbol: str) -> bool:
        return self._grammar.count(symbol, self._material) > 0

    def _say(self, symbol: str) -> str:
        """A new sentence the voice and the captions can take; the last one tried when there is none."""
        return self._grammar.fitting_sentence(
            symbol,
            self._material,
            self._choices,
            lambda said: normalise(said) not in self._heard_before and unspeakable(said) is None,
            tries=TRIES_PER_SENTENCE,
        )

    def _fitted(self, sentences: list[_Sentence], limits: tuple[float, float]) -> str:
        """The needed sentences and those of the spare ones that bring the whole nearest to the middle, in order."""
        middle = sum(limits) / 2
        spare = [sentence for sentence in sentences if not sentence.needed]
        choices = (left_out for count in range(len(spare) + 1) for left_out in combinations(spare, count))
        candidates = [
            "".join(sentence.text for sentence in sentences if sentence not in left_out) for left_out in choices
        ]
        return min(candidates, key=lambda text: abs(estimated_seconds(text, readings=self._readings) - middle))
