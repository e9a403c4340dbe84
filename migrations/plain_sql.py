"""Running a whole SQL script inside a migration."""

from alembic import op


def run_sql(script: str) -> None:
    """Run several statements as they are: through the driver itself, because `%` means something to SQLAlchemy."""
    driver_connection = op.get_bind().connection.driver_connection
    assert driver_connection is not None  # noqa: S101  # Alembic runs migrations on an open connection
    driver_connection.execute(script)
