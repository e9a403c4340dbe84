"""What a lesson leaves behind on the command line: files, the messages on the screen, and how it ended."""

import json
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import requests
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from local.coaching import Lesson
from local.command import exits
from local.command.lesson.hand_in import refused
from local.command.terminal import wrapped
from local.command.texts import Said, Stopped, command_texts, failed, usage
from local.home import unwritable
from local.record import session_record
from shared.database.stage_runs import FORGOTTEN
from shared.models.chat import Message
from shared.models.session import FailureCode, SessionStatus
from shared.texts import failure_note

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud

WIDEST_MESSAGE = 84
"""Cells of a message with its frame: forty kana to the line read well."""
FRAME_CELLS = 4
DETAIL_CHARACTERS = 400
"""How much of a stage's own words is shown."""
DOWNLOAD_TIMEOUT_S = 60
CHUNK_BYTES = 1024 * 1024
OUR_FAULT = frozenset({FailureCode.INTERNAL, FailureCode.TIMED_OUT, FailureCode.RENDER_FAILED})
"""Failures that say nothing against the video."""
RESULTS = ("coaching.txt", "coaching_video.mp4", "captions.vtt", "poster.jpg", "session.json")
"""Everything a lesson may leave in its folder."""


def check_folders(out: Path, home: Path) -> None:
    """Whether results can be written into `out` and state into `home`; neither need exist yet.

    Raises:
        Stopped: one is no folder, or cannot be made or written.
    """
    for option, folder in (("out", out), ("home", home)):
        problem = unwritable(folder)
        if problem is not None:
            raise usage(option, exits.USAGE, problem)


def write_results(cloud: "EmbeddedCloud", lesson: Lesson, folder: Path) -> dict[str, Any]:
    """Write what there is into `folder`, fetched as a client fetches it, and give the session's record. Results of an
    earlier lesson in the same folder are gone afterwards.

    Raises:
        Stopped: they cannot be fetched or written.
    """
    record = session_record(cloud.services.database, cloud.services.chat, lesson.session.id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in RESULTS:
            (folder / name).unlink(missing_ok=True)
        for message in lesson.messages:
            _write_message(cloud, message, folder)
        (folder / "session.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:  # of the disk, or of the way to the bucket
        raise failed("results", exits.FAILED, error) from error
    return record


def _write_message(cloud: "EmbeddedCloud", message: Message, folder: Path) -> None:
    metadata = message.metadata
    if metadata.type == "coaching_ready" and message.text is not None:
        (folder / "coaching.txt").write_text(message.text + "\n", encoding="utf-8")
    if metadata.type == "coaching_video" and message.video_path is not None:
        _fetch(cloud, message.video_path, folder / "coaching_video.mp4")
        if metadata.poster_path is not None:
            _fetch(cloud, metadata.poster_path, folder / "poster.jpg")
        if metadata.captions_path is not None:
            _fetch(cloud, metadata.captions_path, folder / "captions.vtt")


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
            _show(console, title, message.text)
        else:
            duration = message.metadata.duration_s or 0.0
            caption = f"{message.metadata.caption or ''} 🎬 {folder / 'coaching_video.mp4'} ({duration:.0f} s)"
            _show(console, "コーチ", caption)
    files = ", ".join(name for name in RESULTS if (folder / name).exists())
    console.print(f"{folder}: {files}", highlight=False, markup=False)


def _show(console: Console, title: str, text: str) -> None:
    """One message: in a frame on a terminal, between blank lines elsewhere."""
    if console.is_terminal:
        folded = Text(wrapped(text, min(console.width, WIDEST_MESSAGE) - FRAME_CELLS))
        console.print(Panel(folded, title=title, border_style="yellow", expand=False))
    else:
        console.print(f"\n{title}\n\n{text}\n", highlight=False, markup=False, emoji=False)


def ending_of(lesson: Lesson, record: dict[str, Any], logs: Path) -> Stopped | None:
    """What kept the lesson from being whole, or None; `logs` is where to look when it was our fault."""
    code = lesson.failure
    if code is None:
        if lesson.session.status in (SessionStatus.COMPLETED, SessionStatus.TEXT_READY):
            return None
        code = FailureCode.INTERNAL
    detail = _detail(record)
    if code in OUR_FAULT:
        english = f"{command_texts().refused[code]} Logs: {logs}. {detail}".strip()
        return Stopped(exits.FAILED, Said(ja=failure_note(code).replace("\n", " "), en=english))
    return refused(code, detail)


def _detail(record: dict[str, Any]) -> str:
    """The stage of the session's run that failed last and what it said."""
    run_id = record["session"]["current_run"]
    failed_stages = [
        stage
        for stage in record["stages"]
        if stage["run_id"] == run_id and stage["status"] == "failed" and stage["error_code"] != FORGOTTEN
    ]
    if failed_stages:
        last = failed_stages[-1]
        said = f"{last['stage']}: {last.get('error_detail', '')}"
    else:
        error = next((run["error"] for run in record["runs"] if run["id"] == run_id and run.get("error")), "")
        said = _message_of(error)
    return shorten(said, DETAIL_CHARACTERS, placeholder=" … (session.json has all of it)")


def _message_of(error: str) -> str:
    """The message of an error the workflow raised, which is stored as JSON; the whole where there is none."""
    try:
        raised = json.loads(error)
    except ValueError:
        return error
    message = raised.get("message") if isinstance(raised, dict) else None
    return message if isinstance(message, str) else error
