"""Reading `multipart/*` bodies part by part without holding a part in memory (RFC 2046 §5.1)."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from local.storage.errors import INVALID, Kind, StorageError

MAX_PART_HEADER_BYTES = 16 * 1024
BOUNDARY = re.compile(r'(?i)\bboundary=(?:"([^"]{1,70})"|([^;,\s"]{1,70}))')
TOKEN_PARAMETER = re.compile(r'(?i);\s*([a-z0-9*_-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


@dataclass
class Part:
    """One part. Its body must be read (or left) before the next part is asked for."""

    headers: dict[str, str]
    """Names in lower case."""
    body: AsyncIterator[bytes]

    async def read(self, most: int, refusal: Kind = INVALID) -> bytes:
        """The whole body, for a part that must be small. Raises `StorageError` when it has more than `most` bytes."""
        data = bytearray()
        async for chunk in self.body:
            data += chunk
            if len(data) > most:
                raise StorageError(refusal, f"A part of the request is too long. Expected: at most {most} bytes.")
        return bytes(data)

    def parameters(self, header: str) -> dict[str, str]:
        """The parameters of a header such as `content-disposition: form-data; name="key"`."""
        found = TOKEN_PARAMETER.finditer(self.headers.get(header, ""))
        return {
            match[1].lower(): re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3] for match in found
        }


class MultipartReader:
    """The parts of one body."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes], refusal: Kind = INVALID) -> None:
        """`refusal`: what a body that is not well formed is answered with."""
        self._refusal = refusal
        boundary = BOUNDARY.search(content_type)
        if boundary is None:
            raise StorageError(
                refusal, f"Expected a multipart body with a boundary. Found Content-Type: {content_type!r}."
            )
        self._delimiter = b"\r\n--" + (boundary[1] or boundary[2]).encode()
        self._stream = stream
        self._buffer = b"\r\n"  # so that a boundary at the very start looks like every other
        self._body: AsyncIterator[bytes] | None = self._until_delimiter()

    async def parts(self) -> AsyncIterator[Part]:
        """One after the other, until the closing boundary."""
        while True:
            if self._body is not None:
                async for _ in self._body:
                    pass
            await self._fill(2)
            if self._buffer.startswith(b"--"):
                return
            headers = await self._headers()
            self._body = self._until_delimiter(skip=2)
            yield Part(headers, self._body)

    async def finish(self) -> None:
        """Make sure that the part whose body was read is the last one. Raises `StorageError`."""
        await self._fill(2)
        if not self._buffer.startswith(b"--"):
            raise StorageError(self._refusal, "The multipart body has more parts than expected.")

    async def _headers(self) -> dict[str, str]:
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MAX_PART_HEADER_BYTES:
                raise StorageError(self._refusal, "A part of the multipart body has headers without an end.")
            await self._more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        self._buffer = b"\r\n" + self._buffer  # the blank line may belong to the delimiter: a part without a body
        lines = head.decode("utf-8", "replace").split("\r\n")[1:]  # the first is what follows the boundary: blanks
        return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    async def _until_delimiter(self, skip: int = 0) -> AsyncIterator[bytes]:
        """What comes before the next delimiter, which is consumed, without the first `skip` bytes."""
        while True:
            at = self._buffer.find(self._delimiter)
            if at >= 0:
                data, self._buffer = self._buffer[skip:at], self._buffer[at + len(self._delimiter) :]
                if data:
                    yield data
                return
            kept = len(self._delimiter) - 1  # may be the beginning of a delimiter
            if len(self._buffer) > kept + skip:
                data, self._buffer = self._buffer[skip:-kept], self._buffer[-kept:]
                skip = 0
                yield data
            await self._more()

    async def _fill(self, least: int) -> None:
        while len(self._buffer) < least:
            await self._more()

    async def _more(self) -> None:
        async for chunk in self._stream:
            self._buffer += chunk
            return
        raise StorageError(self._refusal, "The multipart body ends before its closing boundary.")
