"""The gates every text passes before a cook sees it: one call per kind of text, every failure reported.

`check_coaching`, `check_narration` and `check_answer` return the failures, an empty list being a pass. What fails is
written again naming the gate, then replaced by a safe template: see `functions/coach` and `functions/narrate`.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from pydantic import ValidationError

from shared.gates import hygiene, voice
from shared.gates.action import excess_action
from shared.gates.facts import GateFailure, LessonFacts
from shared.gates.language import ending, normalise, sentences
from shared.gates.measurement import measurements
from shared.gates.speech import estimated_seconds
from shared.models.coaching import CoachingText
from shared.texts import texts

PART1_SECONDS = (30.0, 40.0)
PART2_SECONDS = (15.0, 20.0)
LONGEST_SPOKEN_SENTENCE = 64
"""Characters."""
LONGEST_CAPTION_PIECE = 32
"""Characters between two 、: two caption lines of sixteen."""
ANSWER_LENGTH = (8, 400)
"""Characters of an answer to a memo's question."""
CHAT_ANSWER_LENGTH = (8, 1500)

_NAME_MARK = "□"
_UNSPEAKABLE = re.compile(r"[0-9:/（）()「」『』~〜%&+=…“”\"]")


def check_coaching(text: CoachingText | Mapping[str, object], facts: LessonFacts) -> list[GateFailure]:
    """The gates a coaching text fails. A mapping that is no `CoachingText` fails `schema_and_lengths` alone."""
    if not isinstance(text, CoachingText):
        try:
            text = CoachingText.model_validate(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return [
                GateFailure(
                    gate="schema_and_lengths", reason=f"{where}: {first['msg']}", found=str(first["input"])[:80]
                )
            ]
    gate = _Gates(facts)
    fields = {
        "praise": text.praise,
        "mondaiten": text.mondaiten,
        "skill": text.skill,
        "next_action": text.next_action,
        "success_sign": text.success_sign,
    }
    answers = {f"answers[{position}]": answer.answer for position, answer in enumerate(text.answers)}
    for field, value in answers.items():
        gate.judge("schema_and_lengths", field, _outside(len(value), ANSWER_LENGTH, "characters"))
    gate.judge("name_san", "text", voice.missing_name("\n".join(fields.values()), facts.name))
    gate.each("no_measurement", fields | answers, gate.measurement)
    gate.judge("one_action", "next_action", excess_action(gate.addressed(text.next_action)))
    gate.judge("sensory_cue", "success_sign", voice.missing_sense(gate.addressed(text.success_sign)))
    gate.judge("reason", "mondaiten", voice.missing_reason(gate.addressed(text.mondaiten)))
    gate.each("warm_endings", fields | answers, voice.cold_ending)
    gate.each("kind_words", fields | answers, voice.cold_word)
    gate.each("specific", {name: fields[name] for name in ("next_action", "success_sign")}, voice.vague_word)
    gate.judge("refers_back", "text", voice.missing_back_reference("\n".join(fields.values()), facts.session_number))
    gate.silent(observed=("praise", "mondaiten"), advised=("skill", "next_action", "success_sign"), fields=fields)
    gate.judge("questions_answered", "answers", _unanswered(text, facts.questions))
    gate.hygiene(fields | answers)
    gate.hygiene(
        {f"answers[{position}].question": answer.question for position, answer in enumerate(text.answers)},
        japanese=False,
    )
    return gate.failures


def check_narration(
    part1: str, pivot: str, part2: str, facts: LessonFacts, *, readings: dict[str, str] | None = None
) -> list[GateFailure]:
    """The gates a narration fails. `readings` as in `estimated_seconds`; lengths are seconds of speech."""
    gate = _Gates(facts)
    parts = {"part1": part1, "part2": part2}
    if pivot != texts().pivot:
        gate.judge("pivot_constant", "pivot", f"expected {texts().pivot}. Found: {pivot[:60]}")
    for (name, value), seconds in zip(parts.items(), (PART1_SECONDS, PART2_SECONDS), strict=True):
        gate.judge(
            "schema_and_lengths", name, _outside(estimated_seconds(value, readings=readings), seconds, "s of speech")
        )
    gate.judge("name_san", "part1", voice.missing_name(part1, facts.name))
    gate.each("no_measurement", parts, gate.measurement)
    gate.judge("sensory_cue", "part2", voice.missing_sense(gate.addressed(part2)))
    gate.judge("reason", "part1", voice.missing_reason(gate.addressed(part1)))
    gate.each("warm_endings", parts, voice.cold_ending)
    gate.each("kind_words", parts, voice.cold_word)
    gate.each("specific", {"part2": part2}, voice.vague_word)
    gate.judge("refers_back", "part1", voice.missing_back_reference(part1, facts.session_number))
    gate.silent(observed=("part1", "part2"), advised=(), fields=parts)
    gate.each("speakable", parts, unspeakable)
    gate.hygiene(parts)
    return gate.failures


def check_answer(answer: str, facts: LessonFacts) -> list[GateFailure]:
    """The gates an answer in the chat fails.

    `facts` are those of the most recent lesson; session 1 and sound when there is none.
    """
    gate = _Gates(facts)
    fields = {"answer": answer}
    gate.judge("schema_and_lengths", "answer", _outside(len(answer), CHAT_ANSWER_LENGTH, "characters"))
    gate.judge("name_san", "answer", voice.missing_name(answer, facts.name))
    gate.each("no_measurement", fields, gate.measurement)
    gate.each("warm_endings", fields, voice.cold_ending)
    gate.each("kind_words", fields, voice.cold_word)
    gate.silent(observed=(), advised=("answer",), fields=fields)
    gate.hygiene(fields)
    return gate.failures


class _Gates:
    """Collects what fails. Names are masked where a gate reads words: there is no sound in 音羽さん or 爆音ラーメン."""

    def __init__(self, facts: LessonFacts) -> None:
        self.failures: list[GateFailure] = []
        self._facts = facts

    def addressed(self, text: str) -> str:
        """The text without the cook's name, which is a name only before さん: 香 is also a part of 香り."""
        return normalise(text).replace(f"{normalise(self._facts.name)}さん", f"{_NAME_MARK}さん")

    def masked(self, text: str) -> str:
        """The text without the names of the cook and the dish."""
        dish_name = normalise(self._facts.dish_name)
        return self.addressed(text).replace(dish_name, _NAME_MARK) if dish_name else self.addressed(text)

    def judge(self, gate: str, field: str, reason: str | None) -> None:
        if reason is not None:
            self.failures.append(
                GateFailure(gate=gate, reason=f"{field}: {reason}", found=reason.partition("Found: ")[2][:80])
            )

    def each(self, gate: str, fields: Mapping[str, str], check: Callable[[str], str | None]) -> None:
        for field, value in fields.items():
            self.judge(gate, field, check(self.masked(value)))

    def measurement(self, text: str) -> str | None:
        found = measurements(text)
        return f"expected observable states, no measurement. Found: {found[0]}" if found else None

    def silent(self, *, observed: Iterable[str], advised: Iterable[str], fields: Mapping[str, str]) -> None:
        if self._facts.has_sound:
            return
        for names, check in ((observed, voice.sound_words), (advised, voice.sound_claim)):
            for name in names:
                word = check(self.masked(fields[name]))
                self.judge(
                    "no_sound_claim", name, word and f"expected nothing heard: the film is silent. Found: {word}"
                )

    def hygiene(self, fields: Mapping[str, str], *, japanese: bool = True) -> None:
        for field, value in fields.items():
            for gate, reason in hygiene.unsafe(value):
                self.judge(gate, field, reason)
            self.judge("no_personal_data", field, hygiene.personal_data(value, self._facts.private))
            if japanese:
                self.judge("japanese", field, hygiene.not_japanese(value))


def _outside(value: float, limits: tuple[float, float], unit: str) -> str | None:
    low, high = limits
    return None if low <= value <= high else f"expected {low:g} to {high:g} {unit}. Found: {value:.1f}"


def _unanswered(text: CoachingText, questions: list[str]) -> str | None:
    answered = {normalise(answer.question).strip() for answer in text.answers if answer.answer.strip()}
    missing = [question for question in questions if normalise(question).strip() not in answered]
    return f"expected an answer to every question. Found {len(missing)} without: {missing[0][:40]}" if missing else None


def unspeakable(text: str) -> str | None:
    """What a voice or a caption could not take: symbols, or stretches too long for two caption lines."""
    if symbol := _UNSPEAKABLE.search(text):
        return f"expected words only, for the voice. Found: {symbol.group()!r}"
    for sentence in sentences(text):
        if len(sentence) > LONGEST_SPOKEN_SENTENCE:
            return f"expected sentences of at most {LONGEST_SPOKEN_SENTENCE} characters. Found: {len(sentence)}"
        longest = max(ending(sentence).split("、"), key=len)
        if len(longest) > LONGEST_CAPTION_PIECE:
            return f"expected at most {LONGEST_CAPTION_PIECE} characters between 、. Found: {longest[:40]}"
    return None
