"""`http.*`: requests to any HTTP service, with or without authentication.

Source: cloud.google.com/workflows/docs/reference/stdlib/http and .../http-requests
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from local.workflows import limits
from local.workflows.errors import system_error
from local.workflows.runtime import Caller, HttpRequest
from local.workflows.standard_library.http_messages import encode_body, encode_headers, exchange
from local.workflows.standard_library.registry import Number, library_function
from local.workflows.values import Value, to_text, type_name

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")

_Map = dict[str, Any]


@library_function("http.request", blocking=True, takes_caller=True)
def request(  # noqa: PLR0913, PLR0917  # the language's own signature
    caller: Caller,
    method: str,
    url: str,
    timeout: Number = limits.HTTP_DEFAULT_TIMEOUT_S,
    body: Value = None,
    headers: _Map | None = None,
    query: _Map | None = None,
    auth: _Map | None = None,
    private_service_name: str | None = None,
    ca_certificate: str | None = None,
) -> _Map:
    """Send a request; a map with `code`, `headers` and `body` of the answer."""
    if method not in METHODS:
        raise system_error("ValueError", f"http.request: 'method' must be one of {', '.join(METHODS)}, not {method!r}")
    if private_service_name is not None:
        raise system_error("SystemError", "private_service_name needs Service Directory, which this machine has not")
    encoded_headers = encode_headers(headers or {})
    content, content_headers = encode_body(body, encoded_headers)
    prepared = HttpRequest(
        method=method,
        url=_with_query(_checked_url(url), query or {}),
        headers={**encoded_headers, **content_headers},
        body=content,
        timeout_s=_checked_timeout(timeout),
        ca_certificate=ca_certificate,
    )
    return exchange(caller, prepared, auth)


def _declare(method: str) -> None:
    """`http.get` and its kin: `http.request` with the method given."""

    def shortcut(  # noqa: PLR0913, PLR0917  # the language's own signature
        caller: Caller,
        url: str,
        timeout: Number = limits.HTTP_DEFAULT_TIMEOUT_S,
        body: Value = None,
        headers: _Map | None = None,
        query: _Map | None = None,
        auth: _Map | None = None,
        private_service_name: str | None = None,
        ca_certificate: str | None = None,
    ) -> _Map:
        return request(caller, method, url, timeout, body, headers, query, auth, private_service_name, ca_certificate)

    shortcut.__doc__ = f"Send a {method} request; a map with `code`, `headers` and `body` of the answer."
    library_function(f"http.{method.lower()}", blocking=True, takes_caller=True)(shortcut)


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    _declare(_method)


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without end, or a port that is no number
        is_address = False
    if not is_address:
        raise system_error("ValueError", f"'url' must begin with http:// or https:// and name a host, not {url!r}")
    return url


def _checked_timeout(timeout: Number) -> float:
    if not 0 < timeout <= limits.HTTP_LONGEST_TIMEOUT_S:
        expected = f"more than 0 and at most {limits.HTTP_LONGEST_TIMEOUT_S} seconds"
        raise system_error("ValueError", f"'timeout' must be {expected}, not {timeout}")
    return float(timeout)


def _with_query(url: str, query: _Map) -> str:
    if not query:
        return url
    pairs = [(key, _query_text(key, item)) for key, value in query.items() for item in _items(value)]
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(pairs)}"


def _items(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _query_text(key: str, value: Value) -> str:
    if isinstance(value, str | int | float):
        return to_text(value)
    expected = "strings, numbers, booleans or lists of those"
    raise system_error("TypeError", f"'query' must hold {expected}, but {key!r} is {type_name(value)}")
