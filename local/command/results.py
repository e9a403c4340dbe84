"""What a lesson leaves behind on the command line: files, the messages on the screen, and how it ended."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from local.coaching import Lesson
from local.command import exits
from local.command.hand_in import refused
from local.command.texts import Said, Stopped, command_texts, usage
from local.record import session_record
from shared.models.session import FailureCode, SessionStatus
from shared.texts import failure_note

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud

DOWNLOAD_TIMEOUT_S = 60
CHUNK_BYTES = 1024 * 1024
OUR_FAULT = frozenset({FailureCode.INTERNAL, FailureCode.TIMED_OUT, FailureCode.RENDER_FAILED})
"""Failures that say nothing against the video."""


def write_results(cloud: "EmbeddedCloud", lesson: Lesson, folder: Path) -> dict[str, Any]:
    """Write what there is into `folder`, fetched as a client fetches it, and give the session's record.

    Raises:
        Stopped: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise usage("out", exits.USAGE, error) from error
    for message in lesson.messages:
        if message.metadata.type == "coaching_ready" and message.text is not None:
            (folder / "coaching.txt").write_text(message.text + "\n", encoding="utf-8")
        if message.metadata.type == "coaching_video" and message.video_path is not None:
            _fetch(cloud, message.video_path, folder / "coaching_video.mp4")
            if message.metadata.poster_path is not None:
                _fetch(cloud, message.metadata.poster_path, folder / "poster.jpg")
            if message.metadata.captions_path is not None:
                _fetch(cloud, message.metadata.captions_path, folder / "captions.vtt")
    record = session_record(cloud.services.database, cloud.services.chat, lesson.session.id)
    (folder / "session.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return record


def _fetch(cloud: "EmbeddedCloud", object_name: str, to: Path) -> None:
    with requests.get(
        cloud.services.storage.sign_media(object_name), stream=True, timeout=DOWNLOAD_TIMEOUT_S
    ) as answer:
        answer.raise_for_status()
        with to.open("wb") as file:
            for chunk in answer.iter_content(CHUNK_BYTES):
                file.write(chunk)


def show_lesson(console: Console, lesson: Lesson, folder: Path) -> None:
    """Print the messages as the cook sees them, and where the files are."""
    for message in lesson.messages:
        if message.metadata.type == "cooking_video":
            continue
        if message.text is not None:
            title = "コーチ" if message.sender == "ai" else "お知らせ"
            console.print(Panel(Text(message.text), title=title, border_style="yellow", expand=False))
        else:
            duration = message.metadata.duration_s or 0.0
            caption = f"{message.metadata.caption or ''} 🎬 {folder / 'coaching_video.mp4'} ({duration:.0f} s)"
            console.print(Panel(Text(caption), title="コーチ", border_style="yellow", expand=False))
    files = ", ".join(sorted(file.name for file in folder.iterdir()))
    console.print(f"{folder}: {files}", highlight=False, markup=False)


def ending_of(lesson: Lesson, record: dict[str, Any]) -> Stopped | None:
    """What kept the lesson from being whole, or None."""
    code = lesson.failure
    if code is None:
        if lesson.session.status in (SessionStatus.COMPLETED, SessionStatus.TEXT_READY):
            return None
        code = FailureCode.INTERNAL
    detail = _detail(record)
    if code in OUR_FAULT:
        english = f"{command_texts().refused[code]} {detail}".strip()
        return Stopped(exits.FAILED, Said(ja=failure_note(code).replace("\n", " "), en=english))
    return refused(code, detail)


def _detail(record: dict[str, Any]) -> str:
    """The stage that failed last and what it said."""
    failed_stages = [stage for stage in record["stages"] if stage["status"] == "failed"]
    if failed_stages:
        last = failed_stages[-1]
        return f"{last['stage']}: {last.get('error_detail', '')}"
    return next((run["error"] for run in record["runs"] if run.get("error")), "")
