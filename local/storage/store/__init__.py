"""What is stored, and how it is kept: the part of Cloud Storage that knows nothing of HTTP."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from local.storage.resources import BucketSettings
from local.storage.store.buckets import Buckets
from local.storage.store.content import ContentFolder
from local.storage.store.database import Database
from local.storage.store.listing import Listing, Page, page_of
from local.storage.store.objects import Objects, OnFinalize
from local.storage.store.uploads import Uploads

log = structlog.get_logger()

SCHEMA = """
create table if not exists buckets (
    name text primary key,
    resource text not null
) strict, without rowid;
create table if not exists objects (
    bucket text not null references buckets (name),
    name text not null,
    file text not null unique,
    resource text not null,
    primary key (bucket, name)
) strict;
create table if not exists uploads (
    id text primary key,
    file text not null unique,
    started_at real not null,
    state text not null
) strict;
create table if not exists announcements (
    generation integer primary key,
    resource text not null
) strict;
create table if not exists clock (
    only integer primary key check (only = 1),
    last_generation integer not null
) strict;
insert into clock values (1, 0) on conflict do nothing;
"""
"""Bytes lie in files (`content.py`); the book says which file is which object. Names compare byte by byte, which for
UTF-8 is the order in which Cloud Storage lists. `announcements` holds generations whose finalize hook has not returned
yet; `clock` keeps generations rising although the machine's clock may be set back.
"""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Store:
    """Buckets, objects and resumable uploads under one folder. One process at a time; any number of its threads."""

    def __init__(self, root: Path, *, on_finalize: OnFinalize, clock: Clock = utc_now) -> None:
        """Open or create it, and clear away what a killed process left half-written."""
        root.mkdir(parents=True, exist_ok=True)
        self._database = Database(root / "storage.db", SCHEMA)
        self.content = ContentFolder(root / "content")
        self.buckets = Buckets(self._database)
        self.objects = Objects(self._database, self.content, self.buckets, on_finalize, clock)
        self.uploads = Uploads(self._database, self.content, clock)
        self.clock = clock
        self.uploads.forget_expired()
        self._sweep()

    def ensure_buckets(self, buckets: Iterable[BucketSettings]) -> None:
        """Make these buckets, or give them these settings."""
        for settings in buckets:
            self.buckets.ensure(settings, self.clock())

    def list(self, bucket: str, listing: Listing) -> Page:
        """Part of a listing. Raises `StorageError` (404)."""
        self.buckets.get(bucket)
        return page_of(self._database, bucket, listing)

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()

    def _sweep(self) -> None:
        named = self._database.rows("select file from objects union all select file from uploads")
        lost = self.content.sweep({row["file"] for row in named})
        if lost:
            log.info("storage_swept", files=lost)
