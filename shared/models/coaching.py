"""What the coach writes: the text, the narration, and how the gates judged them."""

from pydantic import Field

from shared.models.analysis import Engine
from shared.models.base import Model


class Answer(Model):
    """An answer to a question of the cook's memo."""

    question: str
    answer: str


class CoachingText(Model):
    """The lesson: one problem, one principle, one action, one sign of success. All Japanese, plain text."""

    praise: str = Field(min_length=8, max_length=160)
    """One specific sentence; the first line the cook reads."""
    mondaiten: str = Field(min_length=20, max_length=500)
    """今回の最も重要な改善点, with the reason."""
    skill: str = Field(min_length=15, max_length=400)
    """このセッションで身につける原理原則."""
    next_action: str = Field(min_length=10, max_length=200)
    """次回試す具体的な1つのアクション."""
    success_sign: str = Field(min_length=10, max_length=200)
    """成功を判断できる感覚的なサイン."""
    answers: list[Answer] = []


class GateReport(Model):
    """How the gates judged the accepted text, and what it took to get there."""

    failed_first: list[str] = []
    """Names of the gates the first attempt failed; empty when it passed at once."""
    regenerations: int = Field(default=0, ge=0, le=2)
    template: bool = False
    """True when the safe template had to stand in."""


class Coaching(Model):
    """Output of `coach`."""

    text: CoachingText
    gates: GateReport
    engine: Engine
    prompt_version: str


class NarrationScript(Model):
    """Output of `narrate`: what the voice says."""

    part1: str
    """Introduction, principle and diagnosis: 30 to 40 s of speech, over the time-lapse."""
    pivot: str
    """The constant line before the clip."""
    part2: str
    """What to look for and hear in the clip, ending with the decisive rule: 15 to 20 s of speech."""
    gates: GateReport
    engine: Engine
    prompt_version: str
