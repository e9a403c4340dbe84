"""Uploads through the JSON API: bytes alone, bytes with metadata, resumable.

Source: https://cloud.google.com/storage/docs/uploads-downloads.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.storage.api.calls import MAX_JSON_BYTES, base_url, parse_resource, raw_path, small_body
from local.storage.api.multipart import MultipartReader, Part
from local.storage.api.resumable import WRITE_SIZE, ResumableUploads, claimed_checksums
from local.storage.errors import INVALID, METHOD_NOT_ALLOWED, REQUIRED, StorageError
from local.storage.resources import ObjectAttributes, ObjectMetadata
from local.storage.store import Store
from local.storage.store.content import Checksums, ContentWriter
from local.storage.store.objects import Placement
from local.storage.store.preconditions import Preconditions
from local.storage.store.uploads import Upload

CANCELLED = 499
"""What Cloud Storage answers to the cancellation of an upload."""


class JsonUploads:
    """`/upload/storage/v1/b/BUCKET/o`."""

    def __init__(self, store: Store, resumable: ResumableUploads) -> None:
        self._store = store
        self._resumable = resumable

    async def begin(self, request: Request, bucket: str) -> Response:
        """A new upload of any kind. Raises `StorageError`."""
        match request.query_params.get("uploadType"):
            case "media" | None:
                return await self._media(request, bucket)
            case "multipart":
                return await self._multipart(request, bucket)
            case "resumable":
                return await self._start(request, bucket)
            case other:
                raise StorageError(INVALID, f"Invalid uploadType {other!r}. Expected: media, multipart or resumable.")

    async def go_on(self, request: Request, upload_id: str) -> Response:
        """A request to a resumable upload. Whoever knows its id may. Raises `StorageError`."""
        if request.method == "DELETE":
            await self._resumable.cancel(upload_id)
            return Response(status_code=CANCELLED)
        if request.method not in {"PUT", "POST"}:
            raise StorageError(METHOD_NOT_ALLOWED, f"{request.method} is not a method of resumable uploads.")
        progress = await self._resumable.receive(upload_id, request)
        if progress.result is None:
            return Response(status_code=308, headers=progress.headers)
        return JSONResponse(progress.result.as_json(base_url(request)))

    async def _media(self, request: Request, bucket: str) -> Response:
        placement = self._placement(request, bucket, {}, request.headers.get("content-type"))
        await run_in_threadpool(self._store.objects.check, placement)
        with self._store.content.writer() as writer:
            await write_body(writer, request.stream())
            metadata = await run_in_threadpool(self._put, placement, writer)
        return JSONResponse(metadata.as_json(base_url(request)))

    async def _multipart(self, request: Request, bucket: str) -> Response:
        reader = MultipartReader(request.headers.get("content-type", ""), request.stream())
        resource: dict[str, Any] | None = None
        async for part in reader.parts():
            if resource is None:
                resource = parse_resource(await part.read(MAX_JSON_BYTES))
                continue
            return await self._store_part(request, bucket, resource, part, reader)
        raise StorageError(INVALID, "Expected two parts: the object resource as JSON, then its bytes.")

    async def _store_part(
        self, request: Request, bucket: str, resource: dict[str, Any], part: Part, reader: MultipartReader
    ) -> Response:
        placement = self._placement(request, bucket, resource, part.headers.get("content-type"))
        await run_in_threadpool(self._store.objects.check, placement)
        with self._store.content.writer() as writer:
            await write_body(writer, part.body)
            await reader.finish()
            metadata = await run_in_threadpool(self._put, placement, writer)
        return JSONResponse(metadata.as_json(base_url(request)))

    async def _start(self, request: Request, bucket: str) -> Response:
        resource = parse_resource(await small_body(request))
        placement = self._placement(request, bucket, resource, request.headers.get("x-upload-content-type"))
        total = request.headers.get("x-upload-content-length")
        if total is not None and not (total.isascii() and total.isdigit()):
            raise StorageError(INVALID, f"Invalid X-Upload-Content-Length: expected a number, found {total!r}.")
        upload = Upload(
            bucket=bucket,
            name=placement.name,
            attributes=placement.attributes,
            preconditions=placement.preconditions,
            total=int(total) if total is not None else None,
            md5=placement.claimed.md5,
            crc32c=placement.claimed.crc32c,
        )
        upload_id = await run_in_threadpool(self._resumable.begin, upload)
        query = urlencode({"uploadType": "resumable", "name": upload.name, "upload_id": upload_id})
        location = f"{base_url(request)}{raw_path(request)}?{query}"
        return Response(headers={"Location": location, "X-GUploader-UploadID": upload_id})

    def _put(self, placement: Placement, writer: ContentWriter) -> ObjectMetadata:
        return self._store.objects.put(placement, writer.finish())

    @staticmethod
    def _placement(request: Request, bucket: str, resource: dict[str, Any], content_type: str | None) -> Placement:
        query = request.query_params
        name = query.get("name") or resource.get("name")
        if not isinstance(name, str) or not name:
            raise StorageError(REQUIRED, "Required: the object's name, as parameter or in the resource.")
        defaults = {"contentType": content_type, "contentEncoding": query.get("contentEncoding")}
        attributes = ObjectAttributes.from_json({**defaults, **resource})
        claimed = claimed_checksums(request.headers)
        return Placement(
            bucket,
            name,
            attributes,
            Preconditions.from_query(query),
            Checksums(md5=resource.get("md5Hash") or claimed.md5, crc32c=resource.get("crc32c") or claimed.crc32c),
        )


async def write_body(writer: ContentWriter, body: AsyncIterator[bytes]) -> None:
    """Write a body of any size. Raises `StorageError` (507)."""
    waiting = bytearray()
    async for chunk in body:
        waiting += chunk
        if len(waiting) >= WRITE_SIZE:
            data, waiting = bytes(waiting), bytearray()
            await run_in_threadpool(writer.write, data)
    await run_in_threadpool(writer.write, bytes(waiting))
