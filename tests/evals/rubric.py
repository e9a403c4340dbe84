"""The rubric: what a model is asked about a lesson, what it may answer, and the figures that come of many answers.

It judges what rules cannot see of being a good coach. The instructions are `rubric.md`; a lesson, its analysis and the
cook's words go along as one block of JSON, as data. `judge.py` does the asking.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.lesson.lesson import Lesson
from shared.lesson.material import time_code
from shared.models.base import Model
from shared.models.coaching import CoachingText
from tests.evals.lessons import LessonCase
from tests.evals.metrics import ROUNDING, Finding

INSTRUCTIONS = Path(__file__).with_name("rubric.md")
ACCEPTED = Path(__file__).with_name("rubric.json")
"""Written when somebody with a key accepts the figures; until then there is no such file."""
VERSION_CHARACTERS = 12
GOOD = 4
"""A score from here on is a good one."""
POOR = 2
"""A score down from here is told of, with the reason."""
MOST_LOST = 0.3
"""How far a mean may fall below the accepted one: the same lessons get other scores when a model is asked again."""
LEAST_SCORED = 0.9
"""Share of the cases without which the means say nothing: those that are hard to score are not like the others."""


def one_line(text: str) -> str:
    """Text from outside, fit for a terminal: no control characters, no line breaks."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _sentence(text: str) -> str:
    line = one_line(text)
    if not line:
        raise ValueError("a sentence is expected. Found: nothing that can be read")
    return line


class Judgement(Model):
    """One criterion. The reason stands first because a model writes in this order: it scores what it has just named."""

    reason: Annotated[str, AfterValidator(_sentence)]
    score: Annotated[int, Field(strict=True, ge=1, le=5)]


class Scores(Model):
    """What a model says of one lesson; `rubric.md` tells what the criteria mean."""

    specific: Judgement
    true_to_analysis: Judgement
    explains_why: Judgement
    encouraging: Judgement
    one_action: Judgement

    def by_criterion(self) -> dict[str, Judgement]:
        """The five judgements by the names of their criteria."""
        return {criterion: getattr(self, criterion) for criterion in CRITERIA}


CRITERIA = tuple(Scores.model_fields)


class Figure(Model):
    """One criterion over all scored cases."""

    mean: float
    """1 to 5, three decimals."""
    good: float
    """Share of the cases with `GOOD` or better, 0 to 1, three decimals."""


class RubricFigures(Model):
    """What `rubric.json` keeps."""

    model: str
    prompt_version: str
    date: date
    cases: int
    scored: int
    criteria: dict[str, Figure]
    """Empty when nothing was scored."""

    @property
    def complete(self) -> bool:
        """Whether enough cases were scored for the means to say something."""
        return self.scored > 0 and self.scored >= LEAST_SCORED * self.cases

    def comparable_with(self, other: "RubricFigures") -> bool:
        """Whether the same model was asked the same."""
        return (self.model, self.prompt_version) == (other.model, other.prompt_version)

    def fallen_from(self, accepted: "RubricFigures | None") -> dict[str, float]:
        """Criteria whose mean fell too far below the accepted one, with that one; none where none can be compared."""
        if accepted is None or not self.comparable_with(accepted) or not self.complete:
            return {}
        return {
            criterion: before.mean
            for criterion, before in accepted.criteria.items()
            if before.mean - self.criteria[criterion].mean > MOST_LOST + ROUNDING
        }

    def drops(self, accepted: "RubricFigures | None") -> list[str]:
        """What is worse than the accepted figures, a line each."""
        if accepted is not None and self.comparable_with(accepted) and not self.complete:
            share = f"{LEAST_SCORED:.0%} of the cases are expected to be scored, as when the figures were accepted"
            return [f"rubric: {share}. Found: {self.scored} of {self.cases}; --no-rubric leaves it out"]
        return [
            f"rubric/{criterion}: accepted was {before:.2f}. Found: {self.criteria[criterion].mean:.2f}"
            for criterion, before in self.fallen_from(accepted).items()
        ]


class RubricReport(Model):
    """One round over the lessons."""

    figures: RubricFigures
    unscored: list[Finding]
    """Cases without scores, and why."""
    poor: list[Finding]
    """Criteria scored with `POOR` or less, and why."""


class IncompleteRubric(Exception):
    """Too few cases were scored for the figures to be kept."""


def instructions() -> str:
    """What the model is told, apart from the case."""
    return INSTRUCTIONS.read_text(encoding="utf-8")


def prompt_version() -> str:
    """Changes whenever the instructions do; figures of two versions are not compared."""
    return hashlib.sha256(INSTRUCTIONS.read_bytes()).hexdigest()[:VERSION_CHARACTERS]


def block_of(case: LessonCase, text: CoachingText) -> str:
    """A case as `rubric.md` describes it.

    Nothing inside can end the block: the JSON is one line and holds no angle bracket.
    """
    lesson = case.lesson()
    data = {
        "analysis": _analysis(lesson),
        "principle": {"title": lesson.principle.title, "text": lesson.principle.principle_text},
        "cook": _cook(case, lesson),
        "lesson": text.model_dump(mode="json"),
    }
    line = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<case>\n{line}\n</case>"


def report_of(model: str, cases: Sequence[LessonCase], answers: Sequence[Scores | str]) -> RubricReport:
    """The figures of a round.

    Args:
        model: id of the model that was asked.
        cases: what it was asked about.
        answers: for each case its scores, or why it has none.
    """
    scored = [answer for answer in answers if isinstance(answer, Scores)]
    found = list(zip(cases, answers, strict=True))
    return RubricReport(
        figures=RubricFigures(
            model=model,
            prompt_version=prompt_version(),
            date=datetime.now(UTC).date(),
            cases=len(cases),
            scored=len(scored),
            criteria={criterion: _figure(criterion, scored) for criterion in CRITERIA} if scored else {},
        ),
        unscored=[
            Finding(section="rubric, unscored", case=case.id, problem=answer)
            for case, answer in found
            if isinstance(answer, str)
        ],
        poor=[
            Finding(section="rubric", case=case.id, problem=f"{criterion} {judgement.score}: {judgement.reason}")
            for case, answer in found
            if isinstance(answer, Scores)
            for criterion, judgement in answer.by_criterion().items()
            if judgement.score <= POOR
        ],
    )


def read_accepted(path: Path = ACCEPTED) -> RubricFigures | None:
    """The figures accepted last; None before any were."""
    return RubricFigures.model_validate_json(path.read_bytes()) if path.is_file() else None


def accept(figures: RubricFigures, path: Path = ACCEPTED) -> None:
    """Keep figures as those later rounds are compared with.

    Raises:
        IncompleteRubric: too few cases were scored.
    """
    if not figures.complete:
        raise IncompleteRubric(
            f"at least {LEAST_SCORED:.0%} of the cases are expected to be scored. Found: {figures.scored} of "
            f"{figures.cases}"
        )
    path.write_text(figures.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _figure(criterion: str, scored: list[Scores]) -> Figure:
    values = [scores.by_criterion()[criterion].score for scores in scored]
    return Figure(mean=round(fmean(values), 3), good=round(fmean(value >= GOOD for value in values), 3))


def _analysis(lesson: Lesson) -> dict[str, object]:
    analysis = lesson.analysis
    return {
        "outcome": analysis.outcome.value,
        "mistake": None if lesson.mistake is None else lesson.mistake.name_ja,
        "avoided": lesson.topic.name_ja if lesson.mistake is None else None,
        "severity": analysis.severity,
        "key_moment": time_code(analysis.key_moment_s),
        "film": time_code(lesson.duration_s),
        "has_sound": analysis.has_sound,
        "signs": [{"sign": found.sign.value, "at": time_code(found.time_s)} for found in analysis.evidence],
    }


def _cook(case: LessonCase, lesson: Lesson) -> dict[str, object]:
    earlier = lesson.earlier_mistake
    before = (
        None
        if lesson.previous is None
        else {
            "mistake": None if earlier is None else earlier.name_ja,
            "severity": lesson.previous.severity,
        }
    )
    return {
        "name": lesson.name,
        "dish": lesson.dish_name,
        "session": lesson.session_number,
        "session_before": before,
        "ratings": None if lesson.ratings is None else lesson.ratings.model_dump(),
        "onboarding": lesson.profile,
        "memo": case.memo,
    }
