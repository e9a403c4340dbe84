"""The stage on the real Postgres and the embedded Cloud Storage, through the official client."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from google.cloud.storage import Client

import functions.prepare.main  # noqa: F401  # declares the stage
from shared.database import Database, sessions, stage_runs
from shared.errors import Permanent
from shared.models.media import Preparation
from shared.models.session import FailureCode, Session, SessionStatus
from shared.stage import definition
from shared.wiring import Services
from tests.functions.prepare.footage import hiss, still, write_film
from tests.shared.builders import add_uploaded_session

MEMO = "パラパラになりませんでした。"


pytestmark = pytest.mark.usefixtures("storage_server")


def upload(path: Path) -> None:
    Client(project="test").bucket("uploads").blob("v.mp4").upload_from_filename(str(path))


def prepare(services: Services, uploaded: tuple[UUID, Session], **knobs: Any) -> dict[str, Any]:  # noqa: ANN401
    run_id, session = uploaded
    return definition("prepare").execute({"run_id": str(run_id), "session_id": str(session.id), **knobs}, services)


def test_a_good_film_is_measured_kept_and_shown(services: Services, database: Database, tmp_path: Path) -> None:
    uploaded = add_uploaded_session(database, typed_memo=MEMO)
    upload(write_film(tmp_path / "film.mp4", still(6), hiss(6)))
    answer = prepare(services, uploaded, key_frames=2)
    assert answer["duration_s"] == pytest.approx(6.0, abs=0.05)
    assert answer["has_memo"] is True
    run_id, session = uploaded
    with database.transaction() as connection:
        stored = stage_runs.latest_success(connection, run_id, "prepare")
        assert stored is not None
        preparation = Preparation.model_validate(stage_runs.output_of(connection, stored.id))
        record = sessions.record(connection, session.id)
        assert sessions.get(connection, session.id).status is SessionStatus.PROCESSING
    assert record["media"]["video_codec"] == "h264"
    assert preparation.signals.seconds == 6
    assert len(preparation.key_frames) == 2
    storage = services.storage
    assert all(storage.media_exists(path) for path in (preparation.poster_path, preparation.key_frames[0].path))
    [message] = services.chat.messages("cook", "cooking_videos")
    assert (message.id, message.video_path) == (f"{run_id}-raw", "v.mp4")
    assert message.metadata.poster_path == preparation.poster_path
    assert message.metadata.duration_s == preparation.media.duration_s


def test_asking_twice_posts_once(services: Services, database: Database, tmp_path: Path) -> None:
    uploaded = add_uploaded_session(database)
    upload(write_film(tmp_path / "film.mp4", still(6)))
    first = prepare(services, uploaded)
    assert first["has_memo"] is False
    assert prepare(services, uploaded) == first
    assert prepare(services, uploaded, key_frames=3) == first
    assert len(services.chat.messages("cook", "cooking_videos")) == 1


def test_a_refused_film_leaves_nothing_behind(services: Services, database: Database, tmp_path: Path) -> None:
    uploaded = add_uploaded_session(database)
    upload(write_film(tmp_path / "film.mp4", still(2)))
    with pytest.raises(Permanent) as refused:
        prepare(services, uploaded)
    assert refused.value.code is FailureCode.TOO_SHORT
    assert services.chat.messages("cook", "cooking_videos") == []


def test_an_upload_that_is_not_there_is_our_fault(services: Services, database: Database) -> None:
    with pytest.raises(Permanent) as failed:
        prepare(services, add_uploaded_session(database))
    assert failed.value.code is FailureCode.INTERNAL
