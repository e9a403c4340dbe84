"""Resumable uploads as a phone makes them: cut off, resumed, restarted, refused."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from google.cloud.storage import Bucket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.storage import BucketSettings, ObjectMetadata, ServiceAccount, StorageServer
from tests.local.storage.conftest import Clock, Sign, sample_bytes

KIB = 1024
BLOCK = 256 * KIB
Start = Callable[..., str]


def put(url: str, data: bytes, content_range: str, **headers: str) -> requests.Response:
    return requests.put(url, data=data, headers={"Content-Range": content_range, **headers}, timeout=10)


def send_and_break_off(url: str, data: bytes, content_range: str, sent: int) -> None:
    """Send the head and the first `sent` bytes of a piece, then drop the connection."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as connection:
        head = (
            f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Range: {content_range}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        connection.sendall(head.encode() + data[:sent])


def offset(url: str, total: int) -> int:
    """How much the server has, as a client asks for it."""
    answer = put(url, b"", f"bytes */{total}")
    assert answer.status_code == 308
    return int(answer.headers["Range"].removeprefix("bytes=0-")) + 1 if "Range" in answer.headers else 0


def settled_offset(url: str, total: int, at_least: int) -> int:
    """The offset, once the server has noticed that the connection is gone."""
    deadline = time.monotonic() + 5
    while (found := offset(url, total)) < at_least:
        assert time.monotonic() < deadline, f"the server has {found} bytes. Expected: {at_least}"
        time.sleep(0.01)
    return found


def test_pieces_become_the_object(start_upload: Start, bucket: Bucket) -> None:
    data = sample_bytes(1, 3 * BLOCK + 17)
    url = start_upload("users/1/video.mp4")
    first = put(url, data[: 2 * BLOCK], f"bytes 0-{2 * BLOCK - 1}/{len(data)}")
    assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{2 * BLOCK - 1}")
    last = put(url, data[2 * BLOCK :], f"bytes {2 * BLOCK}-{len(data) - 1}/{len(data)}")
    assert (last.status_code, last.content) == (200, b"")
    blob = bucket.get_blob("users/1/video.mp4")
    assert blob is not None
    assert (blob.content_type, blob.size) == ("video/mp4", len(data))
    assert str(blob.generation) == last.headers["x-goog-generation"]
    assert blob.download_as_bytes() == data


def test_nothing_stored_is_answered_without_a_range(start_upload: Start) -> None:
    answer = put(start_upload("video.mp4"), b"", "bytes */1000000")
    assert (answer.status_code, "Range" in answer.headers) == (308, False)


def test_only_whole_blocks_of_an_unfinished_upload_are_kept(start_upload: Start, bucket: Bucket) -> None:
    data = sample_bytes(2, 2 * BLOCK + 5)
    url = start_upload("video.mp4")
    assert "Range" not in put(url, data[:1000], f"bytes 0-999/{len(data)}").headers
    answer = put(url, data[: BLOCK + 1000], f"bytes 0-{BLOCK + 999}/{len(data)}")
    assert answer.headers["Range"] == f"bytes=0-{BLOCK - 1}"
    assert put(url, data[BLOCK:], f"bytes {BLOCK}-{len(data) - 1}/{len(data)}").status_code == 200
    assert bucket.blob("video.mp4").download_as_bytes() == data


def test_asking_for_the_offset_changes_nothing(start_upload: Start, bucket: Bucket) -> None:
    data = sample_bytes(3, 2 * BLOCK)
    url = start_upload("video.mp4")
    put(url, data[:BLOCK], f"bytes 0-{BLOCK - 1}/{len(data)}")
    assert [offset(url, len(data)) for _ in range(3)] == [BLOCK] * 3
    assert not bucket.blob("video.mp4").exists()


def test_finished_upload_answers_the_same_again(
    start_upload: Start, bucket: Bucket, finalized: list[ObjectMetadata]
) -> None:
    """The answer to the last piece was lost: the client asks, or sends it again."""
    url = start_upload("video.mp4")
    first = put(url, b"whole", "bytes 0-4/5")
    asked = put(url, b"", "bytes */5")
    again = put(url, b"whole", "bytes 0-4/5")
    assert [answer.status_code for answer in (first, asked, again)] == [200, 200, 200]
    assert len({answer.headers["x-goog-generation"] for answer in (first, asked, again)}) == 1
    assert [one.name for one in finalized if one.bucket == bucket.name] == ["video.mp4"]


def test_piece_that_was_received_in_part_is_not_stored_twice(start_upload: Start, bucket: Bucket) -> None:
    data = sample_bytes(4, 3 * BLOCK)
    url = start_upload("video.mp4")
    put(url, data[: 2 * BLOCK], f"bytes 0-{2 * BLOCK - 1}/{len(data)}")
    assert put(url, data[BLOCK:], f"bytes {BLOCK}-{len(data) - 1}/{len(data)}").status_code == 200
    assert bucket.blob("video.mp4").download_as_bytes() == data


def test_piece_from_beyond_the_offset_is_refused_and_the_upload_goes_on(start_upload: Start) -> None:
    url = start_upload("video.mp4")
    answer = put(url, b"tail", f"bytes {BLOCK}-{BLOCK + 3}/{BLOCK + 4}")
    assert answer.status_code == 503
    assert f"the upload offset is {BLOCK} byte(s), which exceeds already uploaded size of 0 byte(s)" in answer.text
    assert put(url, bytes(BLOCK + 4), f"bytes 0-{BLOCK + 3}/{BLOCK + 4}").status_code == 200


def test_whole_object_in_one_piece_without_content_range(start_upload: Start, bucket: Bucket) -> None:
    assert requests.put(start_upload("video.mp4"), data=b"whole", timeout=10).status_code == 200
    assert bucket.blob("video.mp4").download_as_bytes() == b"whole"


def test_empty_object(start_upload: Start, bucket: Bucket) -> None:
    assert requests.put(start_upload("empty"), data=b"", timeout=10).status_code == 200
    assert bucket.blob("empty").download_as_bytes() == b""


def test_upload_of_unknown_size_ends_with_the_piece_that_names_it(start_upload: Start, bucket: Bucket) -> None:
    data = sample_bytes(5, 2 * BLOCK)
    url = start_upload("video.mp4")
    assert put(url, data[:BLOCK], f"bytes 0-{BLOCK - 1}/*").status_code == 308
    assert put(url, b"", "bytes */*").status_code == 308
    assert put(url, data[BLOCK:], f"bytes {BLOCK}-{2 * BLOCK - 1}/*").status_code == 308
    assert put(url, b"", f"bytes */{len(data)}").status_code == 200
    assert bucket.blob("video.mp4").download_as_bytes() == data


@pytest.mark.parametrize(
    "content_range", ["bytes 5-2/10", "bytes 0-4/3", "bytes 0-9/10", "0-4/5", "bytes 0-4", "bytes a-b/c", ""]
)
def test_content_range_that_makes_no_sense_is_refused(start_upload: Start, content_range: str) -> None:
    url = start_upload("video.mp4")
    assert put(url, b"12345", content_range).status_code == 400
    assert put(url, b"12345", "bytes 0-4/5").status_code == 200


def test_upload_cannot_end_with_fewer_bytes_than_arrived(start_upload: Start) -> None:
    url = start_upload("video.mp4")
    put(url, bytes(BLOCK), f"bytes 0-{BLOCK - 1}/*")
    assert requests.put(url, timeout=10).status_code == 400  # an empty body: "the object is empty"
    assert offset(url, 2 * BLOCK) == BLOCK


def test_only_pieces_and_cancellation_are_taken(start_upload: Start, bucket: Bucket, server: StorageServer) -> None:
    """Somebody opens the address of an upload in a browser: that must not end it."""
    start = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable&name=video.mp4"
    for url in (start_upload("video.mp4"), requests.post(start, json={}, timeout=10).headers["Location"]):
        for method in ("GET", "HEAD", "PATCH"):
            assert requests.request(method, url, timeout=10).status_code == 405
        assert offset(url, 5) == 0
    assert not bucket.blob("video.mp4").exists()


def test_piece_without_a_length_is_refused(start_upload: Start) -> None:
    parts = urlsplit(start_upload("video.mp4"))
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as connection:
        connection.sendall(f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 411")


def test_size_may_not_change_on_the_way(start_upload: Start) -> None:
    url = start_upload("video.mp4")
    put(url, bytes(BLOCK), f"bytes 0-{BLOCK - 1}/1000000")
    answer = put(url, b"", "bytes */2000000")
    assert (answer.status_code, "The upload has 1000000 bytes. This request says 2000000." in answer.text) == (
        400,
        True,
    )
    assert offset(url, 1000000) == BLOCK


@pytest.mark.parametrize(
    ("size", "code"), [(9, "EntityTooSmall"), (10, None), (20, None), (21, "EntityTooLarge"), (0, "EntityTooSmall")]
)
def test_signed_size_range_is_enforced(start_upload: Start, bucket: Bucket, size: int, code: str | None) -> None:
    url = start_upload("video.mp4", sizes="10,20")
    answer = put(url, bytes(size), f"bytes 0-{size - 1}/{size}") if size else requests.put(url, timeout=10)
    assert answer.status_code == (200 if code is None else 400)
    assert code is None or f"<Code>{code}</Code>" in answer.text
    assert bucket.blob("video.mp4").exists() == (code is None)
    if code is not None:
        assert put(url, b"", f"bytes */{size}").status_code == 404


def test_size_range_is_enforced_before_the_bytes_are_sent(start_upload: Start) -> None:
    url = start_upload("video.mp4", sizes="1,1000000")
    assert "<Code>EntityTooLarge</Code>" in put(url, b"", "bytes */1000001").text


def test_size_range_is_enforced_while_the_size_is_unknown(start_upload: Start) -> None:
    url = start_upload("video.mp4", sizes=f"1,{BLOCK}")
    pieces = (bytes(64 * KIB) for _ in range(64))
    answer = requests.put(url, data=pieces, timeout=10)
    assert (answer.status_code, "<Code>EntityTooLarge</Code>" in answer.text) == (400, True)


def test_cancelled_upload_is_gone(start_upload: Start, server: StorageServer) -> None:
    url = start_upload("video.mp4")
    files = len(list((server._root / "content").iterdir()))
    put(url, bytes(BLOCK), f"bytes 0-{BLOCK - 1}/1000000")
    assert requests.delete(url, timeout=10).status_code == 204
    assert put(url, b"", "bytes */1000000").status_code == 404
    assert requests.delete(url, timeout=10).status_code == 404
    assert len(list((server._root / "content").iterdir())) == files - 1


def test_upload_id_is_good_for_its_object_only(start_upload: Start, server: StorageServer, bucket: Bucket) -> None:
    url = start_upload("video.mp4")
    elsewhere = url.replace("video.mp4", "other.mp4")
    assert put(elsewhere, b"12345", "bytes 0-4/5").status_code == 400
    assert put(url[:-3] + "xyz", b"12345", "bytes 0-4/5").status_code == 404
    assert not bucket.blob("other.mp4").exists()
    assert server.url in url


def test_upload_expires_after_a_week(start_upload: Start, on_time: Clock) -> None:
    url = start_upload("video.mp4")
    on_time.ahead = timedelta(days=7, minutes=1)
    assert put(url, b"12345", "bytes 0-4/5").status_code == 410


def test_checksum_of_the_whole_is_checked_at_the_end(start_upload: Start, bucket: Bucket) -> None:
    url = start_upload("video.mp4")
    answer = put(url, b"hello", "bytes 0-4/5", **{"x-goog-hash": "crc32c=AAAAAA=="})
    assert (answer.status_code, "<Code>BadDigest</Code>" in answer.text) == (400, True)
    assert not bucket.blob("video.mp4").exists()
    url = start_upload("video.mp4")
    assert put(url, b"hello", "bytes 0-4/5", **{"x-goog-hash": "crc32c=mnG7TA=="}).status_code == 200


def test_upload_over_an_object_that_must_not_exist_is_refused_at_its_end(sign: Sign, bucket: Bucket) -> None:
    headers = {"x-goog-resumable": "start", "x-goog-if-generation-match": "0"}
    answer = requests.post(sign("video.mp4", "POST", headers=headers), headers=headers, timeout=10)
    bucket.blob("video.mp4").upload_from_string(b"faster")
    late = put(answer.headers["Location"], b"slower", "bytes 0-5/6")
    assert (late.status_code, "<Code>PreconditionFailed</Code>" in late.text) == (412, True)
    assert bucket.blob("video.mp4").download_as_bytes() == b"faster"
    again = requests.post(sign("video.mp4", "POST", headers=headers), headers=headers, timeout=10)
    assert again.status_code == 412


def test_what_arrived_before_a_connection_broke_is_kept(start_upload: Start, bucket: Bucket) -> None:
    data = sample_bytes(6, 4 * BLOCK)
    url = start_upload("video.mp4")
    send_and_break_off(url, data, f"bytes 0-{len(data) - 1}/{len(data)}", sent=3 * BLOCK - 1)
    time.sleep(0.1)
    kept = settled_offset(url, len(data), at_least=2 * BLOCK)
    assert kept == 2 * BLOCK
    assert put(url, data[kept:], f"bytes {kept}-{len(data) - 1}/{len(data)}").status_code == 200
    assert bucket.blob("video.mp4").download_as_bytes() == data


def test_a_hanging_connection_does_not_keep_a_phone_from_going_on(start_upload: Start, bucket: Bucket) -> None:
    """The phone has left the Wi-Fi: its old connection stays open for minutes, its new one must be served now."""
    data = sample_bytes(7, 3 * BLOCK)
    url = start_upload("video.mp4")
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as hanging:
        head = (
            f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Content-Range: bytes 0-{len(data) - 1}/{len(data)}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        hanging.sendall(head.encode() + data[: BLOCK + 5])
        time.sleep(0.1)
        began = time.monotonic()
        kept = offset(url, len(data))
        assert time.monotonic() - began < 2
        assert kept == BLOCK
        assert put(url, data[kept:], f"bytes {kept}-{len(data) - 1}/{len(data)}").status_code == 200
        hanging.settimeout(5)
        assert hanging.recv(1000).startswith(b"HTTP/1.1 503")
    assert bucket.blob("video.mp4").download_as_bytes() == data


def test_two_senders_of_one_upload_do_not_mix_their_bytes(start_upload: Start, bucket: Bucket) -> None:
    data = sample_bytes(8, 8 * BLOCK)
    url = start_upload("video.mp4")

    def send_all() -> None:
        for _ in range(50):
            answer = put(url, b"", f"bytes */{len(data)}")
            if answer.status_code == 200:
                return
            at = int(answer.headers["Range"].removeprefix("bytes=0-")) + 1 if "Range" in answer.headers else 0
            end = min(at + BLOCK, len(data))
            put(url, data[at:end], f"bytes {at}-{end - 1}/{len(data)}")

    senders = [threading.Thread(target=send_all) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert bucket.blob("video.mp4").download_as_bytes() == data


def test_upload_goes_on_after_a_restart_of_the_server(root: Path, account: ServiceAccount) -> None:
    data = sample_bytes(9, 3 * BLOCK + 9)
    keys = {account.email: account.public_key}
    with StorageServer(root, public_keys=keys, buckets=[BucketSettings(name="uploads")]) as first:
        start = requests.post(
            f"{first.url}/upload/storage/v1/b/uploads/o?uploadType=resumable&name=video.mp4", json={}, timeout=10
        )
        path = start.headers["Location"].removeprefix(first.url)
        put(first.url + path, data[: 2 * BLOCK], f"bytes 0-{2 * BLOCK - 1}/{len(data)}")
    with StorageServer(root, public_keys=keys) as second:
        assert offset(second.url + path, len(data)) == 2 * BLOCK
        last = put(second.url + path, data[2 * BLOCK :], f"bytes {2 * BLOCK}-{len(data) - 1}/{len(data)}")
        assert last.json()["size"] == str(len(data))
        whole = requests.get(f"{second.url}/storage/v1/b/uploads/o/video.mp4?alt=media", timeout=10)
        assert whole.content == data


cut = st.tuples(st.integers(1, 5 * BLOCK), st.floats(0, 1), st.sampled_from(["whole", "break off", "repeat"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 5 * BLOCK), cuts=st.lists(cut, max_size=6), seed=st.integers(0, 2**32))
def test_however_an_upload_is_cut_the_bytes_are_the_same(
    start_upload: Start, bucket: Bucket, size: int, cuts: list[tuple[int, float, str]], seed: int
) -> None:
    data = sample_bytes(seed, size)
    url = start_upload("video.mp4")
    at = 0
    for length, fraction, what in cuts:
        end = min(at + length, size)
        if end == size:
            break
        piece, content_range = data[at:end], f"bytes {at}-{end - 1}/{size}"
        if what == "break off":
            send_and_break_off(url, piece, content_range, sent=int(len(piece) * fraction))
        else:
            for _ in range(2 if what == "repeat" else 1):
                assert put(url, piece, content_range).status_code == 308
        at = offset(url, size)
        assert at % BLOCK == 0
        assert at <= end
    assert put(url, data[at:], f"bytes {at}-{size - 1}/{size}").status_code == 200
    assert bucket.blob("video.mp4").download_as_bytes() == data
