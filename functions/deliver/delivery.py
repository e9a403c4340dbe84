"""The three deliveries. Each posts to the chat first, under deterministic ids, and gives back the change of the session
that belongs in the transaction of the stage: repeating one finds its messages there and changes nothing."""

from collections.abc import Callable
from typing import Literal

from functions.deliver.message import lesson_message
from shared.database import Connection, runs, sessions
from shared.models.analysis import VideoAnalysis
from shared.models.chat import LiveView, Message, MessageMetadata
from shared.models.coaching import Coaching
from shared.models.session import FailureCode, RunStatus, SessionStatus
from shared.models.video import CoachingVideo
from shared.notifier import notification_of, wanted
from shared.stage import StageRun
from shared.texts import failure_note, texts

Effect = Callable[[Connection], None]
Delivered = tuple[list[str], Effect]

TEXT_READY_PERCENT = 50
SESSIONS_PER_DISH = 3


def deliver_text(run: StageRun, *, notify: bool, last: bool = False) -> Delivered:
    """Post the lesson, tell the cook, note when it was delivered; end the run when nothing follows."""
    coaching = run.output("coach", Coaching)
    analysis = run.output("analyze", VideoAnalysis)
    text = lesson_message(
        coaching.text,
        dish=run.dish_name,
        session_number=run.session.session_number,
        cooked_at=run.record.started_at,
        safety_alerts=analysis.safety_alerts,
    )
    metadata = MessageMetadata(
        type="coaching_ready",
        prompt_version=coaching.prompt_version,
        model=coaching.engine,
        workflow_revision=run.record.workflow_revision,
    )
    message_id = f"{run.id}-text"
    _post(run, Message(id=message_id, sender="ai", text=text, session_id=run.session.id, metadata=metadata))
    if run.session.coaching_text_delivered_at is None:
        _show(run, "text_ready", SessionStatus.TEXT_READY, TEXT_READY_PERCENT)
    if notify:
        _notify(run, "text_ready")

    def delivered(connection: Connection) -> None:
        connection.execute(
            "update moment.sessions set coaching_text_delivered_at = coalesce(coaching_text_delivered_at, now())"
            " where id = %s",
            [run.session.id],
        )
        if last:
            runs.finish(connection, run.id, RunStatus.SUCCEEDED)

    return [message_id], delivered


def deliver_video(run: StageRun, *, notify: bool) -> Delivered:
    """Post the coaching video, tell the cook, complete the session and end the run."""
    video = run.output("render", CoachingVideo)
    coaching = run.output("coach", Coaching)
    metadata = MessageMetadata(
        type="coaching_video",
        caption=texts().message.video_caption,
        poster_path=video.poster_path,
        captions_path=video.captions_path,
        chapters=video.chapters,
        duration_s=video.duration_s,
        prompt_version=coaching.prompt_version,
        model=coaching.engine,
        workflow_revision=run.record.workflow_revision,
    )
    message_id = f"{run.id}-video"
    message = Message(
        id=message_id, sender="ai", video_path=video.video_path, session_id=run.session.id, metadata=metadata
    )
    _post(run, message)
    _show(run, "completed", SessionStatus.COMPLETED, 100)
    if notify:
        _notify(run, "video_ready")

    def completed(connection: Connection) -> None:
        session = sessions.lock(connection, run.session.id)
        sessions.save(
            connection,
            session.id,
            coaching_video_path=video.video_path,
            poster_path=video.poster_path,
            captions_path=video.captions_path,
        )
        if session.status is not SessionStatus.COMPLETED:
            sessions.move(connection, session, SessionStatus.COMPLETED)
        if session.session_number == SESSIONS_PER_DISH:
            _finish_dish(connection, run)
        runs.finish(connection, run.id, RunStatus.SUCCEEDED)

    return [message_id], completed


def deliver_failure(run: StageRun, code: FailureCode, detail: str, *, notify: bool) -> Delivered:
    """Tell the cook what went wrong and what to do now; a session that has its text keeps it."""
    has_text = run.session.status in (SessionStatus.TEXT_READY, SessionStatus.COMPLETED)
    message_ids: list[str] = []
    effects: list[Effect] = []
    if has_text and run.session.coaching_text_delivered_at is None:
        text_ids, text_delivered = deliver_text(run, notify=notify)
        message_ids += text_ids
        effects.append(text_delivered)
    shown = FailureCode.RENDER_FAILED if has_text else code
    message_id = f"{run.id}-failure"
    metadata = MessageMetadata(type="notice", workflow_revision=run.record.workflow_revision)
    message = Message(
        id=message_id, sender="system", text=failure_note(shown), session_id=run.session.id, metadata=metadata
    )
    _post(run, message)
    status = SessionStatus.TEXT_READY if has_text else SessionStatus.FAILED
    percent = TEXT_READY_PERCENT if has_text else 0
    _show(run, "text_ready" if has_text else "failed", status, percent, failure=shown)
    if notify and not has_text:
        _notify(run, "failed")

    def failed(connection: Connection) -> None:
        for effect in effects:
            effect(connection)
        session = sessions.lock(connection, run.session.id)
        if session.status is SessionStatus.TEXT_READY:
            sessions.save(connection, session.id, failure_code=FailureCode.RENDER_FAILED.value)
        elif session.status in (SessionStatus.UPLOADED, SessionStatus.PROCESSING):
            sessions.move(connection, session, SessionStatus.FAILED, failure=code)
        runs.finish(connection, run.id, RunStatus.FAILED, f"{code.value}: {detail}")

    return [*message_ids, message_id], failed


def _post(run: StageRun, message: Message) -> None:
    posted = run.services.chat.create_message(run.user.firebase_uid, "coaching", message)
    run.log.info("message delivered", message_id=message.id, posted=posted)


def _show(
    run: StageRun, label: str, status: SessionStatus, percent: int, *, failure: FailureCode | None = None
) -> None:
    view = LiveView(
        status=status.value,
        label_ja=texts().finished[label],
        percent=percent,
        failure=None if failure is None else failure.value,
    )
    run.services.chat.set_live_view(run.user.firebase_uid, run.session.id, view)


def _notify(run: StageRun, event: Literal["text_ready", "video_ready", "failed"]) -> None:
    if wanted(run.user, event):
        run.services.notifier.notify(run.user, notification_of(event, run.session.id, run.dish_name))


def _finish_dish(connection: Connection, run: StageRun) -> None:
    connection.execute(
        """update moment.user_dish_progress set status = 'completed', completed_at = now()
           where user_id = %s and dish_id = %s and status <> 'completed'""",
        [run.user.id, run.dish.id],
    )
