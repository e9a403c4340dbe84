"""Stage `coach`: the coaching text, written under the gates, and what the coach remembers of this cook afterwards."""

from typing import Literal

from pydantic import Field

from functions.coach.archive import sentences_in_use, standing_lesson
from functions.coach.learner import advanced
from functions.coach.progress import key_progress
from functions.coach.rules import write_text
from functions.coach.template import safe_text
from knowledge_base.catalogue import load_catalogue
from shared.database import Connection, learner_states, sessions
from shared.gates import GateRejection, accepted, check_coaching
from shared.lesson.lesson import Lesson, lesson_of_run
from shared.models.analysis import RetrievedContext
from shared.models.coaching import Coaching
from shared.models.session import FailureCode, SessionStatus
from shared.stage import Permanent, StageRequest, StageResult, StageRun, Transient, stage

PROMPT_VERSION = "rules-1"
WITH_TEXT = (SessionStatus.TEXT_READY, SessionStatus.COMPLETED)


class CoachRequest(StageRequest):
    """What ops may turn."""

    engine: Literal["rules"] = "rules"
    max_regenerations: int = Field(default=2, ge=0, le=2)
    """How often a text that fails a gate is written again."""


@stage(
    "coach",
    request=CoachRequest,
    output=Coaching,
    reads=("prepare", "transcribe", "analyze", "retrieve"),
    session_inputs=("self_ratings", "custom_dish_name"),
)
def coach(run: StageRun, request: CoachRequest) -> StageResult[Coaching]:
    """Write the lesson; a session that has its lesson keeps it, whatever it is asked with."""
    with run.services.database.transaction() as connection:
        standing = standing_lesson(connection, run.session.id)
        in_use = sentences_in_use(connection, run.user.id, run.session.id)
    if standing is not None:
        return StageResult(standing, model=standing.engine, prompt_version=standing.prompt_version)
    lesson = lesson_of_run(run, load_catalogue())
    coaching = _written(request, lesson, in_use)
    context = run.output("retrieve", RetrievedContext)

    def save(connection: Connection) -> None:
        session = sessions.lock(connection, run.session.id)
        if session.status in WITH_TEXT:
            raise Transient(f"session {session.id} got its text meanwhile; ask again to get that one")
        sessions.save(
            connection,
            session.id,
            coaching_text=coaching.text.model_dump(mode="json"),
            retrieved_context=context.model_dump(mode="json"),
            video_analysis=lesson.analysis.model_dump(mode="json"),
        )
        sessions.move(connection, session, SessionStatus.TEXT_READY)
        state = learner_states.lock(connection, run.user.id)
        learner_states.save(
            connection,
            run.user.id,
            advanced(
                state,
                session_id=session.id,
                dish_slug=run.dish.slug,
                session_number=session.session_number,
                analysis=lesson.analysis,
                key_progress=key_progress(lesson),
                catalogue=load_catalogue(),
            ),
        )

    return StageResult(coaching, effect=save, model=coaching.engine, prompt_version=coaching.prompt_version)


def _written(request: CoachRequest, lesson: Lesson, in_use: frozenset[str]) -> Coaching:
    try:
        text, gates = accepted(
            lambda attempt, failures: write_text(lesson, attempt, failures, in_use=in_use),
            lambda text: check_coaching(text, lesson.facts),
            lambda: safe_text(lesson),
            max_regenerations=request.max_regenerations,
        )
    except GateRejection as rejection:
        raise Permanent(FailureCode.INTERNAL, f"no text passed the gates: {rejection}") from rejection
    return Coaching(text=text, gates=gates, engine="rules", prompt_version=PROMPT_VERSION)
