"""The job as it is started: a process of its own, on the real Postgres and the embedded Cloud Storage."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from functions.render.main import RenderRequest, _gamma
from local.storage import StorageServer
from shared.database import Database, sessions, stage_runs
from shared.models.analysis import Outcome, VideoAnalysis
from shared.models.coaching import Coaching, CoachingText, GateReport
from shared.models.media import Preparation, Signals
from shared.models.session import Session
from shared.models.video import CoachingVideo, Speech, SpokenSentence
from shared.storage import Storage
from tests.functions.render.films import film, order_for
from tests.shared.builders import add_uploaded_session, store_output

UPLOAD = "raw/upload.mp4"
FLAT = {"onsets": 0, "sizzle": 0.0, "silence": 1.0, "motion": 0.1, "browning": 0.0, "haze": 0.0, "rms_db": -60.0}


def signals(*luminance: float) -> Signals:
    flat = {name: [value] * len(luminance) for name, value in FLAT.items()}
    return Signals.model_validate(
        {"seconds": len(luminance), "has_sound": False, "luminance": list(luminance), "shot_changes_s": [], **flat}
    )


@pytest.fixture
def buckets(storage_server: StorageServer) -> Storage:  # noqa: ARG001  # it must run
    """The two buckets with their names swapped, to lay down an upload as if it were an output."""
    return Storage(project="test", uploads_bucket="media", media_bucket="uploads")


@pytest.fixture
def ordered(database: Database, buckets: Storage, tmp_path: Path) -> tuple[UUID, Session]:
    """A run whose earlier stages are done, with its upload and its voice in the buckets."""
    run_id, session = add_uploaded_session(database)
    with database.transaction() as connection:
        sessions.save(connection, session.id, raw_video_path=UPLOAD)
    order = order_for(film(tmp_path / "source.mp4", length_s=8, rate=15), tmp_path, key_moment_s=3)
    buckets.upload_media(UPLOAD, order.source, "video/mp4")
    media = Storage(project="test", uploads_bucket="uploads", media_bucket="media")
    spoken = []
    for sentence in order.sentences:
        media.upload_media(f"voice/{sentence.wav.name}", sentence.wav, "audio/wav")
        spoken.append(
            SpokenSentence(
                part=sentence.part,
                text=sentence.text,
                path=f"voice/{sentence.wav.name}",
                duration_s=sentence.duration_s,
            )
        )
    text = CoachingText(
        praise="花子さん、切り方がとても丁寧でした。",
        mondaiten="鍋が温まる前に卵を入れたので、静かに沈んでしまいました。",
        skill="鍋の熱が卵の水分を飛ばすので、ふわりと仕上がります。",
        next_action=order.next_action,
        success_sign=order.success_sign,
    )
    analysis = VideoAnalysis(
        outcome=Outcome.NO_ISSUE,
        key_moment_s=order.key_moment_s,
        diagnosis="",
        praise=text.praise,
        confidence=0.8,
        has_sound=False,
        engine="rules",
    )
    outputs = {
        "prepare": Preparation(media=order.media, signals=signals(*[0.4] * 8), key_frames=[], poster_path="p.jpg"),
        "analyze": analysis,
        "coach": Coaching(text=text, gates=GateReport(), engine="rules", prompt_version="test"),
        "speak": Speech(sentences=spoken, pause_s=0.45, sample_rate_hz=48_000, voice="mei", characters=1),
    }
    for stage, output in outputs.items():
        store_output(database, run_id, stage, output)
    return run_id, session


def run_job(database_url: str, ordered: tuple[UUID, Session], **knobs: Any) -> "subprocess.CompletedProcess[bytes]":  # noqa: ANN401
    request = {"run_id": str(ordered[0]), "session_id": str(ordered[1].id), "height": 240, **knobs}
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "UPLOADS_BUCKET": "uploads",
        "MEDIA_BUCKET": "media",
        "GOOGLE_CLOUD_PROJECT": "test",
        "REQUEST": json.dumps(request),
    }
    return subprocess.run(
        [sys.executable, "-m", "functions.render.main"], env=environment, capture_output=True, check=False, timeout=240
    )


def test_job_stores_a_verified_video(
    database: Database, database_url: str, ordered: tuple[UUID, Session], tmp_path: Path
) -> None:
    run = run_job(database_url, ordered)
    assert run.returncode == 0, run.stderr[-2000:]
    with database.transaction() as connection:
        stage_run = stage_runs.latest_success(connection, ordered[0], "render")
        assert stage_run is not None
        video = CoachingVideo.model_validate(stage_runs.output_of(connection, stage_run.id))
    assert video.height == 240
    assert 75 <= video.duration_s <= 95
    assert [chapter.title for chapter in video.chapters] == ["原理と診断", "ポイント", "その瞬間", "まとめ"]
    media = Storage(project="test", uploads_bucket="uploads", media_bucket="media")
    for path, start in (
        (video.video_path, b"ftyp"),
        (video.poster_path, b"\xff\xd8\xff"),
        (video.captions_path, b"WEBVTT"),
    ):
        media.download_media(path, tmp_path / "object")
        assert start in (tmp_path / "object").read_bytes()[:16]


def test_voice_that_is_gone_ends_the_job_for_good(
    database: Database, database_url: str, ordered: tuple[UUID, Session]
) -> None:
    gone = Speech(
        sentences=[SpokenSentence(part="part1", text="はい。", path="voice/gone.wav", duration_s=1.0)],
        pause_s=0.4,
        sample_rate_hz=48_000,
        voice="mei",
        characters=1,
    )
    store_output(database, ordered[0], "speak", gone)
    assert run_job(database_url, ordered).returncode == 2
    with database.transaction() as connection:
        row = connection.execute(
            "select error_code, error_detail from moment.stage_runs where run_id = %s and stage = 'render'",
            [ordered[0]],
        ).fetchone()
    assert row is not None
    assert row["error_code"] == "render_failed"
    assert "expected the voice of run" in row["error_detail"]


def test_knobs_outside_their_range_are_refused(database_url: str, ordered: tuple[UUID, Session]) -> None:
    assert run_job(database_url, ordered, outro_s=60).returncode == 2


def test_workflow_may_turn_the_documented_knobs() -> None:
    request = RenderRequest.model_validate(
        {
            "run_id": "6f1d3a52-2c1b-5b8e-9d3e-7a0c4c5f1e90",
            "session_id": "6f1d3a52-2c1b-5b8e-9d3e-7a0c4c5f1e91",
            "outro_s": 14,
            "lead_s": 3.0,
            "height": 720,
        }
    )
    assert (request.outro_s, request.lead_s, request.height) == (14, 3.0, 720)


@pytest.mark.parametrize(
    ("luminance", "gamma"), [((0.4, 0.5, 0.3), 1.0), ((0.13, 0.13), 1.0), ((0.08, 0.02, 0.09), 1.57), ((0.0, 0.0), 2.0)]
)
def test_only_dim_footage_is_brightened(luminance: tuple[float, ...], gamma: float) -> None:
    assert _gamma(signals(*luminance)) == pytest.approx(gamma, abs=0.01)
