"""`moment session rerun`: going on with a session that failed or lacks its video."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from local.coaching import give_again
from local.command import exits
from local.command.home_database import home_database
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
from local.command.lesson.results import check_folders, write_results
from local.command.terminal import new_table, open_console
from local.command.texts import usage
from local.home import DEFAULT_HOME
from local.recovery import end_abandoned_runs
from shared.rerun import STAGES, Rerun, RerunRefused, Treatment, plan_rerun

TREATMENTS: dict[Treatment, str] = {
    "memory": "answered from memory",
    "again": "works again",
    "new": "works for the first time",
}

SessionArgument = Annotated[UUID, typer.Argument(metavar="SESSION", help="Id, as `moment session list` shows it.")]
FromOption = Annotated[
    str, typer.Option("--from", metavar="STAGE", help=f"The first stage to work again: {', '.join(STAGES)}.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say which stages would work again.")]


def rerun(
    session_id: SessionArgument,
    from_stage: FromOption,
    dry_run: DryRunOption = False,
    out: OutOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Run a session again from a stage: one that failed, or one that has its text and lacks its video.

    Stages before it are answered from memory, unless the workflow now asks them something else. Messages that were
    delivered stay as they are. Exit codes as those of `moment coach`.
    """
    from local.command.lesson.progress import LessonProgress

    console = open_console(stderr=as_json)
    progress = LessonProgress(console)
    with endings_told(console, progress):
        check_folders(out or LESSONS, home)
        plan = _plan(home, session_id, from_stage)
        if dry_run:
            table = new_table(console, "stage", "")
            for stage, treatment in plan.stages.items():
                table.add_row(stage, TREATMENTS[treatment])
            console.print(table)
            return
        with ExitStack() as stack:
            stack.enter_context(progress)
            cloud = stack.enter_context(running_cloud(home, progress))
            lesson = give_again(cloud, session_id, from_stage, progress.show)
            folder = folder_of(lesson, out)
            record = write_results(cloud, lesson, folder)
    present(console, lesson, folder, record, home=home, as_json=as_json)


def _plan(home: Path, session_id: UUID, from_stage: str) -> Rerun:
    with home_database(home) as database, database.transaction() as connection:
        end_abandoned_runs(connection)  # the home is held, so nobody drives them any more
        try:
            return plan_rerun(connection, session_id, from_stage)
        except LookupError as error:
            raise usage("no_such_session", exits.USAGE, error) from error
        except RerunRefused as refused:
            raise usage("no_rerun", exits.USAGE, refused) from refused
