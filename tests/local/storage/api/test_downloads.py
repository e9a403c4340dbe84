"""Reading through signed URLs as browsers and players do."""

import pytest
import requests
from google.cloud.storage import Bucket

from tests.local.storage.conftest import Sign, sample_bytes

DATA = sample_bytes(0, 600_000)


@pytest.fixture
def url(bucket: Bucket, sign: Sign) -> str:
    blob = bucket.blob("users/1/動画.mp4")
    blob.cache_control = "private, max-age=60"
    blob.metadata = {"cook": "花子"}
    blob.upload_from_string(DATA, content_type="video/mp4")
    return sign("users/1/動画.mp4")


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=10)


def test_whole_object_with_its_headers(url: str) -> None:
    answer = get(url)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["x-goog-stored-content-length"] == str(len(DATA))
    assert answer.headers["x-goog-meta-cook"].encode("latin-1").decode() == "花子"
    assert answer.headers["Last-Modified"].endswith("GMT")


def test_head_is_get_without_the_bytes(url: str, sign: Sign) -> None:
    head = requests.head(sign("users/1/動画.mp4", "HEAD"), timeout=10)
    whole = get(url)
    assert (head.status_code, head.content) == (200, b"")
    for header in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "x-goog-generation"):
        assert head.headers[header] == whole.headers[header]
    part = requests.head(sign("users/1/動画.mp4", "HEAD"), headers={"Range": "bytes=0-9"}, timeout=10)
    assert (part.status_code, part.headers["Content-Length"]) == (206, "10")


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=599999-", 599_999, 599_999),
        ("bytes=300000-", 300_000, 599_999),
        ("bytes=599990-700000", 599_990, 599_999),
        ("bytes=-10", 599_990, 599_999),
        ("bytes=-700000", 0, 599_999),
    ],
)
def test_range(url: str, wanted: str, first: int, last: int) -> None:
    answer = get(url, Range=wanted)
    assert answer.content == DATA[first : last + 1]
    if (first, last) == (0, 599_999):
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"bytes {first}-{last}/{len(DATA)}")


@pytest.mark.parametrize("wanted", ["bytes=600000-", "bytes=-0", "bytes=700000-800000"])
def test_range_outside_the_object(url: str, wanted: str) -> None:
    answer = get(url, Range=wanted)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")
    assert "<Code>InvalidRange</Code>" in answer.text


@pytest.mark.parametrize("wanted", ["bytes=9-5", "bytes=0-1,5-6", "lines=1-2", "bytes=x-"])
def test_range_that_is_none_is_ignored(url: str, wanted: str) -> None:
    assert get(url, Range=wanted).status_code == 200


def test_empty_object(bucket: Bucket, sign: Sign) -> None:
    bucket.blob("empty").upload_from_string(b"")
    assert (get(sign("empty")).status_code, get(sign("empty")).content) == (200, b"")
    assert get(sign("empty"), Range="bytes=0-").status_code == 416


def test_conditions(url: str, bucket: Bucket) -> None:
    first = get(url)
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    unchanged = get(url, If_None_Match=etag)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", etag)
    assert get(url, If_None_Match='"other", ' + etag).status_code == 304
    assert get(url, If_None_Match='"other"').status_code == 200
    assert get(url, If_Modified_Since=modified).status_code == 304
    assert get(url, If_Modified_Since="Sat, 01 Jan 2000 00:00:00 GMT").status_code == 200
    assert get(url, If_Modified_Since="not a date").status_code == 200
    assert get(url, If_Match=etag).status_code == 200
    assert get(url, If_Match='"other"').status_code == 412
    assert get(url, If_Unmodified_Since="Sat, 01 Jan 2000 00:00:00 GMT").status_code == 412
    assert get(url, Range="bytes=0-9", If_Range=etag).status_code == 206
    assert get(url, Range="bytes=0-9", If_Range=modified).status_code == 206
    bucket.blob("users/1/動画.mp4").upload_from_string(DATA[::-1])
    assert get(url, If_None_Match=etag).status_code == 200
    changed = get(url, Range="bytes=0-9", If_Range=etag)
    assert (changed.status_code, changed.content) == (200, DATA[::-1])


def test_signed_url_may_name_type_and_file(sign: Sign, url: str) -> None:
    disposition = "attachment; filename=\"video.mp4\"; filename*=UTF-8''%E5%8B%95"
    named = sign("users/1/動画.mp4", response_type="application/x-video", response_disposition=disposition)
    answer = get(named)
    assert answer.headers["Content-Type"] == "application/x-video"
    assert answer.headers["Content-Disposition"] == disposition
    assert get(named.replace("x-video", "x-script")).status_code == 403
    assert "Content-Disposition" not in get(url).headers
    split = sign("users/1/動画.mp4", response_disposition="attachment\r\nSet-Cookie: a=b")
    answer = get(split)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (400, False)


def test_signed_url_may_name_a_generation(bucket: Bucket, sign: Sign) -> None:
    blob = bucket.blob("video.mp4")
    blob.upload_from_string(b"first")
    url = sign("video.mp4", generation=blob.generation)
    assert get(url).content == b"first"
    blob.upload_from_string(b"second")
    assert get(url).status_code == 404


def test_reader_is_not_disturbed_by_an_overwrite(bucket: Bucket, sign: Sign) -> None:
    data = sample_bytes(1, 8_000_000)
    bucket.blob("video.mp4").upload_from_string(data)
    with requests.get(sign("video.mp4"), stream=True, timeout=10) as reader:
        pieces = reader.iter_content(100_000)
        read = next(pieces)
        bucket.blob("video.mp4").upload_from_string(b"new")
        bucket.blob("video.mp4").delete()
        assert read + b"".join(pieces) == data


def test_put_and_delete_through_signed_urls(bucket: Bucket, sign: Sign) -> None:
    headers = {"content-type": "audio/webm", "x-goog-meta-cook": "hanako", "content-md5": "XUFAKrxLKna5cZ2REBfFkg=="}
    put = requests.put(sign("memo.webm", "PUT", headers=headers), data=b"hello", headers=headers, timeout=10)
    assert put.status_code == 200
    assert (put.headers["ETag"], put.headers["x-goog-hash"]) == (
        '"5d41402abc4b2a76b9719d911017c592"',
        "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg==",
    )
    blob = bucket.get_blob("memo.webm")
    assert blob is not None
    assert (blob.content_type, blob.metadata) == ("audio/webm", {"cook": "hanako"})
    wrong = requests.put(sign("memo.webm", "PUT", headers=headers), data=b"hullo", headers=headers, timeout=10)
    assert (wrong.status_code, "<Code>BadDigest</Code>" in wrong.text) == (400, True)
    assert requests.delete(sign("memo.webm", "DELETE"), timeout=10).status_code == 204
    gone = requests.delete(sign("memo.webm", "DELETE"), timeout=10)
    assert (gone.status_code, "<Code>NoSuchKey</Code>" in gone.text) == (404, True)


@pytest.mark.parametrize(
    ("size", "code"),
    [(9, "EntityTooSmall"), (10, None), (20, None), (21, "EntityTooLarge"), (400_000, "EntityTooLarge")],
)
@pytest.mark.parametrize("announced", [True, False])
def test_single_upload_keeps_to_the_signed_size_range(
    bucket: Bucket, sign: Sign, size: int, code: str | None, *, announced: bool
) -> None:
    headers = {"x-goog-content-length-range": "10,20"}
    data = bytes(size) if announced else (bytes(min(1000, size - at)) for at in range(0, size, 1000))
    url = sign("memo.webm", "PUT", headers=headers)
    answer = requests.put(url, data=data, headers=headers, timeout=10)
    assert answer.status_code == (200 if code is None else 400)
    assert code is None or f"<Code>{code}</Code>" in answer.text
    assert bucket.blob("memo.webm").exists() == (code is None)


def test_refusals_of_the_xml_api(sign: Sign, bucket: Bucket) -> None:
    assert "<Code>NoSuchKey</Code>" in get(sign("missing")).text
    assert "<Code>InvalidArgument</Code>" in requests.post(sign("x", "POST"), timeout=10).text
    assert requests.patch(sign("x", "PATCH"), timeout=10).status_code == 405
    copy = {"x-goog-copy-source": f"/{bucket.name}/x"}
    assert requests.put(sign("x", "PUT", headers=copy), headers=copy, timeout=10).status_code == 501
