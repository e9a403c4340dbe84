"""The JSON API without uploads and downloads: buckets, and what can be done to objects in one small call.

Source: https://cloud.google.com/storage/docs/json_api/v1. One table says what there is (`ROUTES`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from local.storage.api.calls import Call, decoded
from local.storage.errors import INVALID, METHOD_NOT_ALLOWED, NOT_IMPLEMENTED, REQUIRED, StorageError
from local.storage.resources import ObjectAttributes, ObjectMetadata
from local.storage.store import Store
from local.storage.store.content import READ_SIZE, Checksums
from local.storage.store.listing import Listing
from local.storage.store.objects import Placement, generation_of
from local.storage.store.preconditions import Preconditions

MAX_COMPOSED = 32
"""Sources of one compose request."""


@dataclass(frozen=True)
class Reply:
    """Status and JSON body of an answer."""

    status: int
    resource: dict[str, Any] | None = None


class JsonApi:
    """Answers calls from a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, call: Call) -> Reply:
        """Find the handler and call it. Raises `StorageError`."""
        methods = []
        for method, pattern, handler in ROUTES:
            match = pattern.fullmatch(call.path)
            if match is None:
                continue
            methods.append(method)
            if method == call.method:
                return handler(self, call, *(decoded(segment) for segment in match.groups()))
        if methods:
            raise StorageError(METHOD_NOT_ALLOWED, f"{call.method} is not a method of {call.path}.")
        raise StorageError(NOT_IMPLEMENTED, f"{call.method} {call.path} is not part of the embedded Cloud Storage.")

    def create_bucket(self, call: Call) -> Reply:
        """buckets.insert."""
        return Reply(200, self._store.buckets.create(call.resource(), self._store.clock()))

    def list_buckets(self, call: Call) -> Reply:
        """buckets.list."""
        return Reply(200, {"kind": "storage#buckets", "items": self._store.buckets.all(call.query.get("prefix", ""))})

    def get_bucket(self, _call: Call, bucket: str) -> Reply:
        """buckets.get."""
        return Reply(200, self._store.buckets.get(bucket))

    def change_bucket(self, call: Call, bucket: str) -> Reply:
        """buckets.patch and buckets.update."""
        condition = Preconditions.from_query(call.query).metageneration_match
        changed = self._store.buckets.change(
            bucket,
            call.resource(),
            self._store.clock(),
            replace=call.method == "PUT",
            metageneration_match=condition,
        )
        return Reply(200, changed)

    def delete_bucket(self, _call: Call, bucket: str) -> Reply:
        """buckets.delete."""
        self._store.buckets.delete(bucket)
        return Reply(204)

    def list_objects(self, call: Call, bucket: str) -> Reply:
        """objects.list."""
        page = self._store.list(bucket, Listing.from_query(call.query))
        resource: dict[str, Any] = {
            "kind": "storage#objects",
            "items": [item.as_json(call.base_url) for item in page.items],
            "prefixes": page.prefixes,
        }
        if page.next_page_token is not None:
            resource["nextPageToken"] = page.next_page_token
        return Reply(200, {name: value for name, value in resource.items() if value})

    def get_object(self, call: Call, bucket: str, name: str) -> Reply:
        """objects.get, the metadata."""
        metadata = self._store.objects.get(
            bucket, name, generation_of(call.query), Preconditions.from_query(call.query)
        )
        return Reply(200, metadata.as_json(call.base_url))

    def change_object(self, call: Call, bucket: str, name: str) -> Reply:
        """objects.patch and objects.update."""
        metadata = self._store.objects.change(
            bucket,
            name,
            call.resource(),
            generation=generation_of(call.query),
            preconditions=Preconditions.from_query(call.query),
            replace=call.method == "PUT",
        )
        return Reply(200, metadata.as_json(call.base_url))

    def delete_object(self, call: Call, bucket: str, name: str) -> Reply:
        """objects.delete."""
        self._store.objects.delete(bucket, name, generation_of(call.query), Preconditions.from_query(call.query))
        return Reply(204)

    def compose(self, call: Call, bucket: str, name: str) -> Reply:
        """objects.compose."""
        request = call.resource()
        sources = request.get("sourceObjects")
        if not isinstance(sources, list) or not 1 <= len(sources) <= MAX_COMPOSED:
            raise StorageError(INVALID, f"Expected 1 to {MAX_COMPOSED} sourceObjects.")
        components = 0
        content_type = None
        with self._store.content.writer() as writer:
            for source in sources:
                if not isinstance(source, dict) or not isinstance(source.get("name"), str):
                    raise StorageError(REQUIRED, "Required: a name in each of sourceObjects.")
                metadata, file = self._open_component(bucket, source)
                with file:
                    while data := file.read(READ_SIZE):
                        writer.write(data)
                components += metadata.component_count or 1
                content_type = content_type or metadata.content_type
            attributes = ObjectAttributes.from_json({"contentType": content_type, **request.get("destination", {})})
            placement = Placement(bucket, name, attributes, Preconditions.from_query(call.query))
            composed = self._store.objects.put(placement, writer.finish(), component_count=components)
        return Reply(200, composed.as_json(call.base_url))

    def _open_component(self, bucket: str, source: dict[str, Any]) -> tuple[ObjectMetadata, BinaryIO]:
        conditions = source.get("objectPreconditions") or {}
        wanted = {key: str(value) for key, value in conditions.items()}
        generation = generation_of({"generation": str(source["generation"])} if source.get("generation") else {})
        return self._store.objects.open(bucket, source["name"], generation, Preconditions.from_query(wanted))

    def copy(self, call: Call, bucket: str, name: str, to_bucket: str, to_name: str) -> Reply:
        """objects.copy."""
        return Reply(200, self._copied(call, (bucket, name), (to_bucket, to_name)).as_json(call.base_url))

    def rewrite(self, call: Call, bucket: str, name: str, to_bucket: str, to_name: str) -> Reply:
        """objects.rewrite, which is done in one call whatever the size."""
        copied = self._copied(call, (bucket, name), (to_bucket, to_name))
        resource = {
            "kind": "storage#rewriteResponse",
            "done": True,
            "objectSize": str(copied.size),
            "totalBytesRewritten": str(copied.size),
            "resource": copied.as_json(call.base_url),
        }
        return Reply(200, resource)

    def _copied(self, call: Call, source: tuple[str, str], destination: tuple[str, str]) -> ObjectMetadata:
        """A copy has its source's attributes, unless the call brings a resource: then those, all of them."""
        given = call.resource()

        def place(metadata: ObjectMetadata) -> Placement:
            attributes = metadata.attributes
            if set(given) - {"storageClass"}:
                attributes = ObjectAttributes.from_json({"contentType": metadata.content_type, **given})
            attributes = attributes.model_copy(
                update={"storage_class": given.get("storageClass") or attributes.storage_class}
            )
            claimed = Checksums(md5=given.get("md5Hash"), crc32c=given.get("crc32c"))
            return Placement(*destination, attributes, Preconditions.from_query(call.query), claimed)

        return self._store.objects.copy(
            (*source, generation_of(call.query, "sourceGeneration")),
            Preconditions.from_query(call.query, "ifSource"),
            place,
        )


Handler = Callable[..., Reply]
_SEGMENT = "([^/]+)"
_BUCKET = f"/b/{_SEGMENT}"
_OBJECT = f"{_BUCKET}/o/{_SEGMENT}"


def _route(method: str, pattern: str, handler: Handler) -> tuple[str, re.Pattern[str], Handler]:
    return method, re.compile(pattern), handler


ROUTES = [
    _route("POST", "/b", JsonApi.create_bucket),
    _route("GET", "/b", JsonApi.list_buckets),
    _route("GET", _BUCKET, JsonApi.get_bucket),
    _route("PATCH", _BUCKET, JsonApi.change_bucket),
    _route("PUT", _BUCKET, JsonApi.change_bucket),
    _route("DELETE", _BUCKET, JsonApi.delete_bucket),
    _route("GET", f"{_BUCKET}/o", JsonApi.list_objects),
    _route("GET", _OBJECT, JsonApi.get_object),
    _route("PATCH", _OBJECT, JsonApi.change_object),
    _route("PUT", _OBJECT, JsonApi.change_object),
    _route("DELETE", _OBJECT, JsonApi.delete_object),
    _route("POST", f"{_OBJECT}/compose", JsonApi.compose),
    _route("POST", f"{_OBJECT}/copyTo{_OBJECT}", JsonApi.copy),
    _route("POST", f"{_OBJECT}/rewriteTo{_OBJECT}", JsonApi.rewrite),
]
"""Method, path (percent-encoded, so an object's slashes are no separators), handler."""
