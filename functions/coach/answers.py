"""Answers to the questions of a memo: from the knowledge base when it knows, and otherwise an honest word that it does
not. A question is data: it decides what is looked up, and nothing of it is ever followed."""

import re

from functions.coach.corpus import question_words, subject_of
from knowledge_base.fragments import words_about
from knowledge_base.models import Principle
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
    subject = subject_of(question, lesson)
    if subject is None:
        return grammar.sentence("answer_unknown", material, choices)
    if subject.mistake is not None:
        words = words_about(subject.mistake.code)
        known = {**material, **topic_material(words, has_sound=lesson.analysis.has_sound)}
        return grammar.sentence(_kind(question), known, choices)
    line = _line_about(question, subject.principle)
    if not line:
        return grammar.sentence("answer_unknown", material, choices)
    known = {**material, "title": [subject.principle.title], "corpus_line": [line]}
    return grammar.sentence("answer_from_corpus", known, choices)


def _kind(question: str) -> str:
    """What a question wants to know, as a symbol of the patterns."""
    plain = normalise(question)
    kinds = question_words().kinds
    return next((symbol for symbol, asks in kinds.items() if re.search("|".join(asks), plain)), "answer_how")


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
