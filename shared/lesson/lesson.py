"""One lesson as the coach sees it: this cook, this dish, this video, and what was learned before.

Everything a cook wrote (name, dish, memo) is made safe here, once, so that no writer has to remember it.
"""

from typing import Any
from uuid import UUID

from pydantic import Field

from knowledge_base.catalogue import Catalogue
from knowledge_base.models import Mistake, Principle
from shared.errors import Permanent
from shared.gates import LessonFacts
from shared.gates.untrusted import address, dish_label, quotable_question
from shared.models.analysis import (
    Outcome,
    PastSession,
    RetrievedContext,
    StructuredInput,
    Transcript,
    VideoAnalysis,
)
from shared.models.base import Model
from shared.models.learner import LearnerState
from shared.models.media import Preparation
from shared.models.session import FailureCode, SelfRatings, Session, User
from shared.stage import StageRun

MOST_QUESTIONS = 8
"""More questions than these are not answered one by one: a lesson has to stay readable."""


class Lesson(Model):
    """The facts a lesson is written from; nothing in it is an instruction."""

    session_id: UUID
    name: str
    """How the cook is addressed, without さん."""
    dish_name: str
    dish_slug: str
    session_number: int = Field(ge=1, le=3)
    analysis: VideoAnalysis
    duration_s: float = Field(ge=0)
    """Length of the film, seconds; 0 when it is not known."""
    mistake: Mistake | None
    """What the lesson is about; None when nothing went wrong."""
    topic: Mistake
    """Whose words are used: the mistake, or, when nothing went wrong, the one that was avoided."""
    principle: Principle
    """Behind the topic."""
    transfers: list[str]
    """Japanese names of dishes where the principle helps again."""
    ratings: SelfRatings | None
    memo: StructuredInput
    """Questions are safe to quote; issues are not meant to be quoted."""
    unheard_memo: bool
    """Whether there is a spoken memo that nobody could turn into text."""
    previous: PastSession | None
    """The session of this dish before this one."""
    earlier_mistake: Mistake | None
    """What that session was about; None when it was without an issue, or is not known."""
    state: LearnerState
    """What was known before this session."""
    profile: dict[str, Any]
    private: list[str]

    @property
    def facts(self) -> LessonFacts:
        """What the gates judge by."""
        return LessonFacts(
            name=self.name,
            dish_name=self.dish_name,
            session_number=self.session_number,
            has_sound=self.analysis.has_sound,
            questions=self.memo.questions,
            private=self.private,
        )


REFUSALS = {Outcome.NOT_COOKING: FailureCode.NOT_COOKING, Outcome.UNUSABLE: FailureCode.UNREADABLE_VIDEO}
"""What a cook is told when there is nothing to give a lesson on."""


def lesson_of_run(run: StageRun, catalogue: Catalogue) -> Lesson:
    """The lesson of a run whose video is analysed and whose principles are found.

    Raises:
        Permanent: the video shows nothing to give a lesson on, or the analysis names an unknown mistake.
    """
    analysis = run.output("analyze", VideoAnalysis)
    if analysis.outcome in REFUSALS:
        raise Permanent(REFUSALS[analysis.outcome], f"no lesson on a video that is {analysis.outcome.value}")
    transcript = run.optional_output("transcribe", Transcript)
    preparation = run.optional_output("prepare", Preparation)
    if analysis.mistake_code is not None and analysis.mistake_code not in catalogue.mistakes:
        raise Permanent(FailureCode.INTERNAL, f"expected a mistake of the catalogue. Found: {analysis.mistake_code}")
    return lesson_of(
        run.session,
        run.user,
        dish_slug=run.dish.slug,
        dish_name=run.dish_name,
        duration_s=0.0 if preparation is None else preparation.media.duration_s,
        analysis=analysis,
        context=run.output("retrieve", RetrievedContext),
        memo=StructuredInput() if transcript is None else transcript.structured_input,
        unheard_memo=transcript is not None and transcript.source == "voice" and not transcript.transcribed,
        state=run.learner_state(),
        catalogue=catalogue,
    )


def lesson_of(  # noqa: PLR0913  # one value per source of facts
    session: Session,
    user: User,
    *,
    dish_slug: str,
    dish_name: str,
    duration_s: float,
    analysis: VideoAnalysis,
    context: RetrievedContext,
    memo: StructuredInput,
    unheard_memo: bool = False,
    state: LearnerState,
    catalogue: Catalogue,
) -> Lesson:
    """Put the facts of a lesson together.

    Raises:
        KeyError: the analysis names a mistake the knowledge base does not have.
        ValueError: the video shows nothing to give a lesson on.
    """
    if analysis.outcome not in (Outcome.COACHABLE, Outcome.NO_ISSUE):
        raise ValueError(f"a lesson is expected on coachable or no_issue. Found: {analysis.outcome.value}")
    history = [summary for summary in state.session_summaries if summary.session_id != session.id]
    same_dish = [
        summary for summary in history if summary.dish == dish_slug and summary.session_number < session.session_number
    ]
    previous = max(same_dish, key=lambda summary: summary.session_number, default=None)
    mistake = None if analysis.mistake_code is None else catalogue.mistakes[analysis.mistake_code]
    earlier = None if previous is None else catalogue.mistakes.get(previous.key_issue)
    topic = mistake or earlier or _avoided(dish_slug, context, state.next_focus, catalogue)
    return Lesson(
        session_id=session.id,
        name=address(user.first_name),
        dish_name=dish_label(dish_name),
        dish_slug=dish_slug,
        session_number=session.session_number,
        analysis=analysis,
        duration_s=duration_s,
        mistake=mistake,
        topic=topic,
        principle=catalogue.principles[topic.principle],
        transfers=_transfers(dish_slug, catalogue),
        ratings=session.self_ratings,
        memo=memo.model_copy(update={"questions": _quotable(memo.questions)}),
        unheard_memo=unheard_memo,
        previous=previous,
        earlier_mistake=earlier,
        state=state.model_copy(update={"session_summaries": history}),
        profile=user.learner_profile,
        private=_private(user, session),
    )


def _avoided(dish_slug: str, context: RetrievedContext, focus: str, catalogue: Catalogue) -> Mistake:
    """What a flawless lesson is about: the mistake avoided that goes against what this cook works on, or else against
    the nearest of the dish's principles."""
    own = catalogue.dishes[dish_slug].principles
    ranked = [focus, *(principle.slug for principle in context.principles if principle.slug in own), *own]
    possible = catalogue.mistakes_for(dish_slug)
    return min(possible, key=lambda entry: ranked.index(entry.principle) if entry.principle in ranked else len(ranked))


def _transfers(dish_slug: str, catalogue: Catalogue) -> list[str]:
    return [catalogue.dishes[slug].name_ja for slug in catalogue.dishes[dish_slug].transferable_to]


def _quotable(questions: list[str]) -> list[str]:
    safe = [quoted for question in questions if (quoted := quotable_question(question)) is not None]
    return list(dict.fromkeys(safe))[:MOST_QUESTIONS]


def _private(user: User, session: Session) -> list[str]:
    known = [user.email, user.firebase_uid, str(user.id), str(session.id), session.raw_video_path]
    return [value for value in known if value]
