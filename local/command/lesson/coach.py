"""`moment coach`: the main job, from a video to a lesson."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from local.coaching import give_lesson
from local.command.lesson.giving import (
    LESSONS,
    HomeOption,
    JsonOption,
    OutOption,
    endings_told,
    folder_of,
    present,
    running_cloud,
)
from local.command.lesson.hand_in import check_video, order_of, session_refused
from local.command.lesson.results import check_folders, write_results
from local.command.terminal import open_console
from local.home import DEFAULT_HOME
from shared.opening import SessionRefused

if TYPE_CHECKING:
    from local.command.lesson.progress import LessonProgress

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
    from local.command.lesson.progress import LessonProgress

    console = open_console(stderr=as_json)
    progress = LessonProgress(console)
    with endings_told(console, progress), ExitStack() as stack:
        stack.enter_context(progress)
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
        check_folders(out or LESSONS, home)
        if video is None:
            _film_sample(sample, dish, progress)
        cloud = stack.enter_context(running_cloud(home, progress))
        try:
            lesson = give_lesson(cloud, order, progress.show)
        except SessionRefused as refusal:
            raise session_refused(refusal.refusal, refusal.detail) from refusal
        folder = folder_of(lesson, out)
        record = write_results(cloud, lesson, folder)
    present(console, lesson, folder, record, home=home, as_json=as_json)


def _film_sample(path: Path, dish: str, progress: "LessonProgress") -> None:
    """Film a clip of the dish with a mistake in it."""
    from local.sample_clip import make_sample_clip

    progress.step("clip")
    make_sample_clip(path, dish, progress=progress.fraction)
