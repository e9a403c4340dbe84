"""The XML API: what phones and browsers use, with signed URLs.

Every request but a preflight needs a valid V4 signature, or the id of a resumable upload that a signed request began.
Source: https://cloud.google.com/storage/docs/xml-api/overview.
"""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from local.storage.api.calls import base_url, raw_path
from local.storage.api.downloads import METADATA_PREFIX, Download, object_headers, with_headers
from local.storage.api.json_uploads import write_body
from local.storage.api.policy_form import PolicyForm
from local.storage.api.resumable import ResumableUploads, check_size, claimed_checksums
from local.storage.api.signatures import (
    PAYLOAD_HEADER,
    UNSIGNED_PAYLOAD,
    PublicKeys,
    SignedRequest,
    is_signed,
    verify_request,
)
from local.storage.errors import (
    ACCESS_DENIED,
    BAD_DIGEST,
    INVALID,
    METHOD_NOT_ALLOWED,
    NOT_IMPLEMENTED,
    TOO_LARGE,
    StorageError,
)
from local.storage.resources import ObjectAttributes
from local.storage.store import Store
from local.storage.store.objects import Placement, generation_of
from local.storage.store.preconditions import Preconditions
from local.storage.store.uploads import SizeRange, Upload

RESPONSE_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-disposition": "Content-Disposition",
}
SIZE_RANGE_HEADER = "x-goog-content-length-range"
MAX_SINGLE_UPLOAD_BYTES = 5 * 1024**4
"""https://cloud.google.com/storage/quotas#objects."""


class XmlApi:
    """`/BUCKET/OBJECT`."""

    def __init__(self, store: Store, resumable: ResumableUploads, keys: PublicKeys) -> None:
        self._store = store
        self._resumable = resumable
        self._keys = keys
        self._form = PolicyForm(store, keys)

    async def answer(self, request: Request, bucket: str, name: str) -> Response:
        """Raises `StorageError`."""
        if upload_id := request.query_params.get("upload_id"):
            return await self._go_on(request, bucket, name, upload_id)
        if request.method == "POST" and not name:
            return await self._form.answer(request, bucket)
        self._verify(request)
        if not name:
            raise StorageError(
                NOT_IMPLEMENTED, "The XML API of buckets is not part of the embedded Cloud Storage: use the JSON API."
            )
        match request.method:
            case "GET" | "HEAD":
                return await self._download(request, bucket, name)
            case "PUT":
                return await self._put(request, bucket, name)
            case "POST":
                return await self._start(request, bucket, name)
            case "DELETE":
                await run_in_threadpool(
                    self._store.objects.delete, bucket, name, generation_of(request.query_params), _conditions(request)
                )
                return Response(status_code=204)
            case method:
                raise StorageError(METHOD_NOT_ALLOWED, f"{method} is not a method of objects.")

    def _verify(self, request: Request) -> None:
        query = request.url.query
        if not is_signed(query):
            raise StorageError(ACCESS_DENIED, "Anonymous caller does not have access: the URL must be signed.")
        headers: dict[str, list[str]] = defaultdict(list)
        for name, value in request.headers.raw:
            headers[name.decode("latin-1").lower()].append(value.decode("utf-8", "replace"))
        verify_request(
            SignedRequest(request.method, raw_path(request), query, headers), self._keys, self._store.clock()
        )

    async def _download(self, request: Request, bucket: str, name: str) -> Response:
        query = request.query_params
        metadata, file = await run_in_threadpool(
            self._store.objects.open, bucket, name, generation_of(query), _conditions(request)
        )
        overrides = {header: query[name] for name, header in RESPONSE_OVERRIDES.items() if query.get(name)}
        return Download(request, metadata, file, overrides).response()

    async def _put(self, request: Request, bucket: str, name: str) -> Response:
        for header in ("x-goog-copy-source", "x-goog-resumable"):
            if header in request.headers:
                raise StorageError(NOT_IMPLEMENTED, f"PUT with {header} is not part of the embedded Cloud Storage.")
        placement = self._placement(request, bucket, name)
        size_range = _size_range(request)
        length = request.headers.get("content-length", "")
        check_size(size_range, int(length) if length.isdigit() else None)
        await run_in_threadpool(self._store.objects.check, placement)
        with self._store.content.writer() as writer:
            most = size_range.most if size_range is not None else MAX_SINGLE_UPLOAD_BYTES
            await write_body(writer, _checked(request.stream(), most, _payload_hash(request)))
            check_size(size_range, writer.size)
            metadata = await run_in_threadpool(lambda: self._store.objects.put(placement, writer.finish()))
        return with_headers(Response(), object_headers(metadata))

    async def _start(self, request: Request, bucket: str, name: str) -> Response:
        if request.headers.get("x-goog-resumable") != "start":
            raise StorageError(INVALID, "Expected the header x-goog-resumable: start.")
        placement = self._placement(request, bucket, name)
        upload = Upload(
            bucket=bucket,
            name=name,
            attributes=placement.attributes,
            preconditions=placement.preconditions,
            size_range=_size_range(request),
            md5=placement.claimed.md5,
            crc32c=placement.claimed.crc32c,
        )
        upload_id = await run_in_threadpool(self._resumable.begin, upload)
        location = f"{base_url(request)}{raw_path(request)}?upload_id={upload_id}"
        return Response(status_code=201, headers={"Location": location, "X-GUploader-UploadID": upload_id})

    async def _go_on(self, request: Request, bucket: str, name: str, upload_id: str) -> Response:
        upload, _ = await run_in_threadpool(self._store.uploads.get, upload_id)
        if (upload.bucket, upload.name) != (bucket, name):
            raise StorageError(INVALID, "The upload belongs to another object.")
        match request.method:
            case "DELETE":
                await self._resumable.cancel(upload_id)
                return Response(status_code=204)
            case "PUT":
                progress = await self._resumable.receive(upload_id, request)
                if progress.result is None:
                    return Response(status_code=308, headers=progress.headers)
                return with_headers(Response(), object_headers(progress.result))
            case method:
                raise StorageError(METHOD_NOT_ALLOWED, f"{method} is not a method of resumable uploads.")

    @staticmethod
    def _placement(request: Request, bucket: str, name: str) -> Placement:
        headers = {
            key.decode("latin-1").lower(): value.decode("utf-8", "replace") for key, value in request.headers.raw
        }
        metadata = {
            key.removeprefix(METADATA_PREFIX): value
            for key, value in headers.items()
            if key.startswith(METADATA_PREFIX)
        }
        attributes = ObjectAttributes(
            content_type=headers.get("content-type"),
            cache_control=headers.get("cache-control"),
            content_disposition=headers.get("content-disposition"),
            content_encoding=headers.get("content-encoding"),
            content_language=headers.get("content-language"),
            storage_class=headers.get("x-goog-storage-class", "STANDARD"),
            metadata=metadata or None,
        )
        return Placement(bucket, name, attributes, _conditions(request), claimed_checksums(headers))


def _conditions(request: Request) -> Preconditions:
    return Preconditions.from_headers(request.headers)


def _size_range(request: Request) -> SizeRange | None:
    text = request.headers.get(SIZE_RANGE_HEADER)
    if text is None:
        return None
    least, comma, most = (part.strip() for part in text.partition(","))
    if not (comma and least.isdigit() and most.isdigit() and int(least) <= int(most)):
        raise StorageError(INVALID, f"Expected {SIZE_RANGE_HEADER}: LEAST,MOST in bytes. Found: {text!r}.")
    return SizeRange(least=int(least), most=int(most))


def _payload_hash(request: Request) -> str | None:
    """The SHA-256 of the body that was signed, if it was."""
    text = request.headers.get(PAYLOAD_HEADER)
    return text.lower() if text is not None and text != UNSIGNED_PAYLOAD else None


async def _checked(body: AsyncIterator[bytes], most: int, payload_hash: str | None) -> AsyncIterator[bytes]:
    """The body, as long as it is not too long, and if its hash at the end is the signed one."""
    sha256 = hashlib.sha256()
    size = 0
    async for chunk in body:
        size += len(chunk)
        if size > most:
            raise StorageError(TOO_LARGE, "Your proposed upload exceeds the maximum allowed object size.")
        if payload_hash is not None:
            sha256.update(chunk)
        yield chunk
    if payload_hash is not None and sha256.hexdigest() != payload_hash:
        raise StorageError(BAD_DIGEST, f"The {PAYLOAD_HEADER} you signed did not match what we received.")
