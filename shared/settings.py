"""Everything a process learns from its environment, read once and checked once.

What differs between machines is decided here and in `wiring.py`, nowhere else. What ops turn (models, timings, order of
stages) is not here: it comes with each request from the workflow.
"""

from functools import cache

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(RuntimeError):
    """The environment does not hold what this process needs."""


class Settings(BaseSettings):
    """The environment of a function or job. Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    database_url: SecretStr
    """`postgresql://…`; in production the transaction pooler of Supabase."""
    database_connections: int = Field(default=4, ge=1, le=64)
    """Most connections one process holds."""
    uploads_bucket: str
    media_bucket: str
    google_cloud_project: str
    google_cloud_region: str = "asia-northeast1"
    coaching_workflow: str = "coaching"
    """Name of the workflow an upload starts."""
    workflows_emulator_host: str | None = None
    """`host:port` of a Workflows emulator without TLS; unset in production. `STORAGE_EMULATOR_HOST` is its sibling for
    Cloud Storage, read by the official client itself."""
    lease_s: float = Field(default=20.0, gt=0)
    """How long a stage that stopped without a word keeps others waiting, seconds."""


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: names every variable that is missing or wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors())
        raise SettingsError(f"the environment does not hold what this process needs. Found: {problems}") from error
