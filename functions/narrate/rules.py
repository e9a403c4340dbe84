"""Writes the narration without a model: the facts of the lesson in the spoken patterns of `phrases/narrate.yaml`.

A part has sentences it cannot do without and sentences that may fill it; as many of those are said as bring it nearest
to the middle of its allowed time.
"""

from collections.abc import Callable, Iterator
from itertools import combinations

from shared.gates import GateFailure
from shared.gates.checks import LONGEST_CAPTION_PIECE, LONGEST_SPOKEN_SENTENCE, PART1_SECONDS, PART2_SECONDS
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


def write_parts(lesson: Lesson, attempt: int, failures: list[GateFailure], readings: dict[str, str]) -> tuple[str, str]:
    """Part 1 and part 2.

    Args:
        lesson: the facts.
        attempt: 0 for the first; each writes other parts.
        failures: why the attempt before was refused; what was found there is avoided.
        readings: kana of what is read otherwise than written.
    """
    refused = [failure.found for failure in failures if failure.found]
    material = material_of(lesson)

    def drafts() -> Iterator[_Writer]:
        for number in range(DRAFTS):
            yield _Writer(lesson, material, f"{lesson.session_id}/{attempt}/{number}", readings)

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


class _Writer:
    """One script being written: its facts, the patterns and the choices made so far."""

    def __init__(self, lesson: Lesson, material: Material, seed: str, readings: dict[str, str]) -> None:
        self._lesson = lesson
        self._grammar = load_grammar("narrate")
        self._material = material
        self._choices = Choices(seed)
        self._readings = readings

    def part1(self) -> str:
        """Greeting, how it stands to the session before (at the first: praise), diagnosis and principle."""
        lesson = self._lesson
        praise = self._say("praise" if self._can("praise") else "praise_own")
        back = self._say(back_symbol(lesson)) if lesson.session_number > 1 else ""
        start = [self._say("hello"), back or praise]
        principle = [self._say("principle")] if self._can("principle") else [self._say("works")]
        if lesson.mistake is None:
            start += [self._say("clean"), self._say("clean_why")]
        else:
            observed = "observation" if self._can("observation") else "observation_hedged"
            start += [self._say(observed), self._say("point")]
        more = [self._say("say_why"), self._say("works"), self._say("bridge"), *([praise] if back else [])]
        return self._fitted(start + principle, more, [], PART1_SECONDS)

    def part2(self) -> str:
        """Where to look, what to hear when there is sound, and in the end the decisive rule."""
        clean = self._lesson.mistake is None
        look, listen = ("look_clean", "listen_clean") if clean else ("look_here", "listen_here")
        hearing = [self._say(listen)] if self._can(listen) else []
        more = [self._say("sign"), self._say("taste"), self._say(look)]
        end = [self._say("decisive_rule")]
        if clean:  # its sentences are longer: there may be no room for both
            return self._fitted([self._say(look)], [*hearing, *more[:2]], end, PART2_SECONDS)
        return self._fitted([self._say(look), *hearing], more, end, PART2_SECONDS)

    def _can(self, symbol: str) -> bool:
        return self._grammar.count(symbol, self._material) > 0

    def _say(self, symbol: str) -> str:
        """A sentence short enough for the ear and the captions; the last one tried when none is."""
        said = ""
        for _ in range(TRIES_PER_SENTENCE):
            said = self._grammar.sentence(symbol, self._material, self._choices)
            if len(said) <= LONGEST_SPOKEN_SENTENCE and all(
                len(piece) <= LONGEST_CAPTION_PIECE for piece in normalise(said).rstrip("。").split("、")
            ):
                break
        return said

    def _fitted(self, start: list[str], more: list[str], end: list[str], limits: tuple[float, float]) -> str:
        """`start` and `end` with those of `more` between them that bring the whole nearest to the middle."""
        middle = sum(limits) / 2
        candidates = [
            "".join([*start, *chosen, *end]) for count in range(len(more) + 1) for chosen in combinations(more, count)
        ]
        return min(candidates, key=lambda text: abs(estimated_seconds(text, readings=self._readings) - middle))
