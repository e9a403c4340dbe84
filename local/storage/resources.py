"""Objects and buckets as Cloud Storage describes them.

Field names and forms are those of the JSON API (https://cloud.google.com/storage/docs/json_api/v1/objects#resource):
camelCase, int64 as strings, times as RFC 3339.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer
from pydantic.alias_generators import to_camel

from local.storage.errors import INVALID, StorageError

DEFAULT_CONTENT_TYPE = "application/octet-stream"
MAX_OBJECT_NAME_BYTES = 1024
MAX_METADATA_BYTES = 8 * 1024
"""Keys and values of custom metadata together."""


class _Resource(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    @classmethod
    def from_json(cls, resource: Mapping[str, Any]) -> Self:
        """Read what a client sent. Raises `StorageError` (invalid) naming the first wrong field."""
        try:
            return cls.model_validate(resource)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            raise StorageError(INVALID, f"Invalid value for field {where}: {problem['msg']}") from error


class ObjectAttributes(_Resource):
    """What an uploader decides about an object, beside its bytes."""

    content_type: str | None = None
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    custom_time: datetime | None = None
    storage_class: str = "STANDARD"
    metadata: dict[str, str] | None = None
    """Custom keys, `x-goog-meta-*` as headers."""

    @field_serializer("custom_time", when_used="json-unless-none")
    def _rfc3339_custom(self, moment: datetime) -> str:
        return rfc3339(moment)


class ObjectMetadata(ObjectAttributes):
    """One generation of one object."""

    bucket: str
    name: str
    generation: int = Field(gt=0)
    """Microseconds since 1970 of the write, made unique: a later write of any object has a larger one."""
    metageneration: int = Field(gt=0)
    """Counts changes of the attributes of this generation, from 1."""
    size: int = Field(ge=0)
    """Bytes."""
    md5_hash: str | None = None
    """Base64. Composed objects have none."""
    crc32c: str = Field(alias="crc32c")
    """Castagnoli checksum, base64 of the big-endian bytes."""
    etag: str
    component_count: int | None = None
    """Of a composed object: how many uploads it was put together from."""
    time_created: datetime
    updated: datetime

    @field_serializer("generation", "metageneration", "size", when_used="json")
    def _int64(self, number: int) -> str:
        return str(number)

    @field_serializer("time_created", "updated", when_used="json")
    def _rfc3339(self, moment: datetime) -> str:
        return rfc3339(moment)

    @property
    def attributes(self) -> ObjectAttributes:
        """What the uploader decided."""
        return ObjectAttributes.model_validate(self.model_dump(include=set(ObjectAttributes.model_fields)))

    @property
    def md5_hex(self) -> str | None:
        """The MD5 as the XML API writes it in ETags."""
        return b64decode(self.md5_hash).hex() if self.md5_hash is not None else None

    def as_json(self, base_url: str | None = None) -> dict[str, Any]:
        """The object resource. `base_url` (`http://127.0.0.1:4443`) adds the links."""
        resource: dict[str, Any] = {"kind": "storage#object", "id": f"{self.bucket}/{self.name}/{self.generation}"}
        if base_url is not None:
            path = f"/b/{quote(self.bucket, safe='')}/o/{quote(self.name, safe='')}"
            resource["selfLink"] = f"{base_url}/storage/v1{path}"
            resource["mediaLink"] = f"{base_url}/download/storage/v1{path}?generation={self.generation}&alt=media"
        return resource | self.model_dump(mode="json", by_alias=True, exclude_none=True)


class CorsRule(_Resource):
    """Who may use a bucket from a web page (https://cloud.google.com/storage/docs/cross-origin)."""

    origin: list[str] = Field(default_factory=list)
    """Exact origins, or `*`."""
    method: list[str] = Field(default_factory=list)
    response_header: list[str] = Field(default_factory=list)
    """Headers a page may send, and may read from the answer."""
    max_age_seconds: int = Field(default=3600, ge=0)


class BucketSettings(_Resource):
    """A bucket that must exist when the server starts."""

    name: str
    cors: list[CorsRule] = Field(default_factory=list)
    location: str = "ASIA-NORTHEAST1"
    storage_class: Literal["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"] = "STANDARD"


def rfc3339(moment: datetime) -> str:
    """`2026-11-20T09:30:00.123Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def etag_of(generation: int, metageneration: int) -> str:
    """An opaque name of this state of an object."""
    return b64encode(f"{generation}/{metageneration}".encode()).decode()


def check_object_name(name: str) -> str:
    """Return the name, or raise `StorageError`: https://cloud.google.com/storage/docs/objects#naming."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise StorageError(INVALID, "Invalid object name: expected UTF-8.") from None
    if not 0 < length <= MAX_OBJECT_NAME_BYTES:
        raise StorageError(
            INVALID, f"Invalid object name: expected 1 to {MAX_OBJECT_NAME_BYTES} bytes of UTF-8, found {length}."
        )
    if name in {".", ".."} or "\r" in name or "\n" in name or name.startswith(".well-known/acme-challenge/"):
        raise StorageError(INVALID, f"Invalid object name: {name!r} is reserved or holds a line break.")
    return name


def check_attributes(attributes: ObjectAttributes) -> ObjectAttributes:
    """Return the attributes, or raise `StorageError`: what becomes a header must fit into one."""
    metadata = attributes.metadata or {}
    fixed = (
        attributes.content_type,
        attributes.cache_control,
        attributes.content_disposition,
        attributes.content_encoding,
        attributes.content_language,
    )
    for value in (*metadata, *metadata.values(), *(text for text in fixed if text is not None)):
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise StorageError(INVALID, f"Invalid metadata: {value!r} holds a control character.")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in metadata.items())
    if size > MAX_METADATA_BYTES:
        raise StorageError(INVALID, f"Custom metadata has {size} bytes. Expected: at most {MAX_METADATA_BYTES}.")
    return attributes
