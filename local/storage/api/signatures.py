"""Checking V4 signatures: that a URL or a form is what the holder of a key signed, to the letter, and still valid.

A signature covers method, path, every query parameter and the headers it lists; the request is brought into the same
canonical form and verified with the signer's public key. Nothing is taken on trust because it is a local server: a
client that works here must work in production. Source: https://cloud.google.com/storage/docs/authentication/canonical-requests
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from local.storage.errors import (
    ACCESS_DENIED,
    EXPIRED_TOKEN,
    INVALID,
    MALFORMED_SECURITY,
    REQUEST_TIME_TOO_SKEWED,
    SIGNATURE_DOES_NOT_MATCH,
    StorageError,
)

ALGORITHM = "GOOG4-RSA-SHA256"
LONGEST_LIFETIME = timedelta(days=7)
CLOCK_SKEW = timedelta(minutes=15)
"""How far in the future a signature may have been made: the signer's clock may run ahead."""
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
PAYLOAD_HEADER = "x-goog-content-sha256"
EXTENSION_PREFIX = "x-goog-"
"""Headers that change what a request does; an unsigned one would let the bearer of a URL do more than was signed."""
PARAMETERS = (
    "X-Goog-Algorithm",
    "X-Goog-Credential",
    "X-Goog-Date",
    "X-Goog-Expires",
    "X-Goog-SignedHeaders",
    "X-Goog-Signature",
)
TIMESTAMP = "%Y%m%dT%H%M%SZ"

PublicKeys = Mapping[str, RSAPublicKey]
"""By the e-mail address of the service account."""


@dataclass(frozen=True)
class SignedRequest:
    """The parts of a request a signature can cover, as they came over the wire."""

    method: str
    path: str
    """Percent-encoded, without the query."""
    query: str
    headers: Mapping[str, Sequence[str]]
    """Names in lower case, all values of a repeated header in order."""


@dataclass(frozen=True)
class _Credential:
    email: str
    scope: str

    @classmethod
    def parse(cls, text: str, date: str) -> "_Credential":
        """`EMAIL/YYYYMMDD/REGION/storage/goog4_request`; the date must be that of the signature."""
        email, _, scope = text.partition("/")
        if re.fullmatch(rf"{re.escape(date[:8])}/[a-z0-9-]+/storage/goog4_request", scope) is None:
            raise StorageError(
                INVALID,
                "Invalid argument.",
                details=f"Expected X-Goog-Credential EMAIL/{date[:8]}/LOCATION/storage/goog4_request. Found: {text}",
            )
        return cls(email, scope)


def is_signed(query: str) -> bool:
    """Whether a request claims to be signed."""
    return any(name in PARAMETERS for name, _ in parse_qsl(query, keep_blank_values=True))


def verify_request(request: SignedRequest, keys: PublicKeys, now: datetime) -> str:
    """Return the e-mail address of the signer.

    Raises:
        StorageError: the signature does not cover this request, has expired, is not valid yet, or is malformed.
    """
    pairs = parse_qsl(request.query, keep_blank_values=True)
    parameters = _parameters(pairs)
    date = parameters["X-Goog-Date"]
    _check_time(date, parameters["X-Goog-Expires"], now)
    credential = _Credential.parse(parameters["X-Goog-Credential"], date)
    signed_headers = parameters["X-Goog-SignedHeaders"].split(";")
    _check_headers(request, signed_headers)
    for host in _hosts(request):
        canonical = canonical_request(request, pairs, signed_headers, host)
        text = string_to_sign(date, credential.scope, canonical)
        if _is_signature(parameters["X-Goog-Signature"], text.encode(), credential.email, keys):
            return credential.email
    raise _mismatch(credential.email, keys)


def verify_policy(policy: str, fields: Mapping[str, str], keys: PublicKeys) -> str:
    """Return the signer of a form's base64 policy. Raises `StorageError`."""
    for field in ("x-goog-algorithm", "x-goog-credential", "x-goog-date", "x-goog-signature"):
        if field not in fields:
            raise StorageError(ACCESS_DENIED, "Access denied.", details=f"Expected the form field {field}. Found none")
    if fields["x-goog-algorithm"] != ALGORITHM:
        raise StorageError(INVALID, "Invalid argument.", details=f"Expected x-goog-algorithm {ALGORITHM}")
    credential = _Credential.parse(fields["x-goog-credential"], fields["x-goog-date"])
    if not _is_signature(fields["x-goog-signature"], policy.encode(), credential.email, keys):
        raise _mismatch(credential.email, keys)
    return credential.email


def canonical_request(
    request: SignedRequest, pairs: Sequence[tuple[str, str]], signed_headers: Sequence[str], host: str
) -> str:
    """The request in the one form both sides agree on."""
    query = sorted(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs if name != "X-Goog-Signature")
    headers = [
        f"{name}:{host if name == 'host' else canonical_header_value(request.headers[name])}" for name in signed_headers
    ]
    payload = request.headers.get(PAYLOAD_HEADER, [UNSIGNED_PAYLOAD])[0]
    path = quote(unquote_to_bytes(request.path), safe="/~")
    return "\n".join([request.method, path, "&".join(query), *headers, "", ";".join(signed_headers), payload])


def canonical_header_value(values: Sequence[str]) -> str:
    """Values joined by commas, runs of blanks folded to one."""
    return re.sub(r"\s+", " ", ",".join(values)).strip()


def string_to_sign(date: str, scope: str, canonical: str) -> str:
    """What is put under the key."""
    return "\n".join([ALGORITHM, date, scope, hashlib.sha256(canonical.encode()).hexdigest()])


def _parameters(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    found = {name: [value for key, value in pairs if key == name] for name in PARAMETERS}
    for name, values in found.items():
        if len(values) != 1:
            raise StorageError(
                INVALID, "Invalid argument.", details=f"Expected the query parameter {name} once. Found: {len(values)}"
            )
    parameters = {name: values[0] for name, values in found.items()}
    if parameters["X-Goog-Algorithm"] != ALGORITHM:
        raise StorageError(
            INVALID,
            "Invalid argument.",
            details=f"Expected X-Goog-Algorithm {ALGORITHM}. Found: {parameters['X-Goog-Algorithm']}",
        )
    return parameters


def _check_time(date: str, lifetime_s: str, now: datetime) -> None:
    try:
        made = datetime.strptime(date, TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        raise StorageError(
            INVALID, "Invalid argument.", details=f"Expected X-Goog-Date YYYYMMDDTHHMMSSZ. Found: {date}"
        ) from None
    longest = int(LONGEST_LIFETIME.total_seconds())
    if not (lifetime_s.isascii() and lifetime_s.isdigit() and 0 < int(lifetime_s) <= longest):
        raise StorageError(
            INVALID, "Invalid argument.", details=f"Expected X-Goog-Expires from 1 to {longest}. Found: {lifetime_s}"
        )
    if made - now > CLOCK_SKEW:
        raise StorageError(REQUEST_TIME_TOO_SKEWED, "The signature was made in the future.", details=f"Found: {date}")
    expires = made + timedelta(seconds=int(lifetime_s))
    if now > expires:
        raise StorageError(
            EXPIRED_TOKEN,
            "The provided token has expired.",
            details=f"Request signature expired at: {expires.isoformat()}",
        )


def _check_headers(request: SignedRequest, signed_headers: Sequence[str]) -> None:
    """The list is in order, names the host, only what the request has, and every extension the request has."""
    if list(signed_headers) != sorted(set(signed_headers)) or "host" not in signed_headers:
        raise StorageError(
            MALFORMED_SECURITY,
            "Your request has a malformed header.",
            details="Expected X-Goog-SignedHeaders to name `host` and to be sorted. Found: " + ";".join(signed_headers),
        )
    for name in signed_headers:
        if name not in request.headers:
            raise StorageError(
                MALFORMED_SECURITY,
                "Your request has a malformed header.",
                details=f"Header was included in signedheaders, but not in the request: {name}",
            )
    for name in request.headers:
        if name.startswith(EXTENSION_PREFIX) and name not in signed_headers:
            raise StorageError(
                MALFORMED_SECURITY,
                "Your request has a malformed header.",
                details=f"Header was included in the request, but not in signedheaders: {name}",
            )


def _hosts(request: SignedRequest) -> list[str]:
    """The host as it came and without its port: the official client signs an endpoint's name without the port."""
    host = canonical_header_value(request.headers["host"]).lower()
    without_port = re.sub(r":\d+$", "", host)
    return list(dict.fromkeys((host, without_port)))


def _is_signature(signature: str, text: bytes, email: str, keys: PublicKeys) -> bool:
    key = keys.get(email)
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        return False
    if key is None:
        return False
    try:
        key.verify(raw, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _mismatch(email: str, keys: PublicKeys) -> StorageError:
    if email not in keys:
        return StorageError(ACCESS_DENIED, "Access denied.", details=f"No such service account: {email}")
    return StorageError(
        SIGNATURE_DOES_NOT_MATCH,
        "Access denied.",
        details="The request signature we calculated does not match the signature you provided. "
        "Check your Google secret key and signing method.",
    )


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
