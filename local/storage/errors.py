"""What Cloud Storage answers when it refuses, in the words of its two APIs.

The JSON API names a reason, the XML API a code; a `Kind` holds both, so that the parts in between need not know which
API was called. Sources: https://cloud.google.com/storage/docs/json_api/v1/status-codes and
https://cloud.google.com/storage/docs/xml-api/reference-status.
"""

import errno
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Kind:
    """One way to refuse."""

    status: int
    reason: str
    """In the JSON API."""
    code: str
    """In the XML API."""


BUCKET_NOT_FOUND = Kind(404, "notFound", "NoSuchBucket")
OBJECT_NOT_FOUND = Kind(404, "notFound", "NoSuchKey")
UPLOAD_NOT_FOUND = Kind(404, "notFound", "NoSuchUpload")
UPLOAD_EXPIRED = Kind(410, "gone", "NoSuchUpload")
INVALID = Kind(400, "invalid", "InvalidArgument")
REQUIRED = Kind(400, "required", "InvalidArgument")
BUCKET_EXISTS = Kind(409, "conflict", "BucketAlreadyOwnedByYou")
BUCKET_NOT_EMPTY = Kind(409, "conflict", "BucketNotEmpty")
CONDITION_NOT_MET = Kind(412, "conditionNotMet", "PreconditionFailed")
NOT_MODIFIED = Kind(304, "notModified", "NotModified")
RANGE_NOT_SATISFIABLE = Kind(416, "requestedRangeNotSatisfiable", "InvalidRange")
TOO_LARGE = Kind(400, "uploadTooLarge", "EntityTooLarge")
TOO_SMALL = Kind(400, "uploadTooSmall", "EntityTooSmall")
BAD_DIGEST = Kind(400, "invalid", "BadDigest")
LOGIN_REQUIRED = Kind(401, "required", "AuthenticationRequired")
ACCESS_DENIED = Kind(403, "forbidden", "AccessDenied")
SIGNATURE_DOES_NOT_MATCH = Kind(403, "forbidden", "SignatureDoesNotMatch")
REQUEST_TIME_TOO_SKEWED = Kind(403, "forbidden", "RequestTimeTooSkewed")
EXPIRED_TOKEN = Kind(400, "expired", "ExpiredToken")
MALFORMED_SECURITY = Kind(400, "invalid", "MalformedSecurityHeader")
INVALID_POLICY = Kind(400, "invalid", "InvalidPolicyDocument")
MALFORMED_POST = Kind(400, "invalid", "MalformedPOSTRequest")
LENGTH_REQUIRED = Kind(411, "lengthRequired", "MissingContentLength")
METHOD_NOT_ALLOWED = Kind(405, "methodNotAllowed", "MethodNotAllowed")
NOT_IMPLEMENTED = Kind(501, "notImplemented", "NotImplemented")
BACKEND_ERROR = Kind(503, "backendError", "ServiceUnavailable")
INTERNAL = Kind(500, "internalError", "InternalError")
DISK_FULL = Kind(507, "insufficientStorage", "InsufficientStorage")
"""The one answer Cloud Storage itself never gives. Its clients do not retry it, which is right: the disk stays full."""

FULL_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})


class StorageError(Exception):
    """A refusal, with a sentence for whoever reads the answer."""

    def __init__(self, kind: Kind, message: str, *, details: str | None = None) -> None:
        """`details`: what was found, where the XML API has a place for it."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.details = details

    def as_json(self) -> bytes:
        """The body of the JSON API."""
        error = {"message": self.message, "domain": "global", "reason": self.kind.reason}
        return json.dumps({"error": {"code": self.kind.status, "message": self.message, "errors": [error]}}).encode()

    def as_xml(self) -> bytes:
        """The body of the XML API."""
        details = f"<Details>{escape(self.details)}</Details>" if self.details else ""
        return (
            "<?xml version='1.0' encoding='UTF-8'?>"
            f"<Error><Code>{self.kind.code}</Code><Message>{escape(self.message)}</Message>{details}</Error>"
        ).encode()


@contextmanager
def disk_full_refused() -> Iterator[None]:
    """Turn "no space left", whoever found out, into a refusal that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK_ERRORS:
            raise StorageError(DISK_FULL, "The disk under this Cloud Storage is full: nothing was stored.") from error
        raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise StorageError(DISK_FULL, "The disk under this Cloud Storage is full: nothing was stored.") from error
        raise
