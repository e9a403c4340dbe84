"""Stage `narrate`: what the voice says over the coaching video, written under the gates."""

from typing import Literal

from pydantic import Field

from functions.narrate.archive import sentences_heard_before
from functions.narrate.rules import write_parts
from functions.narrate.template import safe_parts
from knowledge_base.catalogue import load_catalogue
from shared.database import Connection, sessions
from shared.gates import GateRejection, accepted, check_narration
from shared.lesson.lesson import Lesson, lesson_of_run
from shared.models.coaching import Coaching, NarrationScript
from shared.models.session import FailureCode
from shared.stage import Permanent, StageRequest, StageResult, StageRun, stage
from shared.texts import texts

PROMPT_VERSION = "rules-1"


class NarrateRequest(StageRequest):
    """What ops may turn."""

    engine: Literal["rules"] = "rules"
    max_regenerations: int = Field(default=2, ge=0, le=2)
    """How often a script that fails a gate is written again."""


@stage(
    "narrate",
    request=NarrateRequest,
    output=NarrationScript,
    reads=("prepare", "transcribe", "analyze", "retrieve", "coach"),
    session_inputs=("self_ratings", "custom_dish_name"),
)
def narrate(run: StageRun, request: NarrateRequest) -> StageResult[NarrationScript]:
    """Write the script for a lesson whose text is delivered already."""
    run.output("coach", Coaching)
    lesson = lesson_of_run(run, load_catalogue())
    with run.services.database.transaction() as connection:
        heard_before = sentences_heard_before(connection, run.user.id, run.session.id)
    script = _script(run, request, lesson, heard_before)

    def save(connection: Connection) -> None:
        sessions.save(connection, run.session.id, narration_script=script.model_dump(mode="json"))

    return StageResult(script, effect=save, model=script.engine, prompt_version=script.prompt_version)


def _script(run: StageRun, request: NarrateRequest, lesson: Lesson, heard_before: frozenset[str]) -> NarrationScript:
    reading = run.user.name_reading
    readings = {} if reading is None else {f"{lesson.name}さん": f"{reading}さん"}
    pivot = texts().pivot
    try:
        (part1, part2), gates = accepted(
            lambda attempt, failures: write_parts(lesson, attempt, failures, readings, heard_before=heard_before),
            lambda parts: check_narration(parts[0], pivot, parts[1], lesson.facts, readings=readings),
            lambda: safe_parts(lesson, readings),
            max_regenerations=request.max_regenerations,
        )
    except GateRejection as rejection:
        raise Permanent(FailureCode.INTERNAL, f"no narration passed the gates: {rejection}") from rejection
    return NarrationScript(
        part1=part1, pivot=pivot, part2=part2, gates=gates, engine="rules", prompt_version=PROMPT_VERSION
    )
