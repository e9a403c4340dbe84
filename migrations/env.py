"""Alembic's entry: runs the plain-SQL migrations in `versions/` against DATABASE_URL, all in one transaction."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

SCHEMA = "moment"


def migrate() -> None:
    """Bring the database named by DATABASE_URL to the wanted revision."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        # two deployments at once: the second waits here and then finds nothing left to do
        connection.execute(text("select pg_advisory_lock(hashtext('moment migrations'))"))
        connection.commit()
        context.configure(connection=connection, version_table_schema=SCHEMA)
        with context.begin_transaction():
            context.run_migrations()


migrate()
