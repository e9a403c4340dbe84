"""What giving a lesson is made of, whichever command gives it: the running cloud, the results, the words at the end."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from rich.console import Console

from local.coaching import Lesson, LessonLost
from local.command import exits
from local.command.lesson.results import ending_of, show_lesson
from local.command.texts import Said, Stopped, command_texts, failed
from local.directory_lock import DirectoryInUse
from local.door import UploadFailed
from local.home import Home
from shared.models.session import SessionStatus

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud
    from local.command.lesson.progress import LessonProgress

LESSONS = Path("lessons")
"""Where results go unless --out says otherwise, a folder per session."""
FULL_BELOW_BYTES = 32 * 1024**2
"""Postgres alone writes this much at a time."""

OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Where the results go.  [default: lessons/DISH-NUMBER]", show_default=False
    ),
]
HomeOption = Annotated[Path, typer.Option("--home", metavar="DIR", help="Where this machine keeps its state.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the whole session as JSON on standard output.")]


def folder_of(lesson: Lesson, out: Path | None) -> Path:
    """Where the results of a lesson go."""
    return out or LESSONS / f"{lesson.dish.slug}-{lesson.session.session_number}"


@contextmanager
def running_cloud(directory: Path, progress: "LessonProgress") -> Iterator["EmbeddedCloud"]:
    """The embedded cloud.

    Raises:
        Stopped: it does not start, or what is done with it fails on our side.
    """
    from local.cloud import CloudError, EmbeddedCloud

    progress.step("cloud")
    try:
        cloud = EmbeddedCloud(directory, on_step=progress.detail)
        cloud.start()
    except DirectoryInUse as error:
        raise failed("home_in_use", exits.FAILED, error) from error
    except (OSError, CloudError) as error:
        raise failed("no_space" if _is_full(directory) else "cloud", exits.FAILED, error) from error
    try:
        yield cloud
    except UploadFailed as error:
        raise failed("no_space" if _is_full(cloud.home.directory) else "upload", exits.FAILED, error) from error
    except (LessonLost, psycopg.Error, OSError) as error:
        reason = "no_space" if _is_full(cloud.home.directory) else "lost"
        raise failed(reason, exits.FAILED, f"{error} (logs: {cloud.home.logs})") from error
    finally:
        cloud.stop()


@contextmanager
def endings_told(console: Console, progress: "LessonProgress") -> Iterator[None]:
    """Whatever ends the lesson early is told in two languages, and becomes the exit code."""
    try:
        yield
    except KeyboardInterrupt:
        said = command_texts().interrupted["with_text" if progress.text_delivered else "without_text"]
        _tell(console, said, "yellow")
        raise typer.Exit(exits.INTERRUPTED) from None
    except Stopped as stopped:
        _tell(console, stopped.said, "red")
        raise typer.Exit(stopped.exit_code) from None


def present(
    console: Console, lesson: Lesson, folder: Path, record: dict[str, Any], *, home: Path, as_json: bool
) -> None:
    """Show the lesson, and end the command with the code of how it ended."""
    show_lesson(console, lesson, folder)
    if as_json:
        sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")
    ending = ending_of(lesson, record, Home(home).logs)
    if ending is None:
        return
    _tell(console, ending.said, "red")
    if lesson.session.status is SessionStatus.TEXT_READY:
        again = ["moment", "session", "rerun", str(lesson.session.id), "--from", "render", "--home", str(home)]
        console.print(shlex.join(again), highlight=False, markup=False)
    raise typer.Exit(ending.exit_code)


def _tell(console: Console, said: Said, colour: str) -> None:
    console.print(said.ja, style=f"bold {colour}", highlight=False, markup=False)
    console.print(said.en, style=colour, highlight=False, markup=False)


def _is_full(directory: Path) -> bool:
    """Whether so little room is left that this is why something failed."""
    existing = next(parent for parent in (directory.absolute(), *directory.absolute().parents) if parent.exists())
    return shutil.disk_usage(existing).free < FULL_BELOW_BYTES
