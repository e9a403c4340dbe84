"""Alembic migrations of the system of record, in plain SQL."""
