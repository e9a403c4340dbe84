"""Multipart bodies, however the network cuts them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.storage.api.multipart import MultipartReader
from local.storage.errors import StorageError

BOUNDARY = "frontier"
Parts = list[tuple[dict[str, str], bytes]]


async def stream(body: bytes, sizes: list[int]) -> AsyncIterator[bytes]:
    at = 0
    for size in sizes:
        yield body[at : at + size]
        at += size
    yield body[at:]


def read(
    body: bytes, sizes: list[int] | None = None, content_type: str = f"multipart/related; boundary={BOUNDARY}"
) -> Parts:
    async def parts() -> Parts:
        reader = MultipartReader(content_type, stream(body, sizes or []))
        return [(part.headers, await part.read(10_000)) async for part in reader.parts()]

    return asyncio.run(parts())


def encoded(bodies: list[bytes]) -> bytes:
    parts = [f"--{BOUNDARY}\r\nX-Number: {number}\r\n\r\n".encode() + body for number, body in enumerate(bodies)]
    return b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


nearly_boundary = st.sampled_from(
    [b"\r\n", b"--", b"\r\n--", f"\r\n--{BOUNDARY[:5]}".encode(), b"-", b"\r", b"\n", b""]
)
body_bytes = st.lists(st.one_of(st.binary(max_size=30), nearly_boundary), max_size=6).map(b"".join)


@given(bodies=st.lists(body_bytes, min_size=1, max_size=4), sizes=st.lists(st.integers(0, 40), max_size=20))
def test_parts_come_out_as_they_went_in_however_the_stream_is_cut(bodies: list[bytes], sizes: list[int]) -> None:
    found = read(encoded(bodies), sizes)
    assert found == [({"x-number": str(number)}, body) for number, body in enumerate(bodies)]


def test_unread_part_is_skipped() -> None:
    async def second() -> bytes:
        reader = MultipartReader(f"multipart/related; boundary={BOUNDARY}", stream(encoded([b"one", b"two"]), [3, 5]))
        async for part in reader.parts():
            if part.headers["x-number"] == "1":
                return await part.read(10)
        return b""

    assert asyncio.run(second()) == b"two"


def test_quoted_boundary_preamble_and_epilogue() -> None:
    body = b"ignored\r\n" + encoded([b"one"]) + b"ignored"
    assert read(body, content_type=f'multipart/related; charset=utf-8; boundary="{BOUNDARY}"') == [
        ({"x-number": "0"}, b"one")
    ]


def test_part_without_headers_and_body() -> None:
    assert read(f"--{BOUNDARY}\r\n\r\n--{BOUNDARY}--".encode()) == [({}, b"")]


@pytest.mark.parametrize("end", [5, 20, 40, -1])
def test_body_that_ends_early_is_refused(end: int) -> None:
    whole = encoded([b"one" * 10]).rstrip(b"\r\n")
    with pytest.raises(StorageError, match="ends before its closing boundary"):
        read(whole[:end])


def test_part_that_must_be_small_is_not_read_without_end() -> None:
    with pytest.raises(StorageError, match="too long"):
        read(encoded([bytes(20_000)]))
