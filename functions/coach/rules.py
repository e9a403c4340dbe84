"""Writes the coaching text without a model: the facts of the lesson, said in the patterns of `phrases/coach.yaml`.

The session's id seeds every choice, so a lesson is always written the same; another attempt is another seed.
"""

from collections.abc import Set as AbstractSet

from functions.coach.answers import answer_to
from shared.gates import GateFailure
from shared.gates.language import sentences
from shared.lesson.back_reference import back_symbol
from shared.lesson.grammar import Choices, load_grammar
from shared.lesson.lesson import Lesson
from shared.lesson.material import material_of
from shared.models.coaching import Answer, CoachingText

TRIES_PER_SENTENCE = 40
"""Ways to say a sentence that are tried until one repeats nothing refused and no other lesson."""
BRIEF = "要点だけでよい"
THOROUGH = "しくみまで詳しく"
"""Options of the onboarding question `explanation_depth`."""


def write_text(
    lesson: Lesson, attempt: int, failures: list[GateFailure], *, in_use: AbstractSet[str] = frozenset()
) -> CoachingText:
    """A lesson's text.

    Args:
        lesson: the facts.
        attempt: 0 for the first; each writes another text.
        failures: why the attempt before was refused; what was found there is avoided.
        in_use: sentences of other lessons; they are avoided.
    """
    refused = [failure.found for failure in failures if failure.found]
    seed = f"{lesson.session_id}/{attempt}"
    speaker = _Speaker(lesson, seed, refused, in_use)
    clean = lesson.mistake is None
    return CoachingText(
        praise=speaker.praise(),
        mondaiten=speaker.clean() if clean else speaker.problem(),
        skill=speaker.skill(),
        next_action=speaker.say("next_action_clean" if clean else "next_action"),
        success_sign=speaker.say("success_sign"),
        answers=[
            Answer(question=question, answer=answer_to(question, lesson, seed)) for question in lesson.memo.questions
        ],
    )


class _Speaker:
    """One lesson being written: its facts, the patterns and the choices made so far."""

    def __init__(self, lesson: Lesson, seed: str, refused: list[str], in_use: AbstractSet[str]) -> None:
        self._lesson = lesson
        self._grammar = load_grammar("coach")
        self._material = material_of(lesson)
        self._choices = Choices(seed)
        self._refused = refused
        self._in_use = in_use
        self._depth = lesson.profile.get("explanation_depth")

    def say(self, symbol: str) -> str:
        """A sentence that was not refused and is not in use; the last one tried when every one is."""
        return self._grammar.fitting_sentence(
            symbol, self._material, self._choices, self._is_new, tries=TRIES_PER_SENTENCE
        )

    def _is_new(self, said: str) -> bool:
        return not any(piece in said for piece in self._refused) and self._in_use.isdisjoint(sentences(said))

    def say_if_possible(self, symbol: str) -> str:
        return self.say(symbol) if self._grammar.count(symbol, self._material) else ""

    def praise(self) -> str:
        return self.say_if_possible("praise") or self.say("praise_own")

    def problem(self) -> str:
        observed = self.say_if_possible("observation")
        parts = [observed or self.say("observation_hedged"), self.say("point"), self.say("why_therefore")]
        if self._depth == THOROUGH:
            parts.insert(2, self.say("why_plain"))
        if self._depth != BRIEF:
            parts.append(self.say_if_possible("feeling") or (self.say_if_possible("rated_low") if observed else ""))
        return "".join([*self._back(), *parts, self.say_if_possible("unheard_memo")])

    def clean(self) -> str:
        parts = [self.say("clean"), self.say("clean_why")]
        if self._depth != BRIEF:
            parts.append(self.say("clean_meaning"))
        return "".join([*self._back(), *parts, self.say_if_possible("unheard_memo")])

    def skill(self) -> str:
        parts = [self.say("skill_named"), self.say("skill_works")]
        parts.append(self.say_if_possible("skill_encouraged") or self.say_if_possible("skill_pace"))
        if self._depth != BRIEF:
            parts.append(self.say_if_possible("skill_travels"))
        return "".join(parts)

    def _back(self) -> list[str]:
        """How this session relates to the one before; nothing at the first."""
        lesson = self._lesson
        if lesson.session_number == 1:
            return []
        return [self.say(back_symbol(lesson))]
