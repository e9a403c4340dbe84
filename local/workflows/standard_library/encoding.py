"""`base64.*`, `json.*`, `hash.*` and `uuid.*`.

Source: cloud.google.com/workflows/docs/reference/stdlib/base64, .../json, .../hash and .../uuid
"""

import base64
import binascii
import hashlib
import hmac
import json
import uuid
from typing import Any

from local.workflows.errors import system_error
from local.workflows.standard_library.registry import library_function
from local.workflows.values import Value, decode_json, encode_json, unserializable

_ALGORITHMS = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
_DEFAULT_INDENT = "    "


@library_function("base64.decode")
def decode_base64(data: str | bytes, padding: bool = True) -> bytes:
    """The bytes a Base64 text stands for; `padding: false` when it has no `=` at its end."""
    text = data.encode() if isinstance(data, str) else data
    if not padding:
        text += b"=" * (-len(text) % 4)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise system_error("ValueError", f"base64.decode: {error}") from None


@library_function("base64.encode")
def encode_base64(data: bytes, padding: bool = True) -> str:
    """The Base64 text of bytes."""
    text = base64.b64encode(data).decode()
    return text if padding else text.rstrip("=")


@library_function("json.decode")
def decode(data: str | bytes) -> Value:
    """The value a JSON text stands for."""
    try:
        return decode_json(data)
    except (ValueError, RecursionError) as error:
        raise system_error("ValueError", f"json.decode: {error}") from None


@library_function("json.encode")
def encode(data: Value, indent: bool | dict[str, Any] | None = None) -> bytes:
    """The JSON of a value as UTF-8 bytes."""
    return encode_to_string(data, indent).encode()


@library_function("json.encode_to_string")
def encode_to_string(data: Value, indent: bool | dict[str, Any] | None = None) -> str:
    """The JSON of a value as a string."""
    refused = next(unserializable(data), None)
    if refused is not None:
        raise system_error("ValueError", f"json: {refused} cannot be encoded")
    try:
        if indent is None or indent is False:
            return encode_json(data)
        form = indent if isinstance(indent, dict) else {}
        lines = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=form.get("indent", _DEFAULT_INDENT))
    except ValueError as error:
        raise system_error("ValueError", f"json: {error}") from None
    return "\n".join(f"{form.get('prefix', '')}{line}" for line in lines.splitlines())


@library_function("hash.compute_checksum")
def compute_checksum(data: str | bytes, algorithm: str) -> bytes:
    """The hash of data, a string's UTF-8 bytes, by MD5, SHA1, SHA256, SHA384 or SHA512."""
    return hashlib.new(_algorithm(algorithm), _to_bytes(data), usedforsecurity=False).digest()


@library_function("hash.compute_hmac")
def compute_hmac(key: str | bytes, data: str | bytes, algorithm: str) -> bytes:
    """The keyed hash (HMAC) of data."""
    return hmac.new(_to_bytes(key), _to_bytes(data), _algorithm(algorithm)).digest()


@library_function("uuid.generate")
def generate() -> str:
    """A random 128-bit identifier (version 4)."""
    return str(uuid.uuid4())


def _to_bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _algorithm(name: str) -> str:
    if name not in _ALGORITHMS:
        raise system_error("ValueError", f"unknown hash algorithm {name!r}: it must be one of {', '.join(_ALGORITHMS)}")
    return _ALGORITHMS[name]
