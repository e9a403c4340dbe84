"""The stage `coach` through its wrapper, against the real database."""

from collections import Counter
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from functions.coach.archive import sentences_of
from shared.database import Database, learner_states, sessions
from shared.errors import Permanent
from shared.models.analysis import Outcome, RetrievedContext, StructuredInput, Transcript, VideoAnalysis
from shared.models.coaching import CoachingText
from shared.models.learner import LearnerState
from shared.models.session import FailureCode, Session, SessionStatus
from shared.stage import definition
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session, store_output
from tests.shared.lesson.builders import make_analysis

import_module("functions.coach.main")  # declares the stage

CONTEXT = RetrievedContext(query="", principles=[], fallback=True, past_sessions=[])


def analysed(database: Database, analysis: VideoAnalysis, uid: str = "cook") -> tuple[UUID, Session]:
    """A run that is ready to be coached."""
    run_id, session = add_uploaded_session(database, uid)
    with database.transaction() as connection:
        sessions.move(connection, session, SessionStatus.PROCESSING)
    store_output(database, run_id, "analyze", analysis)
    store_output(database, run_id, "retrieve", CONTEXT)
    return run_id, session


def coach(services: Services, run: tuple[UUID, Session], **knobs: Any) -> None:  # noqa: ANN401
    definition("coach").execute({"run_id": str(run[0]), "session_id": str(run[1].id), **knobs}, services)


def stored(database: Database, run: tuple[UUID, Session]) -> tuple[dict[str, Any], LearnerState]:
    with database.transaction() as connection:
        return sessions.record(connection, run[1].id), learner_states.get(connection, run[1].user_id)


def outputs(database: Database, run: tuple[UUID, Session]) -> list[Any]:
    with database.transaction() as connection:
        rows = connection.execute(
            "select output from moment.stage_runs where run_id = %s and stage = 'coach' order by finished_at", [run[0]]
        ).fetchall()
    return [row["output"] for row in rows]


def test_the_text_makes_the_session_ready_and_is_remembered_in_one_go(services: Services, database: Database) -> None:
    run = analysed(database, make_analysis("cold_pan_start"))
    coach(services, run)
    record, state = stored(database, run)
    assert record["status"] == "text_ready"
    assert CoachingText.model_validate(record["coaching_text"]).praise.startswith("花子さん、")
    assert record["retrieved_context"] == CONTEXT.model_dump(mode="json")
    assert [summary.key_issue for summary in state.session_summaries] == ["cold_pan_start"]
    assert state.next_focus == "preheat-the-pan"
    (output,) = outputs(database, run)
    assert output["gates"] == {"failed_first": [], "regenerations": 0, "template": False}


def test_a_flawless_session_is_a_lesson_too(services: Services, database: Database) -> None:
    run = analysed(database, make_analysis(None))
    coach(services, run)
    record, state = stored(database, run)
    assert record["status"] == "text_ready"
    assert state.session_summaries[0].key_issue == "no_issue"


def test_asking_again_with_other_knobs_changes_neither_text_nor_memory(services: Services, database: Database) -> None:
    run = analysed(database, make_analysis("cold_pan_start"))
    coach(services, run)
    before = stored(database, run)
    coach(services, run, max_regenerations=0)
    assert stored(database, run) == before
    first, second = outputs(database, run)
    assert second == first


def test_cooks_with_the_same_name_dish_and_mistake_read_no_sentence_in_common(
    services: Services, database: Database
) -> None:
    said: Counter[str] = Counter()
    for number in range(12):
        run = analysed(database, make_analysis("cold_pan_start"), f"cook-{number}")
        coach(services, run)
        said.update(sentences_of(CoachingText.model_validate(stored(database, run)[0]["coaching_text"])))
    assert [sentence for sentence, times in said.items() if times > 1] == []


def test_a_new_analysis_does_not_change_a_text_that_stands(services: Services, database: Database) -> None:
    run = analysed(database, make_analysis("cold_pan_start"))
    coach(services, run)
    before = stored(database, run)
    store_output(database, run[0], "analyze", make_analysis("rice_clumped"))
    coach(services, run)
    assert stored(database, run) == before


def test_the_questions_of_the_memo_are_answered(services: Services, database: Database) -> None:
    run = analysed(database, make_analysis("rice_clumped"))
    memo = StructuredInput(questions=["なぜだまになりますか？"])
    store_output(
        database,
        run[0],
        "transcribe",
        Transcript(
            text="なぜだまになりますか？", structured_input=memo, source="typed", transcribed=True, engine="rules"
        ),
    )
    coach(services, run)
    answers = stored(database, run)[0]["coaching_text"]["answers"]
    assert [answer["question"] for answer in answers] == ["なぜだまになりますか？"]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.NOT_COOKING, FailureCode.NOT_COOKING), (Outcome.UNUSABLE, FailureCode.UNREADABLE_VIDEO)],
)
def test_there_is_no_lesson_on_what_is_no_cooking(
    services: Services, database: Database, outcome: Outcome, code: FailureCode
) -> None:
    analysis = make_analysis(None).model_copy(update={"outcome": outcome})
    run = analysed(database, analysis)
    with pytest.raises(Permanent) as refused:
        coach(services, run)
    assert refused.value.code is code
    assert stored(database, run)[0]["status"] == "processing"


def test_an_unknown_mistake_is_an_error_that_names_it(services: Services, database: Database) -> None:
    run = analysed(database, make_analysis("cold_pan_start").model_copy(update={"mistake_code": "invented"}))
    with pytest.raises(Permanent, match="invented"):
        coach(services, run)
