"""What goes over the wire for `http.*` and the connectors: bodies, headers, tokens, answers and errors.

Source: cloud.google.com/workflows/docs/reference/stdlib/http/request and .../http-requests
"""

import dataclasses
import re
from collections.abc import Mapping
from email.message import Message
from typing import Any
from urllib.parse import urlencode

from local.workflows import limits
from local.workflows.errors import system_error
from local.workflows.runtime import (
    AuthenticationFailed,
    Caller,
    HttpConnectionBroken,
    HttpConnectionFailed,
    HttpRequest,
    HttpResponse,
    HttpResponseTooLarge,
    HttpTimeout,
)
from local.workflows.values import Value, decode_json, encode_json, to_text, type_name

AUTH_TYPES = ("OIDC", "OAuth2")
AUTH_KEYS = ("type", "audience", "scope", "scopes")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")  # no control characters but the tabulator
_USER_AGENT = "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)"
_JSON = "application/json; charset=utf-8"
_BYTES = "application/octet-stream"


def exchange(caller: Caller, request: HttpRequest, auth: Mapping[str, Value] | None) -> dict[str, Any]:
    """Send a request and give the answer as a map; every failure becomes an error of the workflow."""
    if auth is not None:
        authorization = {"Authorization": f"Bearer {_token(caller, auth, request.url)}"}
        request = dataclasses.replace(request, headers={**request.headers, **authorization})
    try:
        response = caller.runtime.http.send(request, caller.cancellation)
    except HttpTimeout:
        raise system_error("TimeoutError", "request timed out") from None
    except HttpConnectionFailed as error:
        raise system_error("ConnectionFailedError", f"connection failed: {error}") from None
    except HttpConnectionBroken as error:
        raise system_error("ConnectionError", f"connection broken: {error}") from None
    except HttpResponseTooLarge:
        size = f"{limits.HTTP_RESPONSE_BYTES // 2**20} MB"
        raise system_error("ResourceLimitError", f"HTTP response size exceeds {size}") from None
    answer = {"code": response.status, "headers": decode_headers(response), "body": decode_body(response)}
    if not 200 <= response.status < 300:
        raise system_error("HttpError", f"HTTP server responded with error code {response.status}", **answer)
    return answer


def encode_headers(headers: Mapping[str, Value]) -> dict[str, str]:
    """Headers as text, with Workflows' own name added to the caller's User-Agent."""
    encoded = {}
    for name, value in headers.items():
        if not isinstance(value, str | int | float):
            raise system_error("TypeError", f"'headers' must be a map of strings, but {name!r} is {type_name(value)}")
        encoded[name] = to_text(value)
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(encoded[name]):
            raise system_error("ValueError", f"{name!r} is not a header that HTTP allows")
    agent = next((name for name in encoded if name.lower() == "user-agent"), "User-Agent")
    encoded[agent] = f"{encoded.get(agent, '')} {_USER_AGENT}".strip()
    return encoded


def encode_body(body: Value, headers: Mapping[str, str]) -> tuple[bytes | None, dict[str, str]]:
    """A body as its Content-Type wants it, and the Content-Type to add where none is given."""
    if body is None:
        return None, {}
    given = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    if isinstance(body, bytes):
        return body, {} if given else {"Content-Type": _BYTES}
    if given is None:
        return _json(body), {"Content-Type": _JSON}
    if isinstance(body, str):
        return body.encode(), {}
    if "urlencoded" in given and isinstance(body, dict):
        return urlencode({key: _form_text(key, value) for key, value in body.items()}).encode(), {}
    return _json(body), {}


def decode_headers(response: HttpResponse) -> dict[str, str]:
    """Headers under their canonical names (`Content-Type`); repeated ones joined by commas."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        canonical = "-".join(part.capitalize() for part in name.split("-"))
        headers[canonical] = f"{headers[canonical]}, {value}" if canonical in headers else value
    return headers


def decode_body(response: HttpResponse) -> Value:
    """The value of a JSON answer, a string for text, bytes for anything else."""
    return decode_content(response.body, decode_headers(response).get("Content-Type", ""))


def decode_content(content: bytes, content_type: str) -> Value:
    """The value of bytes with a Content-Type header."""
    message = Message()
    message["Content-Type"] = content_type
    kind = message.get_content_type() if content_type else ""
    charset = str(message.get_param("charset", "utf-8"))
    if "json" in kind:
        try:
            return decode_json(content)
        except (ValueError, RecursionError):  # the sender's mistake; the author may still want to see it
            return _text(content, charset)
    return _text(content, charset) if not kind or kind.startswith("text/") else content


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _json(body: Value) -> bytes:
    try:
        return encode_json(body).encode()
    except (TypeError, ValueError) as error:
        raise system_error("ValueError", f"'body' cannot be encoded as JSON: {error}") from None


def _form_text(key: str, value: Value) -> str:
    if isinstance(value, str | int | float):
        return to_text(value)
    raise system_error("TypeError", f"a form holds strings, numbers and booleans, but {key!r} is {type_name(value)}")


def _token(caller: Caller, auth: Mapping[str, Value], url: str) -> str:
    kind = auth.get("type")
    unknown = [key for key in auth if key not in AUTH_KEYS]
    if unknown:
        raise system_error("ValueError", f"'auth' takes {', '.join(AUTH_KEYS)}, not {unknown[0]!r}")
    if kind not in AUTH_TYPES:
        raise system_error("ValueError", f"the type of 'auth' must be {' or '.join(AUTH_TYPES)}, not {kind!r}")
    try:
        if kind == "OIDC":
            return caller.runtime.tokens.identity_token(str(auth.get("audience") or url))
        return caller.runtime.tokens.access_token(scopes_of(auth.get("scopes") or auth.get("scope")))
    except AuthenticationFailed as error:
        raise system_error("AuthError", str(error)) from None


def scopes_of(value: Value) -> tuple[str, ...]:
    """Scopes as they may be written: a list, or a string with spaces or commas between them."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    if isinstance(value, list) and all(isinstance(scope, str) for scope in value):
        return tuple(value)
    raise system_error("TypeError", f"scopes must be a string or a list of strings, not {type_name(value)}")
