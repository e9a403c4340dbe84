"""Resumable uploads as they are kept between two requests: what was promised, and the file that grows.

How much was received is not written down anywhere: it is the size of the file, so the two can never disagree.
"""

import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from local.storage.errors import UPLOAD_EXPIRED, UPLOAD_NOT_FOUND, StorageError, disk_full_refused
from local.storage.resources import ObjectAttributes, ObjectMetadata
from local.storage.store.content import Checksums, ContentFolder
from local.storage.store.database import Database
from local.storage.store.objects import Placement
from local.storage.store.preconditions import NO_PRECONDITIONS, Preconditions

LIFETIME = timedelta(days=7)
"""https://cloud.google.com/storage/docs/resumable-uploads#session-uris."""
ID_BYTES = 48
"""The id is the only credential of whoever continues the upload."""


class SizeRange(BaseModel):
    """Bounds a signed URL sets on an upload (`x-goog-content-length-range`), bytes, both included."""

    model_config = ConfigDict(frozen=True)

    least: int
    most: int


class Upload(BaseModel):
    """One resumable upload."""

    model_config = ConfigDict(frozen=True)

    bucket: str
    name: str
    attributes: ObjectAttributes
    preconditions: Preconditions = NO_PRECONDITIONS
    size_range: SizeRange | None = None
    total: int | None = None
    """Size the client announced, bytes."""
    md5: str | None = None
    crc32c: str | None = None
    """Checksums the client announced."""
    result: ObjectMetadata | None = None
    """The object, once the upload is finished."""

    @property
    def placement(self) -> Placement:
        """Where the bytes go when they are complete."""
        return Placement(
            self.bucket, self.name, self.attributes, self.preconditions, Checksums(md5=self.md5, crc32c=self.crc32c)
        )


class Uploads:
    """The resumable uploads of one server."""

    def __init__(self, database: Database, content: ContentFolder, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._content = content
        self._clock = clock

    def begin(self, upload: Upload) -> str:
        """Keep a new upload and return its id."""
        upload_id = secrets.token_urlsafe(ID_BYTES)
        file = self._content.new_name()
        with self._database.transaction() as book, disk_full_refused():
            self._content.path(file).touch(exist_ok=False)
            book.execute(
                "insert into uploads values (?, ?, ?, ?)",
                (upload_id, file, self._clock().timestamp(), upload.model_dump_json()),
            )
        return upload_id

    def get(self, upload_id: str) -> tuple[Upload, str]:
        """The upload and its file. Raises `StorageError`: 404, or 410 after a week."""
        row = self._database.row("select file, started_at, state from uploads where id = ?", upload_id)
        if row is None:
            raise StorageError(UPLOAD_NOT_FOUND, "The requested upload was not found.")
        upload = Upload.model_validate_json(row["state"])
        if self._clock().timestamp() - row["started_at"] > LIFETIME.total_seconds():
            self.forget(upload_id)
            raise StorageError(UPLOAD_EXPIRED, "The upload expired: it was started more than a week ago.")
        return upload, row["file"]

    def announce_total(self, upload_id: str, upload: Upload, total: int) -> Upload:
        """Remember the size the client named now."""
        announced = upload.model_copy(update={"total": total})
        with self._database.transaction() as book:
            _save(book, upload_id, announced)
        return announced

    def finisher(self, upload_id: str, upload: Upload) -> Callable[[sqlite3.Connection, ObjectMetadata], None]:
        """What `Objects.put` writes along with the object."""

        def finish(book: sqlite3.Connection, metadata: ObjectMetadata) -> None:
            _save(book, upload_id, upload.model_copy(update={"result": metadata}))

        return finish

    def forget(self, upload_id: str) -> None:
        """Drop the upload and its file (an object made of it has a name of its own for the bytes)."""
        row = self._database.row("select file from uploads where id = ?", upload_id)
        if row is None:
            return
        with self._database.transaction() as book:
            book.execute("delete from uploads where id = ?", (upload_id,))
        self._content.remove(row["file"])

    def forget_expired(self) -> None:
        """Drop uploads older than a week."""
        oldest = self._clock().timestamp() - LIFETIME.total_seconds()
        for row in self._database.rows("select id from uploads where started_at < ?", oldest):
            self.forget(row["id"])


def _save(book: sqlite3.Connection, upload_id: str, upload: Upload) -> None:
    book.execute("update uploads set state = ? where id = ?", (upload.model_dump_json(), upload_id))
