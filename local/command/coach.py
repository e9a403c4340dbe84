"""`moment coach`: the main job, from a video to a lesson."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from local.coaching import Lesson, LessonLost, Order, give_lesson
from local.command import exits
from local.command.hand_in import check_video, order_of, session_refused
from local.command.results import check_folder, ending_of, show_lesson, write_results
from local.command.terminal import open_console
from local.command.texts import failed
from local.directory_lock import DirectoryInUse
from local.door import UploadFailed
from local.home import DEFAULT_HOME
from shared.opening import SessionRefused

if TYPE_CHECKING:
    from local.cloud import EmbeddedCloud
    from local.command.progress import LessonProgress

LESSONS = Path("lessons")
"""Where results go unless --out says otherwise, a folder per session."""
FULL_BELOW_BYTES = 32 * 1024**2
"""Postgres alone writes this much at a time."""

VideoArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[VIDEO]",
        help="The cook's video: mp4, mov, webm, mkv or 3gp, 5 s to 60 min, at most 2 GB. "
        "Without one, a sample clip of fried rice is filmed.",
        show_default=False,
    ),
]
DishOption = Annotated[str, typer.Option("--dish", metavar="SLUG", help="What was cooked; `moment dishes` lists them.")]
DishNameOption = Annotated[
    str | None, typer.Option("--dish-name", metavar="名前", help="Your own name of the dish, for --dish free-dish.")
]
NameOption = Annotated[str, typer.Option("--name", metavar="名前", help="How the coach addresses the cook.")]
MemoOption = Annotated[
    Path | None,
    typer.Option("--memo", metavar="FILE", help="A memo: a text file, or a recording (m4a, webm, wav, mp3, ogg)."),
]
MemoTextOption = Annotated[
    str | None, typer.Option("--memo-text", metavar="TEXT", help="A typed memo, at most 2,000 characters.")
]
RatingsOption = Annotated[
    str | None,
    typer.Option("--ratings", metavar="3,4,2,3", help="Appearance, taste, texture, aroma: 1 (poor) to 5 (excellent)."),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Where the results go.  [default: lessons/DISH-NUMBER]", show_default=False
    ),
]
HomeOption = Annotated[Path, typer.Option("--home", metavar="DIR", help="Where this machine keeps its state.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the whole session as JSON on standard output.")]


def coach(  # noqa: PLR0913, PLR0917  # one parameter per option of the command
    video: VideoArgument = None,
    dish: DishOption = "fried-rice",
    dish_name: DishNameOption = None,
    name: NameOption = "ゲスト",
    memo: MemoOption = None,
    memo_text: MemoTextOption = None,
    ratings: RatingsOption = None,
    out: OutOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Coach one cook: a video in, a coaching text and a coaching video out.

    Everything runs on this machine, through the same door as a phone and the same workflow as production. The coach
    remembers: run it again for session 2 and 3 of a dish.

    Writes coaching.txt, coaching_video.mp4, captions.vtt, poster.jpg and session.json. Exit code 0: done; 2: asked
    wrongly; 3: the video was refused; 1: something failed, with the stage and the cause.
    """
    from local.command.progress import LessonProgress
    from local.command.texts import Stopped

    console = open_console(stderr=as_json)
    try:
        with ExitStack() as stack:
            progress = stack.enter_context(LessonProgress(console))
            sample = Path(stack.enter_context(TemporaryDirectory(prefix="moment-"))) / "sample.mp4"
            order = order_of(
                sample if video is None else check_video(video),
                dish=dish,
                dish_name=dish_name,
                name=name,
                memo=memo,
                memo_text=memo_text,
                ratings=ratings,
            )
            check_folder(out or LESSONS)
            if video is None:
                _film_sample(sample, dish, progress)
            cloud = stack.enter_context(_cloud(home, progress))
            lesson = _give(cloud, order, progress)
            folder = out or LESSONS / f"{lesson.dish.slug}-{lesson.session.session_number}"
            record = write_results(cloud, lesson, folder)
    except KeyboardInterrupt:
        console.print("止めました。もう一度始めると、このレッスンの続きから進みます。", style="yellow")
        console.print("Stopped; nothing is left running. Start again to go on with this session.", style="yellow")
        raise typer.Exit(exits.INTERRUPTED) from None
    except Stopped as stopped:
        console.print(stopped.said.ja, style="bold red", highlight=False, markup=False)
        console.print(stopped.said.en, style="red", highlight=False, markup=False)
        raise typer.Exit(stopped.exit_code) from None
    show_lesson(console, lesson, folder)
    if as_json:
        sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")
    ending = ending_of(lesson, record)
    if ending is not None:
        console.print(ending.said.ja, style="bold red", highlight=False, markup=False)
        console.print(ending.said.en, style="red", highlight=False, markup=False)
        raise typer.Exit(ending.exit_code)


def _film_sample(path: Path, dish: str, progress: "LessonProgress") -> None:
    """Film a clip of the dish with a mistake in it."""
    from local.sample_clip import make_sample_clip

    progress.step("clip")
    make_sample_clip(path, dish, progress=progress.fraction)


@contextmanager
def _cloud(directory: Path, progress: "LessonProgress") -> Iterator["EmbeddedCloud"]:
    """The embedded cloud, with what keeps it from starting told in two languages."""
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
    finally:
        cloud.stop()


def _give(cloud: "EmbeddedCloud", order: Order, progress: "LessonProgress") -> Lesson:
    try:
        return give_lesson(cloud, order, progress.show)
    except SessionRefused as refusal:
        raise session_refused(refusal.refusal, refusal.detail) from refusal
    except UploadFailed as error:
        raise failed("no_space" if _is_full(cloud.home.directory) else "upload", exits.FAILED, error) from error
    except LessonLost as error:
        raise failed("lost", exits.FAILED, f"{error} (logs: {cloud.home.logs})") from error


def _is_full(directory: Path) -> bool:
    """Whether so little room is left that this is why something failed."""
    existing = next(parent for parent in (directory.absolute(), *directory.absolute().parents) if parent.exists())
    return shutil.disk_usage(existing).free < FULL_BELOW_BYTES
