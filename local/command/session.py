"""`moment session`: looking into the sessions of a home."""

import json
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from local.command import exits
from local.command.home_database import home_database
from local.command.lesson.rerun import rerun
from local.command.terminal import new_table, open_console
from local.home import DEFAULT_HOME

app = typer.Typer(help="The sessions of this machine.", no_args_is_help=True)

app.command()(rerun)

HomeOption = Annotated[Path, typer.Option("--home", metavar="DIR", help="Where this machine keeps its state.")]


@app.command(name="list")
def list_sessions(home: HomeOption = DEFAULT_HOME) -> None:
    """List every session, newest first."""
    with home_database(home) as database, database.transaction() as connection:
        rows = connection.execute(
            """select sessions.id, dishes.slug, session_number, status, failure_code,
                      sessions.created_at at time zone 'Asia/Tokyo' as opened
               from moment.sessions join moment.dishes on dishes.id = dish_id order by sessions.created_at desc"""
        ).fetchall()
    console = open_console()
    if not rows:
        console.print("no session yet. The first one: moment coach")
        return
    table = new_table(console, "opened (JST)", "dish", "number", "status", "failure", "id")
    for row in rows:
        table.add_row(
            f"{row['opened']:%Y-%m-%d %H:%M}",
            row["slug"],
            str(row["session_number"]),
            row["status"],
            row["failure_code"] or "",
            str(row["id"]),
        )
    console.print(table)


@app.command()
def show(
    session_id: Annotated[UUID, typer.Argument(metavar="SESSION", help="Id, as `moment session list` shows it.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Print everything stored about a session as JSON: decisions and their reasons, gates, timings, cost."""
    from local.record import session_record
    from shared.chat.postgres import PostgresChat

    with home_database(home) as database:
        chat = PostgresChat(database)
        chat.create_schema()
        try:
            record = session_record(database, chat, session_id)
        except LookupError as error:
            open_console(stderr=True).print(f"{error}. `moment session list` shows the ids.", style="red", markup=False)
            raise typer.Exit(exits.USAGE) from None
    sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")
