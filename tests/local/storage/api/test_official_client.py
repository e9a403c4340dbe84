"""The official client, unmodified, against the JSON API."""

import gzip
import io
from pathlib import Path

import pytest
import requests
from google.api_core.exceptions import Conflict, NotFound, PreconditionFailed
from google.cloud.exceptions import GoogleCloudError
from google.cloud.storage import Blob, Bucket, Client
from google.cloud.storage.transfer_manager import download_chunks_concurrently

from local.storage import ObjectMetadata, StorageServer
from tests.local.storage.conftest import sample_bytes

KIB = 1024
BLOCK = 256 * KIB


@pytest.fixture(scope="module")
def data() -> bytes:
    return sample_bytes(0, 3 * BLOCK + 123)


def names(bucket: Bucket, **options: str | int) -> list[str]:
    return [blob.name for blob in bucket.list_blobs(**options)]


def test_small_upload_keeps_bytes_type_and_checksums(bucket: Bucket) -> None:
    blob = bucket.blob("notes/メモ 1.txt")
    blob.upload_from_string("火加減", content_type="text/plain; charset=utf-8")
    assert blob.size == 9
    found = bucket.get_blob("notes/メモ 1.txt")
    assert found is not None
    assert found.content_type == "text/plain; charset=utf-8"
    assert found.download_as_text() == "火加減"
    assert (found.generation, found.metageneration) == (blob.generation, 1)
    assert found.time_created is not None
    hello = bucket.blob("hello")
    hello.upload_from_string(b"hello")
    assert (hello.md5_hash, hello.crc32c) == ("XUFAKrxLKna5cZ2REBfFkg==", "mnG7TA==")


@pytest.mark.parametrize("checksum", ["md5", "crc32c", None])
def test_file_goes_up_and_down_in_chunks(bucket: Bucket, tmp_path: Path, data: bytes, checksum: str | None) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    bucket.blob("video.mp4", chunk_size=BLOCK).upload_from_filename(str(source), checksum=checksum)
    bucket.blob("video.mp4", chunk_size=BLOCK).download_to_filename(str(target))
    assert target.read_bytes() == data


def test_stream_of_unknown_length_goes_up(bucket: Bucket, data: bytes) -> None:
    for size in (len(data), 2 * BLOCK, 0):
        bucket.blob("stream", chunk_size=BLOCK).upload_from_file(io.BytesIO(data[:size]))
        assert bucket.blob("stream").download_as_bytes() == data[:size]
    with bucket.blob("written").open("wb", chunk_size=BLOCK) as file:
        file.write(data)
    with bucket.blob("written").open("rb") as file:
        assert file.read() == data


def test_ranges_and_concurrent_chunks_come_down(bucket: Bucket, tmp_path: Path, data: bytes) -> None:
    bucket.blob("video.mp4").upload_from_string(data)
    assert bucket.blob("video.mp4").download_as_bytes(start=5, end=9) == data[5:10]
    assert bucket.blob("video.mp4").download_as_bytes(start=len(data) - 3) == data[-3:]
    assert bucket.blob("video.mp4").download_as_bytes(start=-7) == data[-7:]
    blob = bucket.get_blob("video.mp4")
    download_chunks_concurrently(blob, str(tmp_path / "whole"), chunk_size=BLOCK, worker_type="thread", max_workers=3)
    assert (tmp_path / "whole").read_bytes() == data


def test_wrong_checksum_is_refused_and_nothing_is_stored(bucket: Bucket) -> None:
    blob = bucket.blob("video.mp4")
    blob.md5_hash = "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(GoogleCloudError, match="doesn't match calculated MD5"):
        blob.upload_from_string(b"bytes", checksum=None)
    assert not bucket.blob("video.mp4").exists()


def test_gzip_object_comes_down_plain_or_raw(bucket: Bucket, server: StorageServer) -> None:
    packed = gzip.compress(b"text " * 1000)
    blob = bucket.blob("captions.vtt")
    blob.content_encoding = "gzip"
    blob.upload_from_string(packed, content_type="text/vtt")
    assert bucket.blob("captions.vtt").download_as_bytes() == b"text " * 1000
    assert bucket.blob("captions.vtt").download_as_bytes(raw_download=True) == packed
    url = f"{server.url}/storage/v1/b/{bucket.name}/o/captions.vtt?alt=media"
    plain = requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert (plain.content, plain.headers.get("Content-Encoding")) == (b"text " * 1000, None)


def test_listing_by_prefix_delimiter_and_page(bucket: Bucket) -> None:
    stored = ["a", "b/1", "b/2", "b/c/1", "b/c/2", "b0", "日本/1", "日本語"]
    for name in stored:
        bucket.blob(name).upload_from_string(b"")
    assert names(bucket) == sorted(stored, key=str.encode)
    assert names(bucket, page_size=3) == sorted(stored, key=str.encode)
    assert names(bucket, prefix="b/") == ["b/1", "b/2", "b/c/1", "b/c/2"]
    folded = bucket.list_blobs(delimiter="/", page_size=2)
    assert [blob.name for blob in folded] == ["a", "b0", "日本語"]
    assert set(folded.prefixes) == {"b/", "日本/"}
    inner = bucket.list_blobs(prefix="b/", delimiter="/")
    assert [blob.name for blob in inner] == ["b/1", "b/2"]
    assert set(inner.prefixes) == {"b/c/"}
    assert names(bucket, start_offset="b/2", end_offset="b0") == ["b/2", "b/c/1", "b/c/2"]
    assert names(bucket, max_results=2) == ["a", "b/1"]
    with pytest.raises(NotFound):
        names(bucket.client.bucket("no-such-bucket"))


def test_metadata_is_patched_field_by_field(bucket: Bucket) -> None:
    blob = bucket.blob("video.mp4")
    blob.metadata = {"cook": "花子", "dish": "fried-rice"}
    blob.cache_control = "no-store"
    blob.upload_from_string(b"bytes", content_type="video/mp4")
    blob.metadata = {"cook": "太郎", "dish": None}
    blob.content_disposition = 'attachment; filename="a.mp4"'
    blob.patch()
    found = bucket.get_blob("video.mp4")
    assert found is not None
    assert found.metadata == {"cook": "太郎"}
    assert (found.cache_control, found.content_type) == ("no-store", "video/mp4")
    assert (found.generation, found.metageneration) == (blob.generation, 2)
    found.cache_control = None
    found.update()
    again = bucket.get_blob("video.mp4")
    assert again is not None
    assert (again.cache_control, again.metageneration) == (None, 3)
    assert again.download_as_bytes() == b"bytes"


def test_delete_removes_for_good(bucket: Bucket) -> None:
    bucket.blob("video.mp4").upload_from_string(b"bytes")
    bucket.blob("video.mp4").delete()
    assert not bucket.blob("video.mp4").exists()
    with pytest.raises(NotFound, match=r"No such object: .*/video.mp4"):
        bucket.blob("video.mp4").delete()
    with pytest.raises(NotFound):
        bucket.blob("video.mp4").download_as_bytes()


def test_overwritten_generation_is_gone(bucket: Bucket) -> None:
    blob = bucket.blob("video.mp4")
    blob.upload_from_string(b"first")
    first = blob.generation
    blob.upload_from_string(b"second")
    assert blob.generation > first
    with pytest.raises(NotFound):
        Blob("video.mp4", bucket, generation=first).download_as_bytes()
    assert Blob("video.mp4", bucket, generation=blob.generation).download_as_bytes() == b"second"


def test_compose_joins_objects(bucket: Bucket, data: bytes, finalized: list[ObjectMetadata]) -> None:
    parts = [bucket.blob(f"part{number}") for number in range(3)]
    for number, part in enumerate(parts):
        part.upload_from_string(data[number * BLOCK : (number + 1) * BLOCK], content_type="video/mp4")
    whole = bucket.blob("whole")
    whole.compose(parts, if_generation_match=0)
    assert (whole.component_count, whole.md5_hash, whole.content_type) == (3, None, "video/mp4")
    assert whole.download_as_bytes() == data[: 3 * BLOCK]
    assert finalized[-1].name == "whole"
    twice = bucket.blob("twice")
    twice.compose([whole, parts[0]])
    assert twice.component_count == 4
    with pytest.raises(NotFound):
        whole.compose([bucket.blob("no-such")])
    with pytest.raises(PreconditionFailed):
        whole.compose(parts, if_generation_match=0)


def test_copy_and_rewrite_keep_bytes_and_attributes(bucket: Bucket, finalized: list[ObjectMetadata]) -> None:
    source = bucket.blob("source")
    source.metadata = {"cook": "花子"}
    source.upload_from_string(b"bytes", content_type="video/mp4")
    copied = bucket.copy_blob(source, bucket, "copied")
    assert (copied.metadata, copied.content_type) == ({"cook": "花子"}, "video/mp4")
    source.delete()
    assert bucket.blob("copied").download_as_bytes() == b"bytes"
    rewritten = bucket.blob("rewritten")
    token, done, total = rewritten.rewrite(copied)
    assert (token, done, total) == (None, 5, 5)
    assert rewritten.download_as_bytes() == b"bytes"
    copied.update_storage_class("NEARLINE")
    assert copied.storage_class == "NEARLINE"
    assert copied.generation != finalized[0].generation
    renamed = bucket.rename_blob(rewritten, "renamed")
    assert (renamed.download_as_bytes(), bucket.blob("rewritten").exists()) == (b"bytes", False)


def test_preconditions_are_kept(bucket: Bucket) -> None:
    blob = bucket.blob("video.mp4")
    blob.upload_from_string(b"first", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("video.mp4").upload_from_string(b"second", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        blob.delete(if_generation_match=blob.generation + 1)
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=7)
    with pytest.raises(NotFound):
        bucket.blob("other").delete(if_generation_match=0)
    bucket.blob("video.mp4").upload_from_string(b"second", if_generation_match=blob.generation)
    assert bucket.blob("video.mp4").download_as_bytes() == b"second"


def test_batch_answers_each_call_for_itself(client: Client, bucket: Bucket) -> None:
    for name in ("a", "b/c d", "日本"):
        bucket.blob(name).upload_from_string(b"bytes")
    with client.batch():
        bucket.blob("a").delete()
        bucket.blob("b/c d").delete()
        changed = bucket.blob("日本")
        changed.metadata = {"cook": "花子"}
        changed.patch()
    assert changed.metadata == {"cook": "花子"}
    assert names(bucket) == ["日本"]
    with client.batch(raise_exception=False) as batch:
        bucket.blob("missing").delete()
        bucket.blob("日本").delete()
    assert [answer.status_code for answer in batch._responses] == [404, 204]
    assert names(bucket) == []


def test_buckets_are_made_changed_and_deleted(client: Client, bucket_name: str) -> None:
    name = f"{bucket_name}-own"
    made = client.create_bucket(name, location="ASIA-NORTHEAST1")
    assert made.location == "ASIA-NORTHEAST1"
    with pytest.raises(Conflict):
        client.create_bucket(name)
    made.cors = [{"origin": ["https://a.example"], "method": ["PUT"], "responseHeader": ["Range"], "maxAgeSeconds": 60}]
    made.labels = {"room": "uploads"}
    made.patch()
    found = client.get_bucket(name)
    assert found.cors[0]["origin"] == ["https://a.example"]
    assert (found.labels, found.metageneration) == ({"room": "uploads"}, 2)
    assert name in [one.name for one in client.list_buckets(prefix=bucket_name)]
    found.blob("object").upload_from_string(b"")
    with pytest.raises(Conflict, match="not empty"):
        found.delete()
    found.delete(force=True)
    assert client.lookup_bucket(name) is None


def test_object_names_are_checked(bucket: Bucket) -> None:
    for name in (".", "..", "a\nb", "x" * 1025, "あ" * 342):
        with pytest.raises(GoogleCloudError, match="Invalid object name"):
            bucket.blob(name).upload_from_string(b"")
    for name in ("x" * 1024, "あ" * 341, "a//b", "/a", "a/../b", "100%", "a?b#c", "a+b", ".../x", "o/compose"):
        bucket.blob(name).upload_from_string(name)
        assert bucket.blob(name).download_as_text() == name, name


def test_every_upload_is_announced_once(bucket: Bucket, finalized: list[ObjectMetadata]) -> None:
    blob = bucket.blob("video.mp4", chunk_size=BLOCK)
    generations = []
    for size in (0, 5, 2 * BLOCK):
        blob.upload_from_file(io.BytesIO(bytes(size)))
        generations.append(blob.generation)
    blob.metadata = {"changed": "yes"}
    blob.patch()
    blob.delete()
    assert [one.generation for one in finalized if one.bucket == bucket.name] == generations


def test_errors_have_googles_form(server: StorageServer, bucket: Bucket) -> None:
    base = f"{server.url}/storage/v1/b/{bucket.name}/o"
    missing = requests.get(f"{base}/missing", timeout=10)
    assert missing.status_code == 404
    assert missing.json()["error"] == {
        "code": 404,
        "message": f"No such object: {bucket.name}/missing",
        "errors": [{"message": f"No such object: {bucket.name}/missing", "domain": "global", "reason": "notFound"}],
    }
    for path, status in {
        f"{base}?maxResults=many": 400,
        f"{base}?pageToken=%25%25": 400,
        f"{base}?matchGlob=**": 501,
        f"{base}/x/acl": 501,
        f"{base}/x?generation=latest": 400,
        f"{base}/%ff": 400,
    }.items():
        assert requests.get(path, timeout=10).status_code == status, path
    assert requests.patch(f"{base}/x", data=b"{not json", timeout=10).status_code == 400
    assert requests.patch(f"{base}/x", data=b"[]", timeout=10).status_code == 400
    assert requests.post(f"{base}/x", timeout=10).status_code == 405


def test_what_would_be_a_pretence_is_refused(bucket: Bucket) -> None:
    with pytest.raises(GoogleCloudError, match="not part of the embedded Cloud Storage"):
        bucket.blob("secret", encryption_key=b"k" * 32).upload_from_string(b"bytes")
    with pytest.raises(GoogleCloudError, match="not part of the embedded Cloud Storage"):
        bucket.blob("public").upload_from_string(b"bytes", predefined_acl="publicRead")
    assert names(bucket) == []


def test_web_pages_may_not_call_as_anonymous_programs(server: StorageServer, bucket: Bucket) -> None:
    url = f"{server.url}/storage/v1/b/{bucket.name}/o"
    assert requests.get(url, timeout=10).status_code == 200
    assert requests.get(url, headers={"Origin": "https://evil.example"}, timeout=10).status_code == 403
    assert requests.get(url, headers={"Host": "rebound.example"}, timeout=10).status_code == 403
    assert requests.get(url, headers={"Host": "localhost:1"}, timeout=10).status_code == 200
