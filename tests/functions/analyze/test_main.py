"""The stage on the real Postgres."""

from typing import Any
from uuid import UUID

import pytest

import functions.analyze.main  # noqa: F401  # declares the stage
from shared.database import Database, sessions, stage_runs
from shared.errors import Permanent
from shared.models.analysis import Sign, Transcript, VideoAnalysis
from shared.models.media import MediaInfo, Preparation
from shared.models.session import Session
from shared.stage import definition
from shared.wiring import Services
from tests.functions.analyze.course import film
from tests.functions.analyze.test_signs import CASES, WELL_COOKED
from tests.shared.builders import add_uploaded_session, store_output


def preparation(course: dict[str, Any]) -> Preparation:
    signals = film(**course).signals
    media = MediaInfo(
        container="mp4",
        duration_s=float(signals.seconds),
        size_bytes=1,
        video_codec="h264",
        width=1280,
        height=720,
        rotation_degrees=0,
        frame_rate=30.0,
        variable_frame_rate=False,
        pixel_format="yuv420p",
        hdr="none",
        audio_codec="aac",
    )
    return Preparation(media=media, signals=signals, key_frames=[], poster_path="poster.jpg")


def analyze(
    services: Services, database: Database, uploaded: tuple[UUID, Session]
) -> tuple[dict[str, Any], VideoAnalysis]:
    run_id, session = uploaded
    answer = definition("analyze").execute({"run_id": str(run_id), "session_id": str(session.id)}, services)
    with database.transaction() as connection:
        stored = stage_runs.latest_success(connection, run_id, "analyze")
        assert stored is not None
        return answer, VideoAnalysis.model_validate(stage_runs.output_of(connection, stored.id))


def test_the_finding_is_answered_stored_and_kept_with_the_session(services: Services, database: Database) -> None:
    uploaded = add_uploaded_session(database)
    store_output(database, uploaded[0], "prepare", preparation(CASES[Sign.WEAK_SIZZLE][1]))
    answer, analysis = analyze(services, database, uploaded)
    assert answer["outcome"] == "coachable"
    assert analysis.mistake_code == "cold_pan_start"
    assert analysis.engine == "rules"
    with database.transaction() as connection:
        kept = sessions.record(connection, uploaded[1].id)["video_analysis"]
    assert VideoAnalysis.model_validate(kept) == analysis
    assert kept["candidates"][0]["reasons"]


def test_the_typed_memo_counts_without_waiting_for_the_transcript(services: Services, database: Database) -> None:
    uploaded = add_uploaded_session(database, typed_memo="ご飯がだまになって、ほぐれませんでした。")
    store_output(database, uploaded[0], "prepare", preparation(WELL_COOKED))
    _, analysis = analyze(services, database, uploaded)
    assert analysis.mistake_code == "rice_clumped"


def test_a_transcript_that_is_there_is_used(services: Services, database: Database) -> None:
    uploaded = add_uploaded_session(database, voice_memo_path="memo.m4a")
    store_output(database, uploaded[0], "prepare", preparation(WELL_COOKED))
    heard = Transcript(text="ご飯がだまになりました", source="voice", transcribed=True, engine="rules")
    store_output(database, uploaded[0], "transcribe", heard)
    _, analysis = analyze(services, database, uploaded)
    assert analysis.mistake_code == "rice_clumped"


def test_without_signals_there_is_nothing_to_analyze(services: Services, database: Database) -> None:
    with pytest.raises(Permanent, match="reads prepare"):
        analyze(services, database, add_uploaded_session(database))
