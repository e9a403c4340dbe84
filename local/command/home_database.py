"""The database of a home, for commands that need nothing else of the cloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from local.command import exits
from local.command.terminal import open_console
from local.command.texts import usage
from local.directory_lock import DirectoryInUse
from local.home import Home, unwritable
from local.migrations import MigrationError, migrate
from local.postgres import EmbeddedPostgres, PostgresError
from shared.database import Database


@contextmanager
def home_database(directory: Path) -> Iterator[Database]:
    """The database, up to date, for as long as the block lasts; a home that cannot be used ends the command."""
    problem = unwritable(directory)
    if problem is not None:
        said = usage("home", exits.USAGE, problem).said
        open_console(stderr=True).print(f"{said.ja}\n{said.en}", style="red", highlight=False, markup=False)
        raise typer.Exit(exits.USAGE)
    try:
        with Home(directory) as home, EmbeddedPostgres(home.postgres) as postgres:
            migrate(postgres.url)
            database = Database(postgres.url, connections=2)
            try:
                yield database
            finally:
                database.close()
    except (DirectoryInUse, PostgresError, MigrationError, OSError) as error:
        open_console(stderr=True).print(str(error), style="red", highlight=False, markup=False)
        raise typer.Exit(exits.FAILED) from None
