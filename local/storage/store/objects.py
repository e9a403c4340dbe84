"""Objects: written whole or not at all, one generation at a time, announced once they are on the disk."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

import structlog

from local.storage.errors import INVALID, OBJECT_NOT_FOUND, StorageError
from local.storage.resources import ObjectAttributes, ObjectMetadata, check_attributes, check_object_name, etag_of
from local.storage.store.buckets import Buckets, merged
from local.storage.store.content import NO_CHECKSUMS, Checksums, Content, ContentFolder
from local.storage.store.database import Database, dump
from local.storage.store.preconditions import NO_PRECONDITIONS, Preconditions

log = structlog.get_logger()

OnFinalize = Callable[[ObjectMetadata], None]
"""Called with each new generation after it is on the disk. See `Objects.announce_pending` for when it raises."""


@dataclass(frozen=True)
class Placement:
    """Where content is to become an object, and under which conditions."""

    bucket: str
    name: str
    attributes: ObjectAttributes
    preconditions: Preconditions = NO_PRECONDITIONS
    claimed: Checksums = NO_CHECKSUMS
    """What the uploader said the checksums are."""


class Objects:
    """The objects of one server."""

    def __init__(
        self,
        database: Database,
        content: ContentFolder,
        buckets: Buckets,
        on_finalize: OnFinalize,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._content = content
        self._buckets = buckets
        self._on_finalize = on_finalize
        self._clock = clock

    def get(
        self,
        bucket: str,
        name: str,
        generation: int | None = None,
        preconditions: Preconditions = NO_PRECONDITIONS,
    ) -> ObjectMetadata:
        """The live generation. Raises `StorageError`: 404, also if `generation` is not the live one; 412, 304."""
        metadata, _ = self._live(bucket, name, generation)
        preconditions.check_read(metadata)
        return metadata

    def open(
        self,
        bucket: str,
        name: str,
        generation: int | None = None,
        preconditions: Preconditions = NO_PRECONDITIONS,
    ) -> tuple[ObjectMetadata, BinaryIO]:
        """The live generation and its bytes, which stay readable whatever happens to the object meanwhile."""
        with self._database.held():
            metadata, file = self._live(bucket, name, generation)
            preconditions.check_read(metadata)
            return metadata, self._content.path(file).open("rb")

    def check(self, placement: Placement) -> None:
        """Raise what `put` would raise now, before any byte was sent."""
        self._buckets.get(placement.bucket)
        check_object_name(placement.name)
        check_attributes(placement.attributes)
        current, _ = self._find(placement.bucket, placement.name)
        placement.preconditions.check_write(current)

    def put(
        self,
        placement: Placement,
        content: Content,
        *,
        component_count: int | None = None,
        finishes_upload: Callable[[sqlite3.Connection, ObjectMetadata], None] | None = None,
    ) -> ObjectMetadata:
        """Make the content the live generation. The file is ours from here on: it is removed if this raises.

        Args:
            placement: where to.
            content: what.
            component_count: for a composed object, which has no MD5.
            finishes_upload: written in the same transaction, so that an upload and its object are one fact.
        """
        try:
            placement.claimed.check(content.checksums)
            check_object_name(placement.name)
            check_attributes(placement.attributes)
            with self._database.transaction() as book:
                self._buckets.get(placement.bucket)
                current, replaced = self._find(placement.bucket, placement.name)
                placement.preconditions.check_write(current)
                metadata = self._new_generation(book, placement, content, component_count)
                book.execute(
                    "insert into objects (bucket, name, file, resource) values (?, ?, ?, ?) "
                    "on conflict (bucket, name) do update set file = excluded.file, resource = excluded.resource",
                    (placement.bucket, placement.name, content.file, dump(metadata.as_json())),
                )
                book.execute("insert into announcements values (?, ?)", (metadata.generation, dump(metadata.as_json())))
                if finishes_upload is not None:
                    finishes_upload(book, metadata)
        except BaseException:
            self._content.remove(content.file)
            raise
        if replaced is not None:
            self._content.remove(replaced)
        self._announce(metadata)
        return metadata

    def copy(
        self,
        source: tuple[str, str, int | None],
        source_preconditions: Preconditions,
        destination: Callable[[ObjectMetadata], Placement],
    ) -> ObjectMetadata:
        """Put the bytes of `source` (bucket, name, generation) where `destination` says, given what the source is."""
        with self._database.held():
            metadata, file = self._live(*source)
            source_preconditions.check_write(metadata)
            linked = self._content.link(file)
        content = Content(linked, metadata.size, Checksums(md5=metadata.md5_hash, crc32c=metadata.crc32c))
        return self.put(destination(metadata), content, component_count=metadata.component_count)

    def change(
        self,
        bucket: str,
        name: str,
        changes: Mapping[str, Any],
        *,
        generation: int | None = None,
        preconditions: Preconditions = NO_PRECONDITIONS,
        replace: bool = False,
    ) -> ObjectMetadata:
        """Change attributes of the live generation: a PATCH (null removes, maps merge) or, with `replace`, a PUT."""
        with self._database.transaction() as book:
            current, _ = self._live(bucket, name, generation)
            preconditions.check_write(current)
            before = {} if replace else current.attributes.model_dump(mode="json", by_alias=True, exclude_none=True)
            after = merged(before, changes) | {"storageClass": current.storage_class}  # changed by a rewrite only
            attributes = check_attributes(ObjectAttributes.from_json(after))
            changed = current.model_copy(
                update={
                    **{field: getattr(attributes, field) for field in ObjectAttributes.model_fields},
                    "metageneration": current.metageneration + 1,
                    "etag": etag_of(current.generation, current.metageneration + 1),
                    "updated": self._now(),
                }
            )
            book.execute(
                "update objects set resource = ? where bucket = ? and name = ?",
                (dump(changed.as_json()), bucket, name),
            )
        return changed

    def delete(
        self,
        bucket: str,
        name: str,
        generation: int | None = None,
        preconditions: Preconditions = NO_PRECONDITIONS,
    ) -> None:
        """Remove the object. Raises `StorageError`: 404, 412."""
        with self._database.transaction() as book:
            current, file = self._live(bucket, name, generation)
            preconditions.check_write(current)
            book.execute("delete from objects where bucket = ? and name = ?", (bucket, name))
        self._content.remove(file)

    def announce_pending(self) -> None:
        """Call the hook for generations whose announcement a killed process did not finish, or whose hook raised.

        The hook is called once per generation. Only where it did not return (an exception, or the end of the process)
        is it called again, at the next start.
        """
        for row in self._database.rows("select resource from announcements order by generation"):
            self._announce(ObjectMetadata.from_json(json.loads(row["resource"])))

    def _announce(self, metadata: ObjectMetadata) -> None:
        try:
            self._on_finalize(metadata)
        except Exception:  # the upload has happened: its uploader must not hear that it failed
            log.exception("finalize_hook_failed", bucket=metadata.bucket, object=metadata.name)
            return
        with self._database.transaction() as book:
            book.execute("delete from announcements where generation = ?", (metadata.generation,))

    def _new_generation(
        self, book: sqlite3.Connection, placement: Placement, content: Content, component_count: int | None
    ) -> ObjectMetadata:
        now = self._now()
        row = book.execute(
            "update clock set last_generation = max(last_generation + 1, ?) returning last_generation",
            (int(self._clock().timestamp() * 1_000_000),),
        ).fetchone()
        generation = int(row["last_generation"])
        if content.checksums.crc32c is None:
            raise ValueError(f"content {content.file} comes without CRC32C. Expected: finished content")
        return ObjectMetadata(
            **dict(placement.attributes),
            bucket=placement.bucket,
            name=placement.name,
            generation=generation,
            metageneration=1,
            size=content.size,
            md5_hash=content.checksums.md5 if component_count is None else None,
            crc32c=content.checksums.crc32c,
            etag=etag_of(generation, 1),
            component_count=component_count,
            time_created=now,
            updated=now,
        )

    def _now(self) -> datetime:
        """In milliseconds, which is what the book keeps."""
        now = self._clock()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _live(self, bucket: str, name: str, generation: int | None) -> tuple[ObjectMetadata, str]:
        metadata, file = self._find(bucket, name)
        if metadata is None or file is None or generation not in {None, metadata.generation}:
            self._buckets.get(bucket)
            which = f"{bucket}/{name}" + (f"#{generation}" if generation is not None else "")
            raise StorageError(OBJECT_NOT_FOUND, f"No such object: {which}")
        return metadata, file

    def _find(self, bucket: str, name: str) -> tuple[ObjectMetadata | None, str | None]:
        row = self._database.row("select resource, file from objects where bucket = ? and name = ?", bucket, name)
        return (ObjectMetadata.from_json(json.loads(row["resource"])), row["file"]) if row is not None else (None, None)


def generation_of(query: Mapping[str, str], parameter: str = "generation") -> int | None:
    """The generation a client asks for. Raises `StorageError` (invalid)."""
    text = query.get(parameter)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise StorageError(INVALID, f"Invalid value for {parameter}: expected a whole number, found {text!r}.")
    return int(text)
