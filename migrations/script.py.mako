"""${message}."""

from pathlib import Path

from migrations.plain_sql import run_sql

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Run the SQL beside this file."""
    run_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
