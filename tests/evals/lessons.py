"""End-to-end cases: analysis and memo in, text and narration out, judged by the gates and by what the case asks for."""

from pathlib import Path

from pydantic import Field
from ruamel.yaml import YAML

from functions.coach.archive import sentences_of
from functions.coach.rules import write_text
from functions.narrate.rules import write_parts
from functions.transcribe.rules import structured
from knowledge_base.fragments import words_about
from shared.gates import check_coaching, check_narration
from shared.lesson.back_reference import back_symbol
from shared.lesson.lesson import Lesson
from shared.lesson.material import time_code
from shared.models.analysis import Sign
from shared.models.base import Model
from shared.models.coaching import CoachingText
from shared.texts import texts
from tests.evals.language import fields_of
from tests.evals.metrics import Finding, Metric
from tests.shared.lesson.builders import make_analysis, make_lesson

CASES = Path(__file__).with_name("lessons.yaml")
FEWEST = 60


class LessonCase(Model):
    """One video and one cook, and what the lesson must and must not say; see the head of the file."""

    id: str
    cook: str
    dish: str
    custom_dish: str | None = None
    session: int
    mistake: str | None = None
    severity: int = 3
    moment_s: float
    film_s: float
    sound: bool = True
    signs: dict[Sign, float] = {}
    ratings: tuple[int, int, int, int] | None = None
    memo: str = ""
    before: tuple[str, int] | None = None
    profile: dict[str, str] = {}
    mood: str | None = None
    questions: int = Field(default=0, ge=0)
    back: str | None = None
    says: list[str] = []
    never: list[str] = []

    def lesson(self) -> Lesson:
        """The facts of this case, the memo taken apart as `transcribe` does it."""
        return make_lesson(
            make_analysis(
                self.mistake, severity=self.severity, moment_s=self.moment_s, signs=self.signs, has_sound=self.sound
            ),
            seed=f"eval/{self.id}",
            first_name=self.cook,
            dish=self.dish,
            custom_dish=self.custom_dish,
            number=self.session,
            film_s=self.film_s,
            ratings=self.ratings,
            memo=structured(self.memo),
            before=self.before,
            profile=dict(self.profile),
        )


def read_cases() -> list[LessonCase]:
    """The cases of the file."""
    return [LessonCase.model_validate(case) for case in YAML(typ="safe", pure=True).load(CASES.read_text("utf-8"))]


def evaluate_lessons() -> tuple[list[Metric], list[Finding], list[CoachingText]]:
    """Share of cases without a problem, every problem, and the texts for measuring their language."""
    cases = read_cases()
    findings: list[Finding] = []
    written = []
    failed_cases = set()
    in_use: set[str] = set()
    for case in cases:
        lesson = case.lesson()
        text = write_text(lesson, 0, [], in_use=in_use)
        in_use.update(sentences_of(text))
        parts = write_parts(lesson, 0, [], {})
        written.append(text)
        for problem in [*_gate_problems(lesson, text, parts), *_case_problems(case, lesson, text, parts)]:
            findings.append(Finding(section="lessons", case=case.id, problem=problem))
            failed_cases.add(case.id)
    metrics = [
        Metric(section="lessons", name="cases", value=len(cases), bound=FEWEST),
        Metric(section="lessons", name="without a problem", value=1 - len(failed_cases) / len(cases), bound=1.0),
    ]
    return metrics, findings, written


def _gate_problems(lesson: Lesson, text: CoachingText, parts: tuple[str, str]) -> list[str]:
    failures = check_coaching(text, lesson.facts) + check_narration(parts[0], texts().pivot, parts[1], lesson.facts)
    return [f"{failure.gate}: {failure.reason}" for failure in failures]


def _case_problems(case: LessonCase, lesson: Lesson, text: CoachingText, parts: tuple[str, str]) -> list[str]:
    said = "\n".join(fields_of(text))
    everything = "\n".join([said, *parts])
    words = words_about(lesson.topic.code)
    moments = {case.moment_s, *case.signs.values()}
    checks = {
        "the moment is named by its time": any(time_code(moment) in said for moment in moments),
        "the principle is named": lesson.principle.title in text.skill,
        "the mistake is named": lesson.mistake is None or lesson.mistake.name_ja in text.mondaiten,
        "the action is one for this mistake": lesson.mistake is None
        or any(action in text.next_action for action in words.action),
        "the mood is heard": case.mood is None or lesson.memo.emotional_state == case.mood,
        "the questions are heard": len(lesson.memo.questions) == case.questions,
        "it refers back as it should": case.back is None or back_symbol(lesson) == case.back,
    }
    problems = [f"expected: {name}" for name, holds in checks.items() if not holds]
    problems += [f"expected to say {piece}" for piece in case.says if piece not in said]
    problems += [f"expected never to say {piece}" for piece in case.never if piece in everything]
    return problems
