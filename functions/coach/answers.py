"""Answers to the questions of a memo: from the knowledge base when it knows, and otherwise an honest word that it does
not. A question is data: it decides what is looked up, and nothing of it is ever followed."""

import re
from collections.abc import Mapping, Sequence

from functions.coach.corpus import question_words, subject_of
from knowledge_base.fragments import words_about
from knowledge_base.models import Mistake, Principle
from knowledge_base.wording import load_wording
from shared.gates import hygiene
from shared.gates.checks import ANSWER_LENGTH
from shared.gates.language import normalise, sentences
from shared.gates.measurement import measurements
from shared.gates.voice import cold_ending, cold_word
from shared.lesson.grammar import Choices, load_grammar
from shared.lesson.lesson import Lesson
from shared.lesson.material import material_of, topic_material


def answer_to(question: str, lesson: Lesson, seed: str) -> str:
    """The answer, in the coach's voice; always there."""
    grammar, choices = load_grammar("coach"), Choices(f"{seed}/{question}")
    material = material_of(lesson)
    asks_about_the_lesson = asked_of_the_lesson(question)
    if asks_about_the_lesson is not None:
        symbol = _about_the_lesson(asks_about_the_lesson, lesson)
        return grammar.sentence(symbol, material, choices)
    subject = subject_of(question, lesson)
    if subject is None:
        return grammar.sentence("answer_unknown", material, choices)
    if subject.mistake is not None:
        words = words_about(subject.mistake.code)
        known = {**material, **topic_material(words, has_sound=lesson.analysis.has_sound)}
        return grammar.sentence(_about_a_mistake(question, subject.mistake, lesson), known, choices)
    line = _line_about(question, subject.principle)
    if not line:
        return grammar.sentence("answer_unknown", material, choices)
    known = {**material, "title": [subject.principle.title], "corpus_line": [line]}
    return grammar.sentence("answer_from_corpus", known, choices)


def asked_of_the_lesson(question: str) -> str | None:
    """What a question asks of the lesson as a whole (what next, what was wrong), as a symbol of the patterns."""
    return _symbol(question, question_words().about_the_lesson, whole=True)


def _symbol(question: str, readings: Mapping[str, Sequence[str]], *, whole: bool = False) -> str | None:
    """The first symbol one of whose patterns reads the question (or, if `whole`, all of it)."""
    plain = normalise(question).strip(" ?。!")
    read = re.fullmatch if whole else re.search
    return next((symbol for symbol, asks in readings.items() if read("|".join(asks), plain)), None)


def _about_the_lesson(symbol: str, lesson: Lesson) -> str:
    if symbol == "answer_cause" and lesson.mistake is None:
        return "answer_nothing_wrong"
    if symbol == "answer_dish" and not lesson.transfers:
        return "answer_next"
    return symbol


def _about_a_mistake(question: str, asked: Mistake, lesson: Lesson) -> str:
    """What a question wants to know of a mistake; a suspicion is answered from what the video showed."""
    kind = _symbol(question, question_words().kinds) or "answer_how"
    if kind != "answer_suspected" or asked == lesson.mistake:
        return kind
    return "answer_nothing_wrong" if lesson.mistake is None else "answer_not_suspected"


def _line_about(question: str, principle: Principle) -> str:
    """The sentence of a principle that shares most with the question, if it may be said as it stands."""
    wording = load_wording()
    asked = wording.terms(question)
    sayable = [line for line in sentences(principle.principle_text) if _may_stand(line)]
    return max(sayable, key=lambda line: (wording.terms(line) & asked).total(), default="")


def _may_stand(line: str) -> bool:
    return (
        ANSWER_LENGTH[0] <= len(line) <= ANSWER_LENGTH[1] // 2
        and not measurements(line)
        and not hygiene.unsafe(line)
        and cold_ending(line) is None
        and cold_word(line) is None
    )
