"""The stage on the real Postgres and the embedded Cloud Storage, through the official client."""

import wave
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import functions.speak.main  # noqa: F401  # declares the stage
from functions.speak.main import SpeakRequest
from shared.database import Database, stage_runs
from shared.errors import Permanent
from shared.models.coaching import GateReport, NarrationScript
from shared.models.session import Session
from shared.models.video import Speech
from shared.stage import definition
from shared.wiring import Services
from tests.shared.builders import add_uploaded_session, store_output

PIVOT = "動画を使ってそのポイントを見てみましょう"


pytestmark = pytest.mark.usefixtures("storage_server")


def script(
    part1: str = "花子さん、いい手つきでした。鍋は温めておきましょう。", part2: str = "音を聞いてください。"
) -> NarrationScript:
    return NarrationScript(
        part1=part1, pivot=PIVOT, part2=part2, gates=GateReport(), engine="rules", prompt_version="test"
    )


def spoken(services: Services, uploaded: tuple[UUID, Session], **knobs: Any) -> tuple[Speech, dict[str, Any]]:  # noqa: ANN401
    """The stored output of the stage and what it cost."""
    run_id, session = uploaded
    definition("speak").execute({"run_id": str(run_id), "session_id": str(session.id), **knobs}, services)
    with services.database.transaction() as connection:
        stage_run = stage_runs.latest_success(connection, run_id, "speak")
        assert stage_run is not None
        row = connection.execute("select cost from moment.stage_runs where id = %s", [stage_run.id]).fetchone()
        assert row is not None
        return Speech.model_validate(stage_runs.output_of(connection, stage_run.id)), row["cost"]


def test_each_sentence_is_an_object_as_long_as_said(services: Services, database: Database, tmp_path: Path) -> None:
    uploaded = add_uploaded_session(database)
    store_output(database, uploaded[0], "narrate", script())
    speech, _ = spoken(services, uploaded)
    assert [(sentence.part, sentence.text) for sentence in speech.sentences] == [
        ("part1", "花子さん、いい手つきでした。"),
        ("part1", "鍋は温めておきましょう。"),
        ("pivot", PIVOT),
        ("part2", "音を聞いてください。"),
    ]
    for sentence in speech.sentences:
        services.storage.download_media(sentence.path, tmp_path / "s.wav")
        with wave.open(str(tmp_path / "s.wav")) as reader:
            assert reader.getnframes() / reader.getframerate() == sentence.duration_s


def test_repeated_stage_makes_no_recording_twice(services: Services, database: Database) -> None:
    uploaded = add_uploaded_session(database)
    store_output(database, uploaded[0], "narrate", script())
    first, cost = spoken(services, uploaded)
    again, cost_again = spoken(services, uploaded, sentence_pause_s=0.6)  # another request, the same recordings
    assert [sentence.path for sentence in again.sentences] == [sentence.path for sentence in first.sentences]
    assert cost["characters"] > 0
    assert cost_again["characters"] == 0


def test_another_pace_is_another_recording(services: Services, database: Database) -> None:
    uploaded = add_uploaded_session(database)
    store_output(database, uploaded[0], "narrate", script())
    natural, _ = spoken(services, uploaded)
    slow, _ = spoken(services, uploaded, speaking_rate=0.8)
    assert {sentence.path for sentence in natural.sentences}.isdisjoint(sentence.path for sentence in slow.sentences)


def test_sentence_the_voice_cannot_say_is_left_out(services: Services, database: Database) -> None:
    uploaded = add_uploaded_session(database)
    store_output(database, uploaded[0], "narrate", script(part1="мой。鍋は温めておきましょう。"))
    speech, _ = spoken(services, uploaded)
    assert [sentence.text for sentence in speech.sentences if sentence.part == "part1"] == ["鍋は温めておきましょう。"]


def test_part_without_a_voice_is_an_error_that_names_it(services: Services, database: Database) -> None:
    uploaded = add_uploaded_session(database)
    store_output(database, uploaded[0], "narrate", script(part2="мой。"))
    with pytest.raises(Permanent, match="part2"):
        spoken(services, uploaded)


def test_workflow_may_turn_the_documented_knobs() -> None:
    request = SpeakRequest.model_validate(
        {
            "run_id": "6f1d3a52-2c1b-5b8e-9d3e-7a0c4c5f1e90",
            "session_id": "6f1d3a52-2c1b-5b8e-9d3e-7a0c4c5f1e91",
            "engine": "open_jtalk",
            "voice": "mei",
            "speaking_rate": 0.95,
        }
    )
    assert request.speaking_rate == 0.95
