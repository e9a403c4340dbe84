"""Answering with an object's bytes: whole or a range, conditional, decompressed where the client cannot.

The same for both APIs. Bytes are streamed from the file that is open since the answer began, so an object that is
overwritten meanwhile does not change under a reader.
"""

import re
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from local.storage.errors import (
    CONDITION_NOT_MET,
    INVALID,
    NOT_MODIFIED,
    RANGE_NOT_SATISFIABLE,
    StorageError,
)
from local.storage.resources import DEFAULT_CONTENT_TYPE, ObjectMetadata

CHUNK = 256 * 1024
SINGLE_RANGE = re.compile(r"bytes=(?:(\d+)-(\d*)|-(\d+))")
GZIP_WINDOW = zlib.MAX_WBITS | 16
METADATA_PREFIX = "x-goog-meta-"


class Download:
    """One answer. Takes over the open file."""

    def __init__(
        self, request: Request, metadata: ObjectMetadata, file: BinaryIO, overrides: Mapping[str, str]
    ) -> None:
        """`overrides`: `content-type`, `content-disposition` … the client asked for instead of the object's own."""
        self._request = request
        self._metadata = metadata
        self._file = file
        self._overrides = overrides

    def response(self) -> Response:
        """The answer. Raises `StorageError`: 304, 412, 416."""
        try:
            return self._response()
        except BaseException:
            self._file.close()
            raise

    def _response(self) -> Response:
        metadata = self._metadata
        headers = object_headers(metadata) | {
            "Content-Type": metadata.content_type or DEFAULT_CONTENT_TYPE,
            "Cache-Control": metadata.cache_control or "private, max-age=0",
            "Last-Modified": format_datetime(metadata.updated.astimezone(UTC), usegmt=True),
            "Accept-Ranges": "bytes",
        }
        optional = {
            "Content-Disposition": metadata.content_disposition,
            "Content-Language": metadata.content_language,
            "Content-Encoding": metadata.content_encoding,
        }
        headers |= {name: value for name, value in optional.items() if value is not None}
        headers |= {name: _one_line(value) for name, value in self._overrides.items()}
        self._check_conditions(headers)
        if self._must_decompress():
            return self._decompressed(headers)
        first, last = self._range(headers["ETag"])
        status = 200
        if (first, last) != (0, metadata.size - 1):
            status = 206
            headers["Content-Range"] = f"bytes {first}-{last}/{metadata.size}"
        headers["Content-Length"] = str(last - first + 1)
        if self._request.method == "HEAD":
            self._file.close()
            return with_headers(Response(status_code=status), headers)
        self._file.seek(first)
        return with_headers(StreamingResponse(_read(self._file, last - first + 1), status), headers)

    def _check_conditions(self, headers: Mapping[str, str]) -> None:
        """RFC 9110 §13.2.2, in its order."""
        sent = self._request.headers
        etag, modified = headers["ETag"], self._metadata.updated.replace(microsecond=0)
        if "if-match" in sent:
            if not _names(sent["if-match"], etag):
                raise StorageError(CONDITION_NOT_MET, "The If-Match condition did not hold.")
        elif (unmodified_since := _date(sent.get("if-unmodified-since"))) and modified > unmodified_since:
            raise StorageError(CONDITION_NOT_MET, "The If-Unmodified-Since condition did not hold.")
        if "if-none-match" in sent:
            if _names(sent["if-none-match"], etag):
                raise NotModified(headers)
        elif (modified_since := _date(sent.get("if-modified-since"))) and modified <= modified_since:
            raise NotModified(headers)

    def _range(self, etag: str) -> tuple[int, int]:
        """First and last byte to send. Several ranges, or one in another unit, are answered with the whole."""
        size = self._metadata.size
        whole = (0, size - 1)
        match = SINGLE_RANGE.fullmatch(self._request.headers.get("range", "").replace(" ", ""))
        if match is None or not self._range_is_of_this_state(etag):
            return whole
        first, last, tail = match.groups()
        if tail is not None:
            wanted = (max(0, size - int(tail)), size - 1) if int(tail) > 0 else None
        elif last and int(last) < int(first):
            return whole
        else:
            wanted = (int(first), min(int(last), size - 1) if last else size - 1) if int(first) < size else None
        if wanted is None or size == 0:
            raise RangeNotSatisfiable(size)
        return wanted

    def _range_is_of_this_state(self, etag: str) -> bool:
        condition = self._request.headers.get("if-range")
        if condition is None or condition == etag:
            return True
        date = _date(condition)
        return date is not None and date == self._metadata.updated.replace(microsecond=0)

    def _must_decompress(self) -> bool:
        """Objects stored as gzip are sent decompressed to clients that do not take gzip ("transcoding")."""
        accepted = self._request.headers.get("accept-encoding", "")
        no_transform = "no-transform" in (self._metadata.cache_control or "")
        return self._metadata.content_encoding == "gzip" and "gzip" not in accepted and not no_transform

    def _decompressed(self, headers: dict[str, str]) -> Response:
        without = {"Content-Encoding", "Accept-Ranges"}
        sent = {name: value for name, value in headers.items() if name not in without}
        sent["Warning"] = "214 UploadServer gunzipped"
        if self._request.method == "HEAD":
            self._file.close()
            return with_headers(Response(), sent)
        return with_headers(StreamingResponse(_gunzip(self._file)), sent)


class NotModified(StorageError):
    """304, which repeats what a cache needs to know."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(NOT_MODIFIED, "")
        self.headers = {name: headers[name] for name in ("ETag", "Cache-Control", "Last-Modified")}


class RangeNotSatisfiable(StorageError):
    """416, which names the size."""

    def __init__(self, size: int) -> None:
        super().__init__(RANGE_NOT_SATISFIABLE, "The requested range cannot be satisfied.")
        self.headers = {"Content-Range": f"bytes */{size}"}


def object_headers(metadata: ObjectMetadata) -> dict[str, str]:
    """What Cloud Storage says of an object in headers, after an upload as well as with a download."""
    hashes = [f"crc32c={metadata.crc32c}"] + ([f"md5={metadata.md5_hash}"] if metadata.md5_hash is not None else [])
    headers = {
        "ETag": f'"{metadata.md5_hex or metadata.etag}"',
        "x-goog-generation": str(metadata.generation),
        "x-goog-metageneration": str(metadata.metageneration),
        "x-goog-hash": ",".join(hashes),
        "x-goog-storage-class": metadata.storage_class,
        "x-goog-stored-content-encoding": metadata.content_encoding or "identity",
        "x-goog-stored-content-length": str(metadata.size),
    }
    return headers | {f"{METADATA_PREFIX}{key}": value for key, value in (metadata.metadata or {}).items()}


def with_headers(response: Response, headers: Mapping[str, str]) -> Response:
    """Set headers as UTF-8: file names and metadata of Japanese cooks are not Latin-1."""
    ours = {name.lower() for name in headers}
    kept = [(name, value) for name, value in response.raw_headers if name.decode().lower() not in ours]
    response.raw_headers = kept + [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return response


async def _read(file: BinaryIO, length: int) -> AsyncIterator[bytes]:
    with file:
        while length > 0:
            data = await run_in_threadpool(file.read, min(CHUNK, length))
            if not data:
                raise OSError(f"{file.name} is shorter than its record says. Expected {length} more bytes")
            length -= len(data)
            yield data


async def _gunzip(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        decompressor = zlib.decompressobj(GZIP_WINDOW)
        while data := await run_in_threadpool(file.read, CHUNK):
            while data:
                if plain := decompressor.decompress(data, CHUNK):
                    yield plain
                data = decompressor.unconsumed_tail
        if rest := decompressor.flush():
            yield rest


def _names(condition: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
    return "*" in tags or etag in tags


def _date(text: str | None) -> datetime | None:
    """An HTTP date; None for what is none, which RFC 9110 wants ignored."""
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _one_line(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise StorageError(INVALID, f"Invalid value for a response header: {value!r} holds a control character.")
    return value
