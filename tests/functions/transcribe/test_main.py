"""The stage `transcribe` through its wrapper, against the real database."""

from importlib import import_module
from typing import Any

from shared.database import Database, sessions, stage_runs
from shared.models.analysis import Transcript
from shared.stage import definition
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session

import_module("functions.transcribe.main")  # declares the stage


def transcribed(services: Services, database: Database, **columns: Any) -> tuple[Transcript, dict[str, Any]]:  # noqa: ANN401
    """The stage's output and the session's row."""
    run_id, session = add_uploaded_session(database, **columns)
    definition("transcribe").execute({"run_id": str(run_id), "session_id": str(session.id)}, services)
    with database.transaction() as connection:
        finished = stage_runs.latest_success(connection, run_id, "transcribe")
        assert finished is not None
        output = Transcript.model_validate(stage_runs.output_of(connection, finished.id))
        return output, sessions.record(connection, session.id)


def test_a_typed_memo_is_taken_apart_and_kept(services: Services, database: Database) -> None:
    output, row = transcribed(services, database, typed_memo="焦げました。なぜですか？")
    assert (output.source, output.transcribed) == ("typed", True)
    assert output.structured_input.questions == ["焦げました。なぜですか？"]
    assert row["voice_transcript"] == "焦げました。なぜですか？"
    assert row["structured_input"] == output.structured_input.model_dump(mode="json")


def test_a_spoken_memo_is_kept_and_said_not_to_be_transcribed(services: Services, database: Database) -> None:
    output, row = transcribed(services, database, voice_memo_path="users/u/memo.m4a")
    assert (output.source, output.transcribed, output.text) == ("voice", False, "")
    assert row["voice_memo_path"] == "users/u/memo.m4a"


def test_without_a_memo_there_is_nothing_and_no_failure(services: Services, database: Database) -> None:
    output, _ = transcribed(services, database)
    assert (output.source, output.text) == ("none", "")
    assert output.structured_input.questions == []
