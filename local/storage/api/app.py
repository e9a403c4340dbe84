"""The ASGI application: which API a path belongs to, errors in that API's form, and CORS."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from local.storage.api import cors
from local.storage.api.batch import MAX_BATCH_BYTES, answer_batch
from local.storage.api.calls import (
    Authorize,
    Call,
    base_url,
    check_caller,
    decoded,
    raw_path,
    refuse_pretence,
    small_body,
)
from local.storage.api.downloads import Download, with_headers
from local.storage.api.json_api import JsonApi
from local.storage.api.json_uploads import JsonUploads
from local.storage.api.resumable import ResumableUploads
from local.storage.api.signatures import PublicKeys
from local.storage.api.xml_api import XmlApi
from local.storage.errors import INTERNAL, NOT_IMPLEMENTED, StorageError
from local.storage.resources import CorsRule
from local.storage.store import Store
from local.storage.store.objects import generation_of
from local.storage.store.preconditions import Preconditions

log = structlog.get_logger()

JSON_API = "/storage/v1"
UPLOAD = "/upload/storage/v1"
DOWNLOAD = "/download/storage/v1"
BATCH = "/batch/storage/v1"
READ_AFTER_REFUSAL_BYTES = 16 * 1024 * 1024
READ_AFTER_REFUSAL_S = 2.0
"""A client that is still sending often sees a reset connection instead of an answer. Reading on for a moment (two
chunks of 8 MiB) lets it see why it was refused."""


class StorageApplication:
    """Cloud Storage as an ASGI application."""

    def __init__(self, store: Store, keys: PublicKeys, authorize: Authorize | None = None) -> None:
        """`authorize`: see `check_caller`."""
        self._store = store
        self._authorize = authorize
        resumable = ResumableUploads(store)
        self._json = JsonApi(store)
        self._uploads = JsonUploads(store, resumable)
        self._xml = XmlApi(store, resumable, keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        body = _Body(receive)
        request = Request(scope, body.receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        except StorageError as error:
            await body.read_on(expects_continue="expect" in request.headers)
            response = self._refusal(request, error)
        except Exception:  # the last line of defence: the client gets an answer, the log the reason
            log.exception("storage_request_failed", method=request.method, path=raw_path(request))
            response = self._refusal(request, StorageError(INTERNAL, "An internal error occurred."))
        rules = await run_in_threadpool(self._cors_rules, request)
        headers = cors.answer_headers(rules, request.headers.get("origin"), request.method)
        if request.method != "OPTIONS":
            response = with_headers(response, headers)
        await response(scope, body.receive, send)

    async def _answer(self, request: Request) -> Response:
        path = raw_path(request)
        if request.method == "OPTIONS":
            return await self._preflight(request)
        if path == "/":
            return Response("The embedded Cloud Storage of moment-clone.\n", media_type="text/plain")
        refuse_pretence(request)
        if not _is_json_api(path):
            bucket, _, name = path[1:].partition("/")
            return await self._xml.answer(request, decoded(bucket), decoded(name))
        if path.startswith(UPLOAD) and (upload_id := request.query_params.get("upload_id")):
            return await self._uploads.go_on(request, upload_id)
        check_caller(request, self._authorize)
        return await self._json_api(request, path)

    async def _json_api(self, request: Request, path: str) -> Response:
        query = request.query_params
        if path == BATCH:
            body = await small_body(request, MAX_BATCH_BYTES)
            content_type = request.headers.get("content-type", "")
            answer = await run_in_threadpool(answer_batch, self._json, content_type, body, base_url(request))
            return Response(answer[1], headers={"Content-Type": answer[0]})
        if path.startswith(UPLOAD):
            match path.removeprefix(UPLOAD).split("/"):
                case ["", "b", bucket, "o"] if request.method in {"POST", "PUT"}:
                    return await self._uploads.begin(request, decoded(bucket))
            raise StorageError(NOT_IMPLEMENTED, f"{request.method} {path} is not part of the embedded Cloud Storage.")
        inner = path.removeprefix(DOWNLOAD) if path.startswith(DOWNLOAD) else path.removeprefix(JSON_API)
        if request.method in {"GET", "HEAD"} and (path.startswith(DOWNLOAD) or query.get("alt") == "media"):
            match inner.split("/"):
                case ["", "b", bucket, "o", name]:
                    return await self._download(request, decoded(bucket), decoded(name))
        call = Call(request.method, inner, dict(query), await small_body(request), base_url(request))
        reply = await run_in_threadpool(self._json.answer, call)
        if reply.resource is None:
            return Response(status_code=reply.status)
        etag = {"ETag": reply.resource["etag"]} if "etag" in reply.resource else {}
        return with_headers(JSONResponse(reply.resource, reply.status), etag)

    async def _download(self, request: Request, bucket: str, name: str) -> Response:
        query = request.query_params
        metadata, file = await run_in_threadpool(
            self._store.objects.open, bucket, name, generation_of(query), Preconditions.from_query(query)
        )
        return Download(request, metadata, file, {}).response()

    async def _preflight(self, request: Request) -> Response:
        rules = await run_in_threadpool(self._cors_rules, request)
        headers = cors.preflight_headers(
            rules,
            request.headers.get("origin"),
            request.headers.get("access-control-request-method", ""),
            request.headers.get("access-control-request-headers"),
        )
        return with_headers(Response(), headers)

    def _cors_rules(self, request: Request) -> list[CorsRule]:
        path = raw_path(request)
        if "origin" not in request.headers:
            return []
        return cors.ANYONE if _is_json_api(path) else self._store.buckets.cors(path[1:].partition("/")[0])

    @staticmethod
    def _refusal(request: Request, error: StorageError) -> Response:
        headers: Mapping[str, str] = getattr(error, "headers", {})
        status = error.kind.status
        if status == 304 or request.method == "HEAD":
            return with_headers(Response(status_code=status), headers)
        is_json = _is_json_api(raw_path(request))
        body = error.as_json() if is_json else error.as_xml()
        content_type = "application/json; charset=UTF-8" if is_json else "application/xml; charset=UTF-8"
        return with_headers(Response(body, status), {"Content-Type": content_type, **headers})


class _Body:
    """The stream of a request's body, which remembers whether it was read to its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._begun = False
        self._ended = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._begun = True
        self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def read_on(self, *, expects_continue: bool) -> None:
        """Read what the client is still sending, for a moment. A client that waits to be asked has sent nothing."""
        if expects_continue and not self._begun:
            return
        read = 0
        try:
            async with asyncio.timeout(READ_AFTER_REFUSAL_S):
                while not self._ended and read < READ_AFTER_REFUSAL_BYTES:
                    message: dict[str, Any] = dict(await self.receive())
                    read += len(message.get("body", b""))
        except TimeoutError:
            return


def _is_json_api(path: str) -> bool:
    return path.startswith((f"{JSON_API}/", f"{UPLOAD}/", f"{DOWNLOAD}/", BATCH))
