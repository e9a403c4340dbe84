"""Resumable uploads: an upload survives dropped connections, closed tabs and restarts of this server.

The client sends pieces with `Content-Range` and the server alone knows how far it got: it says so with status 308 and a
`Range` header (none when it has nothing). Source: https://cloud.google.com/storage/docs/performing-resumable-uploads

| the client sends | the server |
|---|---|
| `bytes 0-8388607/20000000` | keeps the bytes, answers 308 `Range: bytes=0-8388607` |
| a piece that breaks off, or is not a multiple of 256 KiB | keeps the whole 256 KiB blocks of it |
| `bytes */20000000` and no body | answers how far it got, or 200 when the object is complete |
| a piece from before the offset | skips what it has |
| a piece from beyond the offset | 503: ask for the offset |
| a new request while an older one hangs | takes what arrived of the older one and drops it: no phone is blocked |
| the last byte | checks size range and checksums, makes the object, answers 200, and does so again when asked again |
| DELETE | forgets the upload |
"""

import asyncio
import math
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from local.storage.errors import (
    BACKEND_ERROR,
    BAD_DIGEST,
    CONDITION_NOT_MET,
    FULL_DISK_ERRORS,
    INVALID,
    LENGTH_REQUIRED,
    TOO_LARGE,
    TOO_SMALL,
    StorageError,
    disk_full_refused,
)
from local.storage.resources import ObjectMetadata
from local.storage.store import Store
from local.storage.store.content import Checksums, Content, Digest, sync
from local.storage.store.uploads import SizeRange, Upload

BLOCK = 256 * 1024
"""Unit of what is kept of an unfinished upload, bytes."""
WRITE_SIZE = 1024 * 1024
"""Bytes collected before they are written in a thread."""
NEXT_BYTES_S = 0.05
LAST_BYTES_S = 1.0
"""A request that a newer one replaces goes on while bytes of it keep coming, but not for longer than this."""
CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
FATAL = frozenset({TOO_LARGE, TOO_SMALL, BAD_DIGEST, CONDITION_NOT_MET})
"""After these the upload cannot succeed any more: it is forgotten."""


@dataclass(frozen=True)
class Piece:
    """What a request says about its body."""

    first: int | None
    """Offset of the body's first byte; None: no body, only a question."""
    length: int | None
    """Bytes of the body; None: until it ends."""
    total: int | None
    """Size of the whole; None: not known yet."""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Piece":
        """Read Content-Range and Content-Length. Raises `StorageError` (invalid)."""
        content_length = headers.get("content-length")
        length = int(content_length) if content_length is not None and content_length.isdigit() else None
        content_range = headers.get("content-range")
        if length is None and "transfer-encoding" not in headers:
            raise StorageError(LENGTH_REQUIRED, "Expected the header Content-Length.")
        if content_range is None:
            return cls(first=0, length=length, total=length)
        match = CONTENT_RANGE.fullmatch(content_range.strip())
        if match is None:
            raise StorageError(INVALID, "Failed to parse Content-Range header.")
        total = int(match[3]) if match[3] != "*" else None
        if match[1] is None:
            return cls(first=None, length=0, total=total)
        first, last = int(match[1]), int(match[2])
        declared = last - first + 1
        if declared <= 0 or (total is not None and last >= total) or length not in {None, declared}:
            raise StorageError(
                INVALID, f"Invalid Content-Range {content_range!r} for a body of {content_length} bytes."
            )
        return cls(first=first, length=declared, total=total)


@dataclass(frozen=True)
class Progress:
    """Where an upload stands after a request."""

    received: int
    """Bytes kept."""
    result: ObjectMetadata | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Of the 308 answer."""
        return {"Range": f"bytes=0-{self.received - 1}"} if self.received else {}


@dataclass
class _Live:
    """What this process knows of an upload beside what is kept on the disk."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    superseded: asyncio.Event = field(default_factory=asyncio.Event)
    """Tells the request at work that a newer one waits."""
    digest: Digest = field(default_factory=Digest)


class ResumableUploads:
    """Continues the uploads of a store. Lives in one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._live: dict[str, _Live] = {}

    def begin(self, upload: Upload) -> str:
        """Start an upload and return its id. Raises `StorageError` for what could never succeed."""
        self._store.objects.check(upload.placement)
        check_size(upload.size_range, upload.total)
        return self._store.uploads.begin(upload)

    async def cancel(self, upload_id: str) -> None:
        """Forget the upload. Raises `StorageError` (404, 410)."""
        async with self._alone(upload_id):
            await run_in_threadpool(self._forget, upload_id)

    async def receive(self, upload_id: str, request: Request) -> Progress:
        """Take a piece, or answer a question. Raises `StorageError`."""
        piece = Piece.of(request.headers)
        async with self._alone(upload_id) as live:
            upload, file = await run_in_threadpool(self._store.uploads.get, upload_id)
            if upload.result is not None:
                return Progress(upload.result.size, upload.result)
            try:
                return await self._receive(upload_id, upload, self._store.content.path(file), live, piece, request)
            except StorageError as error:
                if error.kind in FATAL:
                    await run_in_threadpool(self._forget, upload_id)
                raise

    async def _receive(
        self, upload_id: str, upload: Upload, path: Path, live: _Live, piece: Piece, request: Request
    ) -> Progress:
        received = _settle(path, upload.total)
        upload = await self._with_total(upload_id, upload, piece.total, received)
        if piece.first is not None:
            if piece.first > received:
                raise StorageError(
                    BACKEND_ERROR,
                    "Invalid request. According to the Content-Range header, the upload offset is "
                    f"{piece.first} byte(s), which exceeds already uploaded size of {received} byte(s).",
                )
            body = _until(_limited(request.stream(), upload, piece), live.superseded)
            received += await _append(path, at=received, skip=received - piece.first, body=body)
            if piece.length is None:  # the end of the body was the end of the object
                upload = await self._with_total(upload_id, upload, received, received)
        if received == upload.total:
            upload = upload.model_copy(update=_claimed(request.headers))
            return Progress(received, await run_in_threadpool(self._finish, upload_id, upload, path, live.digest))
        received = _settle(path, upload.total)
        await run_in_threadpool(live.digest.catch_up, path, received)
        return Progress(received)

    async def _with_total(self, upload_id: str, upload: Upload, total: int | None, received: int) -> Upload:
        """The upload with the size it is now known to have."""
        if total is None or total == upload.total:
            return upload
        if upload.total is not None:
            raise StorageError(INVALID, f"The upload has {upload.total} bytes. This request says {total}.")
        if total < received:
            raise StorageError(INVALID, f"{received} bytes were received. This request says {total} are all.")
        check_size(upload.size_range, total)
        return await run_in_threadpool(self._store.uploads.announce_total, upload_id, upload, total)

    def _finish(self, upload_id: str, upload: Upload, path: Path, digest: Digest) -> ObjectMetadata:
        """Make the object. If that fails for now (a full disk), the upload stays as it is and can be finished later."""
        size = path.stat().st_size
        digest.catch_up(path, size)
        with path.open("r+b") as file, disk_full_refused():
            sync(file)
        content = Content(self._store.content.link(path.name), size, digest.checksums())
        finisher = self._store.uploads.finisher(upload_id, upload)
        result = self._store.objects.put(upload.placement, content, finishes_upload=finisher)
        path.unlink()  # the object has a name of its own for the bytes
        self._live.pop(upload_id, None)
        return result

    @asynccontextmanager
    async def _alone(self, upload_id: str) -> AsyncIterator[_Live]:
        """One request at a time per upload, the newest one: an older one that still waits for bytes gives up."""
        await run_in_threadpool(self._store.uploads.get, upload_id)
        live = self._live.setdefault(upload_id, _Live())
        live.superseded.set()
        live.superseded = mine = asyncio.Event()
        async with live.lock:
            if mine.is_set():
                raise _superseded()
            yield live

    def _forget(self, upload_id: str) -> None:
        self._store.uploads.forget(upload_id)
        self._live.pop(upload_id, None)


async def _append(path: Path, *, at: int, skip: int, body: AsyncIterator[bytes]) -> int:
    """Write the body, without its first `skip` bytes, behind the `at` bytes there are. Returns how many were added.

    Whatever ends this early, what arrived before is kept; only on a full disk the old size is restored.
    """
    added = 0
    try:
        with path.open("r+b") as file:
            file.seek(at)
            waiting = bytearray()
            try:
                async for chunk in body:
                    added += max(0, len(chunk) - skip)
                    waiting += chunk[skip:]
                    skip = max(0, skip - len(chunk))
                    if len(waiting) >= WRITE_SIZE:
                        data, waiting = waiting, bytearray()
                        await run_in_threadpool(file.write, data)
            finally:
                file.write(waiting)
    except OSError as error:
        if error.errno in FULL_DISK_ERRORS:
            os.truncate(path, at)
        with disk_full_refused():
            raise
    return added


async def _limited(body: AsyncIterator[bytes], upload: Upload, piece: Piece) -> AsyncIterator[bytes]:
    """The body, as long as it has no more bytes than announced, or than were allowed where none were announced."""
    arrived = 0
    async for chunk in body:
        arrived += len(chunk)
        if piece.length is not None and arrived > piece.length:
            raise StorageError(INVALID, f"The body has more than the {piece.length} bytes that were announced.")
        if piece.length is None:
            _check_growth(upload.size_range, arrived)
        yield chunk


async def _until(body: AsyncIterator[bytes], superseded: asyncio.Event) -> AsyncIterator[bytes]:
    """The body, until a newer request of the same upload arrives. What this machine has received by then is taken."""
    loop = asyncio.get_running_loop()
    stop = asyncio.ensure_future(superseded.wait())
    chunk: asyncio.Task[bytes | None] | None = None
    give_up_at = math.inf
    try:
        while True:
            chunk = asyncio.ensure_future(_next(body))
            await asyncio.wait({chunk, stop}, return_when=asyncio.FIRST_COMPLETED)
            if stop.done():
                give_up_at = min(give_up_at, loop.time() + LAST_BYTES_S)
                await asyncio.wait({chunk}, timeout=NEXT_BYTES_S)
                if not chunk.done() or loop.time() > give_up_at:
                    raise _superseded()
            data = chunk.result()
            if data is None:
                return
            yield data
    finally:
        stop.cancel()
        if chunk is not None:
            chunk.cancel()


async def _next(body: AsyncIterator[bytes]) -> bytes | None:
    return await anext(body, None)


def _superseded() -> StorageError:
    return StorageError(BACKEND_ERROR, "A newer request continues this upload.")


def _settle(path: Path, total: int | None) -> int:
    """Cut an unfinished upload back to whole blocks and return its size: what a broken connection or a killed process
    left behind the last block is not relied upon."""
    size = path.stat().st_size
    if size == total:
        return size
    whole = size - size % BLOCK
    if whole != size:
        os.truncate(path, whole)
    return whole


def _check_growth(size_range: SizeRange | None, size: int) -> None:
    """Refuse an upload of unannounced size when it has grown too large."""
    if size_range is not None and size > size_range.most:
        raise StorageError(
            TOO_LARGE,
            "Your proposed upload exceeds the maximum allowed object size.",
            details=f"Content-length exceeds upper bound on range: {size} > {size_range.most}",
        )


def check_size(size_range: SizeRange | None, total: int | None) -> None:
    """Refuse an upload by the size it announces."""
    if size_range is None or total is None:
        return
    _check_growth(size_range, total)
    if total < size_range.least:
        raise StorageError(
            TOO_SMALL,
            "Your proposed upload is smaller than the minimum object size specified in your Policy Document.",
            details=f"Content-length smaller than lower bound on range: {total} < {size_range.least}",
        )


def claimed_checksums(headers: Mapping[str, str]) -> Checksums:
    """What `x-goog-hash: crc32c=…,md5=…` and `Content-MD5` say the bytes will sum up to."""
    pairs = [pair.strip().partition("=") for pair in headers.get("x-goog-hash", "").split(",")]
    claimed = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Checksums(md5=headers.get("content-md5") or claimed.get("md5"), crc32c=claimed.get("crc32c"))


def _claimed(headers: Mapping[str, str]) -> dict[str, str]:
    """The checksums this request claims for the whole upload; those of an earlier one stay otherwise."""
    claimed = claimed_checksums(headers)
    return {name: value for name, value in (("md5", claimed.md5), ("crc32c", claimed.crc32c)) if value is not None}
