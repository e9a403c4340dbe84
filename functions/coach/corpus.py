"""Which mistake or principle a question is about: shared terms, rare ones counting more. Built once per process.

The terms are those of the search (`knowledge_base.wording`), so フライパン and 鍋 are the same word here too.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from knowledge_base.catalogue import FREE_DISH, load_catalogue
from knowledge_base.fragments import words_about
from knowledge_base.models import MemoSign, Mistake, Principle
from knowledge_base.wording import load_wording
from shared.gates.language import normalise
from shared.lesson.lesson import Lesson
from shared.models.base import Model

FLOOR = 0.36
"""How much of a question's weight a subject must share to be what it is about; less: it is not answered from here."""
LENGTH_POWER = 0.2
"""How much a subject that says a lot must share more than one that says little."""
OF_THIS_LESSON = 1.3
"""What the lesson's own mistake counts: most questions are about what went wrong in this very pan."""
OF_THE_DISH, RULE_OF_THE_DISH, OF_ANY_DISH, OF_OTHERS = 1.0, 0.8, 0.85, 0.4
"""What a mistake of this dish counts, a principle of it without a mistake, one of any dish, one of other dishes: the
cook asks about the pan in front of them."""


@dataclass(frozen=True)
class Subject:
    """Something a question can be about: a principle, with its mistake where it has one."""

    principle: Principle
    mistake: Mistake | None
    terms: frozenset[str]
    length: float
    """Weight of its terms; the mean subject has 1."""


class QuestionWords(Model):
    """`questions.yaml`."""

    about_the_lesson: dict[str, list[str]]
    kinds: dict[str, list[str]]
    asking: list[str]


@cache
def question_words() -> QuestionWords:
    """How questions are read."""
    return QuestionWords.model_validate(
        YAML(typ="safe", pure=True).load(Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"))
    )


def subject_of(question: str, lesson: Lesson) -> Subject | None:
    """What a question is about, or None when nothing in the knowledge base is near enough.

    A complaint (べちゃ, 焦げ …) in which the lesson's own mistake shows is about that mistake.
    """
    subjects, weights = _subjects()
    taught = next((subject for subject in subjects if subject.mistake and subject.mistake == lesson.mistake), None)
    if taught is not None and _complains_of(question, taught):
        return taught
    asked_about = re.sub("|".join(question_words().asking), " ", normalise(question))
    asked = frozenset(load_wording().terms(asked_about))
    rarest = max(weights.values())
    total = sum(weights.get(term, rarest) for term in asked)
    if not total:
        return None

    def nearness(subject: Subject) -> float:
        shared = sum(weights[term] for term in asked & subject.terms) / total
        near = shared / math.pow(subject.length, LENGTH_POWER)
        return near * _closeness(subject, lesson.dish_slug) * (OF_THIS_LESSON if subject is taught else 1)

    best = max(subjects, key=nearness)
    return best if nearness(best) >= FLOOR else None


def _complains_of(question: str, subject: Subject) -> bool:
    """Whether a word of complaint stands in the question in which the subject's mistake shows."""
    plain = normalise(question)
    return subject.mistake is not None and any(word in plain for word in _complaints(subject.mistake))


def _complaints(mistake: Mistake) -> list[str]:
    return [normalise(word) for sign in mistake.signs if isinstance(sign, MemoSign) for word in sign.memo]


def _closeness(subject: Subject, dish_slug: str) -> float:
    dishes = subject.principle.dishes if subject.mistake is None else subject.mistake.dishes
    if dish_slug == FREE_DISH or dish_slug in dishes:
        return RULE_OF_THE_DISH if subject.mistake is None else OF_THE_DISH
    return OF_OTHERS if dishes else OF_ANY_DISH


@cache
def _subjects() -> tuple[tuple[Subject, ...], Mapping[str, float]]:
    catalogue, wording = load_catalogue(), load_wording()
    behind = {mistake.principle: mistake for mistake in catalogue.mistakes.values()}
    said = {
        principle.slug: frozenset(wording.terms(_said(principle, behind.get(principle.slug))))
        for principle in catalogue.principles.values()
    }
    frequency = Counter(term for terms in said.values() for term in terms)
    weights = {term: math.log(1 + len(said) / count) for term, count in frequency.items()}
    lengths = {slug: sum(weights[term] for term in terms) for slug, terms in said.items()}
    mean = sum(lengths.values()) / len(lengths)
    subjects = tuple(
        Subject(catalogue.principles[slug], behind.get(slug), terms, lengths[slug] / mean)
        for slug, terms in said.items()
    )
    return subjects, weights


def _said(principle: Principle, mistake: Mistake | None) -> str:
    return "\n".join([principle.title, *principle.said_as, *(_told(mistake) if mistake else [])])


def _told(mistake: Mistake) -> list[str]:
    words = words_about(mistake.code)
    return [mistake.name_ja, *_complaints(mistake), *words.effect, *words.sight]
