"""Questions of memos: whether they are understood, and whether the answers pass the gates."""

from pathlib import Path

from ruamel.yaml import YAML

from functions.coach.answers import answer_to, asked_of_the_lesson
from functions.coach.corpus import subject_of
from functions.coach.template import safe_text
from shared.gates import check_coaching
from shared.lesson.lesson import Lesson
from shared.models.analysis import StructuredInput
from shared.models.base import Model
from shared.models.coaching import Answer
from tests.evals.metrics import Finding, Metric
from tests.shared.lesson.builders import make_analysis, make_lesson

QUESTIONS = Path(__file__).with_name("questions.yaml")


class LabelledQuestion(Model):
    """A question, the dish it is asked about, and what it is about.

    `lesson` is the lesson as a whole; empty: nothing the knowledge base has.
    """

    dish: str
    about: list[str]
    question: str


def read_questions() -> list[LabelledQuestion]:
    """The questions of the file."""
    raw = YAML(typ="safe", pure=True).load(QUESTIONS.read_text("utf-8"))
    return [LabelledQuestion.model_validate(each) for each in raw]


def evaluate_questions() -> tuple[list[Metric], list[Finding]]:
    """Share of questions understood, and of answers that pass the gates."""
    questions = read_questions()
    understood, clean, findings = 0, 0, []
    for number, labelled in enumerate(questions):
        memo = StructuredInput(questions=[labelled.question])
        lesson = make_lesson(make_analysis(None), seed=f"question/{number}", dish=labelled.dish, memo=memo)
        names = _understood_as(labelled.question, lesson)
        if names & set(labelled.about) or not (names or labelled.about):
            understood += 1
        else:
            findings.append(
                Finding(section="questions", case=labelled.question, problem=f"understood as {sorted(names) or 'none'}")
            )
        failures = _answer_failures(labelled.question, lesson)
        clean += not failures
        findings += [Finding(section="questions", case=labelled.question, problem=failure) for failure in failures]
    return [
        Metric(section="questions", name="questions", value=len(questions), bound=60),
        Metric(section="questions", name="understood", value=understood / len(questions), bound=0.75, slack=0.02),
        Metric(section="questions", name="answers that pass the gates", value=clean / len(questions), bound=1.0),
    ], findings


def _understood_as(question: str, lesson: Lesson) -> set[str]:
    if asked_of_the_lesson(question) is not None:
        return {"lesson"}
    subject = subject_of(question, lesson)
    if subject is None:
        return set()
    return {subject.principle.slug} | ({subject.mistake.code} if subject.mistake is not None else set())


def _answer_failures(question: str, lesson: Lesson) -> list[str]:
    """What the gates have against an answer, told as the failures of a plain lesson that holds it."""
    text = safe_text(lesson).model_copy(
        update={"answers": [Answer(question=question, answer=answer_to(question, lesson, str(lesson.session_id)))]}
    )
    return [f"{failure.gate}: {failure.reason}" for failure in check_coaching(text, lesson.facts)]
