"""Buckets: a name, settings of which only CORS has an effect here, and the objects that refer to it."""

import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.storage.errors import (
    BUCKET_EXISTS,
    BUCKET_NOT_EMPTY,
    BUCKET_NOT_FOUND,
    CONDITION_NOT_MET,
    INVALID,
    StorageError,
)
from local.storage.resources import BucketSettings, CorsRule, etag_of, rfc3339
from local.storage.store.database import Database, dump

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
"""https://cloud.google.com/storage/docs/buckets#naming, without the rules about dots."""

FIXED = frozenset(
    {"kind", "id", "name", "etag", "metageneration", "timeCreated", "updated", "location", "projectNumber"}
)
"""Fields a client cannot change."""

Resource = dict[str, Any]


class Buckets:
    """The buckets of one server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, resource: Mapping[str, Any], now: datetime) -> Resource:
        """Make a bucket. Raises `StorageError`: 409 if it exists, 400 for a bad name or setting."""
        name = str(resource.get("name", ""))
        if BUCKET_NAME.fullmatch(name) is None:
            raise StorageError(INVALID, f"Invalid bucket name: {name!r}.")
        BucketSettings.from_json(resource)
        created: Resource = {
            "kind": "storage#bucket",
            "id": name,
            "location": "ASIA-NORTHEAST1",
            "locationType": "region",
            "storageClass": "STANDARD",
            **resource,
            "timeCreated": rfc3339(now),
        }
        with self._database.transaction() as book:
            if book.execute("select 1 from buckets where name = ?", (name,)).fetchone():
                raise StorageError(BUCKET_EXISTS, f"The bucket {name} exists already.")
            return self._save(book, name, created, metageneration=1, now=now)

    def ensure(self, settings: BucketSettings, now: datetime) -> Resource:
        """Make the bucket, or give an existing one these CORS rules."""
        wanted = settings.model_dump(mode="json", by_alias=True)
        if self._database.row("select 1 from buckets where name = ?", settings.name) is None:
            return self.create(wanted, now)
        return self.change(settings.name, {"cors": wanted["cors"]}, now)

    def get(self, name: str) -> Resource:
        """The bucket resource. Raises `StorageError` (404)."""
        row = self._database.row("select resource from buckets where name = ?", name)
        if row is None:
            raise StorageError(BUCKET_NOT_FOUND, "The specified bucket does not exist.")
        resource: Resource = json.loads(row["resource"])
        return resource

    def all(self, prefix: str = "") -> list[Resource]:
        """Every bucket whose name begins so, by name."""
        rows = self._database.rows("select name, resource from buckets order by name")
        return [json.loads(row["resource"]) for row in rows if row["name"].startswith(prefix)]

    def cors(self, name: str) -> list[CorsRule]:
        """The bucket's CORS rules; none for a bucket that does not exist."""
        row = self._database.row("select resource from buckets where name = ?", name)
        return BucketSettings.from_json(json.loads(row["resource"])).cors if row is not None else []

    def change(
        self,
        name: str,
        changes: Mapping[str, Any],
        now: datetime,
        *,
        replace: bool = False,
        metageneration_match: int | None = None,
    ) -> Resource:
        """Apply a PATCH (null removes a field, maps merge) or, with `replace`, a PUT."""
        with self._database.transaction() as book:
            current = self.get(name)
            if metageneration_match not in {None, int(current["metageneration"])}:
                raise StorageError(CONDITION_NOT_MET, "At least one of the pre-conditions you specified did not hold.")
            changeable = {field: value for field, value in changes.items() if field not in FIXED}
            fixed = {field: value for field, value in current.items() if field in FIXED}
            changed = {**fixed, **changeable} if replace else merged(current, changeable)
            BucketSettings.from_json(changed)
            return self._save(book, name, changed, metageneration=int(current["metageneration"]) + 1, now=now)

    def delete(self, name: str) -> None:
        """Remove an empty bucket. Raises `StorageError`: 404, or 409 if objects are left."""
        with self._database.transaction() as book:
            self.get(name)
            if book.execute("select 1 from objects where bucket = ? limit 1", (name,)).fetchone():
                raise StorageError(BUCKET_NOT_EMPTY, "The bucket you tried to delete is not empty.")
            book.execute("delete from buckets where name = ?", (name,))

    @staticmethod
    def _save(
        book: sqlite3.Connection, name: str, resource: Resource, *, metageneration: int, now: datetime
    ) -> Resource:
        resource = {
            **resource,
            "metageneration": str(metageneration),
            "etag": etag_of(0, metageneration),
            "updated": rfc3339(now),
        }
        book.execute(
            "insert into buckets values (?, ?) on conflict (name) do update set resource = excluded.resource",
            (name, dump(resource)),
        )
        return resource


def merged(current: Mapping[str, Any], changes: Mapping[str, Any]) -> Resource:
    """JSON merge patch, RFC 7396."""
    result = dict(current)
    for field, value in changes.items():
        if value is None:
            result.pop(field, None)
        elif isinstance(value, Mapping):
            before = result.get(field)
            result[field] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            result[field] = value
    return result
