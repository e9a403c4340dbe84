"""Several JSON API calls in one request (`multipart/mixed` of `application/http`).

Source: https://cloud.google.com/storage/docs/batch. Each call is answered for itself; the batch as such succeeds.
"""

import json
import secrets
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from local.storage.api.calls import Call
from local.storage.api.json_api import JsonApi, Reply
from local.storage.errors import INVALID, StorageError

MAX_CALLS = 100
MAX_BATCH_BYTES = 10 * 1024 * 1024
PATH_PREFIX = "/storage/v1"


def answer_batch(api: JsonApi, content_type: str, body: bytes, base_url: str) -> tuple[str, bytes]:
    """Content type and body of the answer. Raises `StorageError` when the batch itself is malformed."""
    message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    parts = message.get_payload() if message.is_multipart() else []
    if not isinstance(parts, list) or not 0 < len(parts) <= MAX_CALLS:
        raise StorageError(INVALID, f"Failed to parse batch request. Expected: 1 to {MAX_CALLS} calls.")
    boundary = f"batch_{secrets.token_hex(16)}"
    answers = [_answered(api, part, base_url) for part in parts if isinstance(part, Message)]
    text = "".join(f"--{boundary}\r\n{answer}\r\n" for answer in answers) + f"--{boundary}--\r\n"
    return f"multipart/mixed; boundary={boundary}", text.encode()


def _answered(api: JsonApi, part: Message, base_url: str) -> str:
    try:
        reply = api.answer(_call(part, base_url))
    except StorageError as error:
        reply = Reply(error.kind.status, json.loads(error.as_json()))
    body = "" if reply.resource is None else json.dumps(reply.resource)
    content_id = part.get("Content-ID", "").strip("<>")
    return (
        "Content-Type: application/http\r\n"
        f"Content-ID: <response-{content_id}>\r\n\r\n"
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
        "Content-Type: application/json; charset=UTF-8\r\n"
        f"Content-Length: {len(body.encode())}\r\n\r\n"
        f"{body}"
    )


def _call(part: Message, base_url: str) -> Call:
    """The HTTP request inside a part. Raises `StorageError`."""
    payload = part.get_payload(decode=True)
    raw = payload.lstrip() if isinstance(payload, bytes) else b""
    request_line, _, rest = raw.partition(b"\n")
    words = request_line.decode("latin-1").split()
    if len(words) != 3:
        raise StorageError(INVALID, f"Failed to parse batch request. Found: {request_line!r}.")
    url = urlsplit(words[1])
    if not url.path.startswith(PATH_PREFIX):
        raise StorageError(INVALID, f"Failed to parse batch request. Expected a path from {PATH_PREFIX} on.")
    content = BytesParser().parsebytes(rest).get_payload(decode=True)
    return Call(
        method=words[0],
        path=url.path.removeprefix(PATH_PREFIX),
        query=dict(parse_qsl(url.query, keep_blank_values=True)),
        body=content.strip() if isinstance(content, bytes) else b"",
        base_url=base_url,
    )
