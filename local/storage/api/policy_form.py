"""Uploads from an HTML form: the signed policy document says what the form may contain.

Every field must be allowed by a condition and every condition must hold; the file comes last and is streamed.
Source: https://cloud.google.com/storage/docs/authentication/signatures#policy-document.
"""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from local.storage.api.calls import base_url
from local.storage.api.downloads import METADATA_PREFIX, object_headers, with_headers
from local.storage.api.json_uploads import write_body
from local.storage.api.multipart import MultipartReader, Part
from local.storage.api.resumable import check_size
from local.storage.api.signatures import PublicKeys, verify_policy
from local.storage.errors import ACCESS_DENIED, EXPIRED_TOKEN, INVALID_POLICY, MALFORMED_POST, StorageError
from local.storage.resources import ObjectAttributes, ObjectMetadata
from local.storage.store import Store
from local.storage.store.objects import Placement
from local.storage.store.uploads import SizeRange

MAX_FIELD_BYTES = 64 * 1024
MAX_FIELDS = 100
UNCHECKED_FIELDS = frozenset({"policy", "x-goog-signature", "file"})
IGNORED_PREFIX = "x-ignore-"
FILE_NAME_VARIABLE = "${filename}"


@dataclass(frozen=True)
class Policy:
    """A policy document whose signature was checked."""

    exact: Mapping[str, set[str]]
    """Field (lower case) → values it must have, all of them."""
    prefixes: Mapping[str, list[str]]
    """Field → beginnings it must have."""
    size_range: SizeRange | None

    @classmethod
    def parse(cls, encoded: str, now: datetime) -> "Policy":
        """Read base64 JSON. Raises `StorageError`: malformed, or expired."""
        try:
            document = json.loads(b64decode(encoded, validate=True))
            expires = datetime.fromisoformat(document["expiration"])
            conditions = document["conditions"]
            expired = now > expires
        except (Base64Error, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                INVALID_POLICY, "The policy document is malformed.", details=f"{type(error).__name__}: {error}"
            ) from None
        if expired:
            raise StorageError(EXPIRED_TOKEN, "The policy has expired.", details=f"Expired at: {expires.isoformat()}")
        if not isinstance(conditions, list):
            raise StorageError(
                INVALID_POLICY, "The policy document is malformed.", details="Expected a conditions list"
            )
        return cls._of(conditions)

    @classmethod
    def _of(cls, conditions: list[Any]) -> "Policy":
        exact: dict[str, set[str]] = {}
        prefixes: dict[str, list[str]] = {}
        size_range = None
        for condition in conditions:
            match condition:
                case dict():
                    for field, value in condition.items():
                        exact.setdefault(field.lower(), set()).add(str(value))
                case ["eq", str(field), str(value)] if field.startswith("$"):
                    exact.setdefault(field[1:].lower(), set()).add(value)
                case ["starts-with", str(field), str(value)] if field.startswith("$"):
                    prefixes.setdefault(field[1:].lower(), []).append(value)
                case ["content-length-range", int(least), int(most)]:
                    size_range = SizeRange(least=least, most=most)
                case other:
                    raise StorageError(
                        INVALID_POLICY, "The policy document is malformed.", details=f"Unknown condition: {other}"
                    )
        return cls(exact, prefixes, size_range)

    def check(self, fields: Mapping[str, str]) -> None:
        """Raise `StorageError` unless every field is allowed and every condition holds."""
        for field in fields:
            known = field in self.exact or field in self.prefixes
            if not known and field not in UNCHECKED_FIELDS and not field.startswith(IGNORED_PREFIX):
                raise _violated(f"The form has a field the policy does not allow: {field}")
        for field, values in self.exact.items():
            if values != {fields.get(field)}:
                raise _violated(f"Expected {field} to be {' and '.join(sorted(values))}. Found: {fields.get(field)}")
        for field, beginnings in self.prefixes.items():
            for beginning in beginnings:
                if not fields.get(field, "").startswith(beginning):
                    raise _violated(f"Expected {field} to begin with {beginning!r}. Found: {fields.get(field)}")


class PolicyForm:
    """`POST /BUCKET` with `multipart/form-data`."""

    def __init__(self, store: Store, keys: PublicKeys) -> None:
        self._store = store
        self._keys = keys

    async def answer(self, request: Request, bucket: str) -> Response:
        """Read the form up to its file, check, store. Raises `StorageError`."""
        reader = MultipartReader(request.headers.get("content-type", ""), request.stream(), MALFORMED_POST)
        fields: dict[str, str] = {}
        async for part in reader.parts():
            name = part.parameters("content-disposition").get("name", "").lower()
            if name == "file":
                return await self._store_file(request, bucket, fields, part)
            if len(fields) >= MAX_FIELDS:
                raise StorageError(MALFORMED_POST, f"The form has too many fields. Expected: at most {MAX_FIELDS}.")
            fields[name] = (await part.read(MAX_FIELD_BYTES, MALFORMED_POST)).decode("utf-8", "replace")
        raise StorageError(MALFORMED_POST, "The form has no field named file. Expected: it as the last field.")

    async def _store_file(self, request: Request, bucket: str, fields: dict[str, str], file: Part) -> Response:
        encoded = fields.get("policy")
        if encoded is None:
            raise StorageError(ACCESS_DENIED, "Anonymous caller does not have access: the form must have a policy.")
        verify_policy(encoded, fields, self._keys)
        policy = Policy.parse(encoded, self._store.clock())
        if "key" not in fields:
            raise StorageError(MALFORMED_POST, "The form has no field named key.")
        file_name = file.parameters("content-disposition").get("filename", "")
        named = {**fields, "key": fields["key"].replace(FILE_NAME_VARIABLE, file_name)}
        policy.check({"bucket": bucket, **fields})  # the key as it was signed, with its variable
        placement = Placement(bucket, named["key"], _attributes(named))
        await run_in_threadpool(self._store.objects.check, placement)
        with self._store.content.writer() as writer:
            await write_body(writer, file.body)
            check_size(policy.size_range, writer.size)
            metadata = await run_in_threadpool(lambda: self._store.objects.put(placement, writer.finish()))
        return _answer(request, fields, metadata)


def _attributes(fields: Mapping[str, str]) -> ObjectAttributes:
    metadata = {
        field.removeprefix(METADATA_PREFIX): value
        for field, value in fields.items()
        if field.startswith(METADATA_PREFIX)
    }
    return ObjectAttributes(
        content_type=fields.get("content-type"),
        cache_control=fields.get("cache-control"),
        content_disposition=fields.get("content-disposition"),
        content_encoding=fields.get("content-encoding"),
        metadata=metadata or None,
    )


def _answer(request: Request, fields: Mapping[str, str], metadata: ObjectMetadata) -> Response:
    """What the form asked for: a redirect, or status 200, 201 (with a description) or 204 (the default)."""
    headers = object_headers(metadata)
    location = f"{base_url(request)}/{quote(metadata.bucket)}/{quote(metadata.name)}"
    if redirect := fields.get("success_action_redirect"):
        query = urlencode({"bucket": metadata.bucket, "key": metadata.name, "etag": headers["ETag"]})
        headers["Location"] = f"{redirect}{'&' if '?' in redirect else '?'}{query}"
        return with_headers(Response(status_code=303), headers)
    status = fields.get("success_action_status")
    if status == "201":
        body = (
            "<?xml version='1.0' encoding='UTF-8'?><PostResponse>"
            f"<Location>{escape(location)}</Location><Bucket>{escape(metadata.bucket)}</Bucket>"
            f"<Key>{escape(metadata.name)}</Key><ETag>{escape(headers['ETag'])}</ETag></PostResponse>"
        )
        return with_headers(Response(body, 201, media_type="application/xml"), headers | {"Location": location})
    return with_headers(Response(status_code=200 if status == "200" else 204), headers)


def _violated(details: str) -> StorageError:
    return StorageError(
        INVALID_POLICY,
        "The content of the form does not meet the conditions specified in the policy document.",
        details=details,
    )
