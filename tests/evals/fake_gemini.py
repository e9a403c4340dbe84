"""A fake of the Gemini API, and no model: it checks each request against google-genai's own types and replies as told.

It answers a `MockTransport` of httpx2 or, for those who bring a client of their own, on a port of this machine.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
from google.genai import types

from tests.evals.rubric import CRITERIA

KEY = "no-real-key-0123456789"

SCHEMA_KEYWORDS = {
    *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems"),
    *("minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required"),
}
"""What `response_json_schema` may hold, by the documentation of google-genai."""

_PATH = re.compile(r"/v1(beta)?/models/(?P<model>[^/]+):generateContent")


class Asked:
    """One request, taken apart and found to be in order."""

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """`headers`: looked up without regard to case."""
        found = _PATH.fullmatch(path)
        assert method == "POST"
        assert found, f"expected a generateContent. Found: {path}"
        assert headers["x-goog-api-key"] == KEY
        raw: dict[str, Any] = json.loads(body)
        assert set(raw) == {"contents", "systemInstruction", "generationConfig"}
        self.model = found["model"]
        self.config = types.GenerationConfig.model_validate(raw["generationConfig"])
        self.contents = [types.Content.model_validate(content) for content in raw["contents"]]
        self.instructions = _texts(types.Content.model_validate(raw["systemInstruction"]))
        assert self.config.response_mime_type == "application/json"
        _check_schema(self.config.response_json_schema)

    @property
    def parts(self) -> list[str]:
        """What the user says, part by part."""
        [content] = self.contents
        assert content.role == "user"
        return _texts(content)


Reply = tuple[int, dict[str, Any]]
"""Status and body."""


class FakeGemini:
    """Gives the replies in turn, the last one for ever; a callable makes one from the request."""

    def __init__(self, *replies: Reply | Callable[[Asked], Reply]) -> None:
        self.asked: list[Asked] = []
        self._replies = replies
        self._lock = threading.Lock()

    def reply(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What this request gets."""
        asked = Asked(method, path, headers, body)
        with self._lock:
            reply = self._replies[min(len(self.asked), len(self._replies) - 1)]
            self.asked.append(asked)
        return reply(asked) if callable(reply) else reply

    def client(self) -> httpx2.Client:
        """A client that reaches nothing but this fake."""

        def handle(request: httpx2.Request) -> httpx2.Response:
            status, body = self.reply(request.method, request.url.path, request.headers, request.content)
            return httpx2.Response(status, json=body)

        return httpx2.Client(transport=httpx2.MockTransport(handle))

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Answers on a port of this machine; gives the base URL."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, said = fake.reply("POST", self.path, dict(self.headers.items()), body)
                answer = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def scores(score: int = 4, **others: object) -> dict[str, Any]:
    """An answer by the schema: the same score for each criterion, apart from `others`."""
    return {
        criterion: {"reason": f"because of {criterion}", "score": others.get(criterion, score)}
        for criterion in CRITERIA
    }


def answer(said: object, *, finish: str = "STOP", thought: str | None = None) -> Reply:
    """A response of the model: a text, or anything else as JSON."""
    text = said if isinstance(said, str) else json.dumps(said)
    parts: list[dict[str, Any]] = [] if thought is None else [{"text": thought, "thought": True}]
    parts.append({"text": text, "thoughtSignature": "c2lnbmVk"})
    return 200, {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}],
        "usageMetadata": {"promptTokenCount": 1000, "candidatesTokenCount": 100, "totalTokenCount": 1100},
        "modelVersion": "fake",
    }


def blocked(reason: str = "PROHIBITED_CONTENT") -> Reply:
    """A response without a candidate: the prompt was not let through."""
    return 200, {"promptFeedback": {"blockReason": reason}}


def failure(code: int, status: str, message: str) -> Reply:
    """An error in the form of Google's APIs."""
    return code, {"error": {"code": code, "status": status, "message": message}}


def _texts(content: types.Content) -> list[str]:
    return [part.text or "" for part in content.parts or []]


def _check_schema(schema: object) -> None:
    assert isinstance(schema, dict)
    unknown = set(schema) - SCHEMA_KEYWORDS
    assert not unknown, f"the API knows no {unknown}"
    if "$ref" in schema:
        assert set(schema) <= {"$ref", "$defs"}, f"beside $ref nothing is read. Found: {set(schema)}"
    for below in [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]:
        _check_schema(below)
