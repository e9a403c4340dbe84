"""What every handler needs of an HTTP request, and who may make one."""

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.requests import Request

from local.storage.errors import ACCESS_DENIED, INVALID, LOGIN_REQUIRED, NOT_IMPLEMENTED, StorageError

MAX_JSON_BYTES = 1024 * 1024

UNSUPPORTED_HEADERS = ("x-goog-encryption-", "x-goog-copy-source-encryption-", "x-goog-acl")
UNSUPPORTED_PARAMETERS = ("predefinedAcl", "destinationPredefinedAcl", "predefinedDefaultObjectAcl", "kmsKeyName")

Authorize = Callable[[str | None], bool]
"""Whether a bearer token (None: the caller sent none) may use the JSON API."""


@dataclass(frozen=True)
class Call:
    """One call of the JSON API that fits into memory: everything but bytes of objects."""

    method: str
    path: str
    """Percent-encoded, from `/b` on."""
    query: Mapping[str, str]
    body: bytes
    base_url: str
    """`http://127.0.0.1:4443`, for links in the answer."""

    def resource(self) -> dict[str, Any]:
        """The JSON object in the body. Raises `StorageError` (invalid)."""
        return parse_resource(self.body)


def parse_resource(body: bytes) -> dict[str, Any]:
    """A JSON object; an empty body is an empty one. Raises `StorageError` (invalid)."""
    try:
        resource = json.loads(body or b"{}")
    except ValueError:
        raise StorageError(INVALID, "Parse Error: expected a JSON object.") from None
    if not isinstance(resource, dict):
        raise StorageError(INVALID, f"Expected a JSON object. Found: {type(resource).__name__}.")
    return resource


def decoded(segment: str) -> str:
    """A percent-encoded part of a path as text. Raises `StorageError` (invalid)."""
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise StorageError(INVALID, f"Expected UTF-8 in the path. Found: {segment!r}.") from None


def raw_path(request: Request) -> str:
    """The path as it came, percent-encoded."""
    path: bytes = request.scope["raw_path"]
    return path.decode("latin-1")


def base_url(request: Request) -> str:
    """Scheme and host as the client called them, so that links lead back the same way."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


async def small_body(request: Request, most: int = MAX_JSON_BYTES) -> bytes:
    """The whole body. Raises `StorageError` (invalid) when it has more than `most` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise StorageError(INVALID, f"The request body is too long. Expected: at most {most} bytes.")
    return bytes(body)


def check_caller(request: Request, authorize: Authorize | None) -> None:
    """Raise `StorageError` unless this caller may use the JSON API.

    With `authorize` the bearer token decides. Without, programs on this machine may, as with Google's emulators, whose
    clients send no token. A web page is no such program although its requests come from this machine too: it gives
    itself away by its Origin, or by a host name that is not this machine's.
    """
    if authorize is not None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not authorize(token.strip() if scheme.lower() == "bearer" and token else None):
            raise StorageError(LOGIN_REQUIRED, "Invalid Credentials.")
        return
    client = request.client.host if request.client is not None else ""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    if not _is_loopback(client) or not (host == "localhost" or _is_loopback(host)) or "origin" in request.headers:
        raise StorageError(ACCESS_DENIED, "Anonymous callers must be programs on this machine.")


def refuse_pretence(request: Request) -> None:
    """Raise `StorageError` for what would be acknowledged here without being done: encryption keys, access lists."""
    for name in request.headers:
        if name.startswith(UNSUPPORTED_HEADERS):
            raise StorageError(NOT_IMPLEMENTED, f"{name} is not part of the embedded Cloud Storage.")
    for name in UNSUPPORTED_PARAMETERS:
        if name in request.query_params:
            raise StorageError(NOT_IMPLEMENTED, f"{name} is not part of the embedded Cloud Storage.")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
