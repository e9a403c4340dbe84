"""Listing a bucket in pages, folded at a delimiter the way folders are shown."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from local.storage.errors import INVALID, NOT_IMPLEMENTED, StorageError
from local.storage.resources import ObjectMetadata
from local.storage.store.database import Database

PAGE_SIZE = 1000
"""Default and most, items and prefixes together."""
LAST_CHARACTER = "\U0010ffff"
"""Sorts after every other: `prefix + LAST_CHARACTER` skips what begins with the prefix."""
UNSUPPORTED = ("matchGlob", "softDeleted")


@dataclass(frozen=True)
class Listing:
    """What to list."""

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    """First name wanted."""
    end: str | None = None
    """First name not wanted."""
    page_size: int = PAGE_SIZE
    include_trailing_delimiter: bool = False
    """List an object whose name *is* a folded prefix as an item too."""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Listing":
        """Read the parameters of `objects.list`. Raises `StorageError`."""
        for parameter in UNSUPPORTED:
            if parameter in query:
                raise StorageError(NOT_IMPLEMENTED, f"{parameter} is not part of the embedded Cloud Storage.")
        size = query.get("maxResults", str(PAGE_SIZE))
        if not (size.isascii() and size.isdigit() and int(size) > 0):
            raise StorageError(INVALID, f"Invalid value for maxResults: expected a positive number, found {size!r}.")
        after = _name_in(query["pageToken"]) + "\0" if query.get("pageToken") else ""
        return cls(
            prefix=query.get("prefix", ""),
            delimiter=query.get("delimiter", ""),
            start=max(after, query.get("startOffset", "")),
            end=query.get("endOffset") or None,
            page_size=min(int(size), PAGE_SIZE),
            include_trailing_delimiter=query.get("includeTrailingDelimiter") == "true",
        )


@dataclass(frozen=True)
class Page:
    """Part of a listing."""

    items: list[ObjectMetadata]
    prefixes: list[str]
    next_page_token: str | None


def page_of(database: Database, bucket: str, listing: Listing) -> Page:
    """The first page of a listing of an existing bucket."""
    items: list[ObjectMetadata] = []
    prefixes: list[str] = []
    after = max(listing.start, listing.prefix)
    while True:
        rows = database.rows(
            "select name, resource from objects where bucket = ? and name >= ? order by name limit ?",
            bucket,
            after,
            listing.page_size + 1,
        )
        for row in rows:
            name: str = row["name"]
            if not name.startswith(listing.prefix) or (listing.end is not None and name >= listing.end):
                return Page(items, prefixes, None)
            folded = _folded(name, listing)
            if len(items) + len(prefixes) >= listing.page_size and folded not in prefixes:
                last = max(items[-1].name if items else "", prefixes[-1] + LAST_CHARACTER if prefixes else "")
                return Page(items, prefixes, urlsafe_b64encode(last.encode()).decode())
            if folded is None or (listing.include_trailing_delimiter and name == folded):
                items.append(ObjectMetadata.from_json(json.loads(row["resource"])))
            if folded is not None:
                if folded not in prefixes:
                    prefixes.append(folded)
                after = folded + LAST_CHARACTER
                break
            after = name + "\0"
        else:
            if len(rows) <= listing.page_size:
                return Page(items, prefixes, None)


def _folded(name: str, listing: Listing) -> str | None:
    """The prefix that stands for this name, if any."""
    if not listing.delimiter:
        return None
    at = name.find(listing.delimiter, len(listing.prefix))
    return name[: at + len(listing.delimiter)] if at >= 0 else None


def _name_in(page_token: str) -> str:
    try:
        return b64decode(page_token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise StorageError(INVALID, "Invalid value for pageToken: expected the nextPageToken of a listing.") from None
