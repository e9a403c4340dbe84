"""The only place that chooses: which implementation stands behind each seam in this process."""

from dataclasses import dataclass
from functools import cache, cached_property

from shared.chat import Chat
from shared.chat.postgres import PostgresChat
from shared.database import Database
from shared.embeddings import HASHED_NGRAMS, Embedder, embedder_named
from shared.executions import Executions
from shared.notifier import InAppNotifier, Notifier
from shared.settings import Settings, settings
from shared.storage import Storage


@dataclass(frozen=True)
class Services:
    """What functions use of the outside world. Each is made when first asked for, so a function that does not need one
    does not pay for it."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The system of record."""
        return Database(self.settings.database_url.get_secret_value(), connections=self.settings.database_connections)

    @cached_property
    def storage(self) -> Storage:
        """The two buckets."""
        return Storage(
            project=self.settings.google_cloud_project,
            uploads_bucket=self.settings.uploads_bucket,
            media_bucket=self.settings.media_bucket,
        )

    @cached_property
    def chat(self) -> Chat:
        """Rooms, live views, in-app notifications."""
        return PostgresChat(self.database)

    @cached_property
    def embedder(self) -> Embedder:
        """What the principles are ingested with."""
        return embedder_named(HASHED_NGRAMS)

    @cached_property
    def executions(self) -> Executions:
        """Workflow executions."""
        return Executions(
            project=self.settings.google_cloud_project,
            region=self.settings.google_cloud_region,
            emulator_host=self.settings.workflows_emulator_host,
        )

    @cached_property
    def notifier(self) -> Notifier:
        """How cooks are told."""
        return InAppNotifier(self.chat)


@cache
def services() -> Services:
    """The services of this process."""
    return Services(settings())
