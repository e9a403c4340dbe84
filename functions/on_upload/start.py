"""What happens when an upload is complete: a memo is noted, a video becomes a run with one workflow execution.

Three steps, each safe to repeat: record the run under its deterministic id and mark the session (one transaction);
show the cook that it arrived; start the execution (`shared/run_start.py`), so that two deliveries at once start one.
"""

from typing import Literal
from uuid import UUID

import structlog

from functions.on_upload.events import FinalizedObject
from shared.database import Connection, runs, sessions, users
from shared.models.chat import LiveView
from shared.models.session import RunStatus, Session, SessionStatus, run_id_of
from shared.run_start import start_once
from shared.texts import texts
from shared.upload_names import UploadName, parse_upload_name
from shared.wiring import Services

log = structlog.get_logger()

Recorded = Literal["new", "known", "refused"]
RECEIVED_PERCENT = 1


def receive(finalized: FinalizedObject, services: Services) -> None:
    """Take in one finalize event.

    Raises:
        psycopg.OperationalError, google.api_core.exceptions.GoogleAPICallError: a later delivery may succeed.
    """
    bound = log.bind(object_name=finalized.name, generation=finalized.generation)
    upload = parse_upload_name(finalized.name)
    if finalized.bucket != services.settings.uploads_bucket or upload is None:
        bound.warning("not an upload of ours", bucket=finalized.bucket)
        return
    if upload.kind == "memo":
        _note_memo(finalized, upload, services)
        return
    run_id = run_id_of(finalized.bucket, finalized.name, finalized.generation)
    with services.database.transaction() as connection:
        session = _owned_session(connection, upload)
        recorded = "refused" if session is None else _record(connection, session, run_id, finalized)
    if session is None or recorded == "refused":
        bound.warning("upload ignored", run_id=str(run_id), session_id=str(upload.session_id))
        return
    if recorded == "new":
        _show_received(session, services)
    started = start_once(run_id, session.id, services)
    bound.info("upload received", run_id=str(run_id), session_id=str(session.id), recorded=recorded, started=started)


def _owned_session(connection: Connection, upload: UploadName) -> Session | None:
    """The session the upload names, locked, if it belongs to the user the upload names."""
    try:
        session = sessions.lock(connection, upload.session_id)
    except LookupError:
        return None
    return session if session.user_id == upload.user_id else None


def _note_memo(finalized: FinalizedObject, upload: UploadName, services: Services) -> None:
    with services.database.transaction() as connection:
        if _owned_session(connection, upload) is None:
            log.warning("memo ignored", object_name=finalized.name)
            return
        sessions.save(connection, upload.session_id, voice_memo_path=finalized.name)
    log.info("memo received", session_id=str(upload.session_id))


def _record(connection: Connection, session: Session, run_id: UUID, finalized: FinalizedObject) -> Recorded:
    """Record the run and mark the session, unless the session is busy with another upload or done."""
    if session.current_run == run_id:
        return "known"
    if session.status not in (SessionStatus.PENDING_UPLOAD, SessionStatus.FAILED):
        return "refused"
    run = runs.insert_or_lock(connection, run_id, session.id)
    if run.status is not RunStatus.STARTED:
        return "refused"  # a late event of an upload whose run is over and whose session moved on
    sessions.save(connection, session.id, raw_video_path=finalized.name, current_run=run_id)
    sessions.move(connection, session, SessionStatus.UPLOADED)
    return "new"


def _show_received(session: Session, services: Services) -> None:
    with services.database.transaction() as connection:
        user = users.get(connection, session.user_id)
    view = LiveView(
        status=SessionStatus.UPLOADED.value,
        stage="on_upload",
        label_ja=texts().stages["on_upload"],
        percent=RECEIVED_PERCENT,
    )
    services.chat.set_live_view(user.firebase_uid, session.id, view)
