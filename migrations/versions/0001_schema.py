"""The whole schema of the system of record."""

from pathlib import Path

from migrations.plain_sql import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create schema `moment`."""
    run_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drop every table, but not the schema: Alembic's own version table lives in it."""
    run_sql(
        """
        do $$
        declare name text;
        begin
            for name in
                select tablename from pg_tables where schemaname = 'moment' and tablename <> 'alembic_version'
            loop
                execute format('drop table moment.%I cascade', name);
            end loop;
            drop function moment.touch_updated_at, moment.check_session_move, moment.check_session_start;
        end $$
        """
    )
