"""What is on the disk after kills, full disks and clocks that go back."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from local.storage import BucketSettings, ObjectMetadata, StorageServer
from local.storage.errors import StorageError
from local.storage.resources import ObjectAttributes
from local.storage.store import Store
from local.storage.store.objects import Placement
from local.storage.store.preconditions import Preconditions

BLOCK = 256 * 1024


def opened(root: Path, announced: list[ObjectMetadata]) -> Store:
    store = Store(root, on_finalize=announced.append)
    store.ensure_buckets([BucketSettings(name="uploads")])
    return store


def put(store: Store, name: str, data: bytes) -> ObjectMetadata:
    with store.content.writer() as writer:
        writer.write(data)
        return store.objects.put(Placement("uploads", name, ObjectAttributes()), writer.finish())


def files(root: Path) -> int:
    return len(list((root / "content").iterdir()))


def test_objects_are_there_after_a_reopening(root: Path) -> None:
    store = opened(root, [])
    stored = put(store, "a", b"bytes")
    store.close()
    store = opened(root, [])
    metadata, file = store.objects.open("uploads", "a")
    with file:
        assert (metadata, file.read()) == (stored, b"bytes")
    store.close()


def test_what_a_killed_upload_left_is_swept(root: Path) -> None:
    store = opened(root, [])
    put(store, "a", b"bytes")
    (root / "content" / "half-written").write_bytes(b"half")
    store.close()
    store = opened(root, [])
    assert files(root) == 1
    store.close()


def test_overwriting_and_deleting_free_the_disk(root: Path) -> None:
    store = opened(root, [])
    put(store, "a", b"first")
    put(store, "a", b"second")
    assert files(root) == 1
    store.objects.delete("uploads", "a")
    assert files(root) == 0
    store.close()


def test_refused_object_leaves_no_file(root: Path) -> None:
    store = opened(root, [])
    for placement in (
        Placement("no-such-bucket", "a", ObjectAttributes()),
        Placement("uploads", "..", ObjectAttributes()),
        Placement("uploads", "a", ObjectAttributes(), Preconditions(generation_match=1)),
        Placement("uploads", "a", ObjectAttributes(content_type="a\r\nb")),
        Placement("uploads", "a", ObjectAttributes(metadata={"k": "x" * 9000})),
    ):
        with store.content.writer() as writer:
            writer.write(b"bytes")
            content = writer.finish()
        with pytest.raises(StorageError):
            store.objects.put(placement, content)
    assert files(root) == 0
    store.close()


def test_generations_rise_although_the_clock_goes_back(root: Path) -> None:
    times = iter([datetime(2030, 1, 1, tzinfo=UTC)] * 6 + [datetime(2020, 1, 1, tzinfo=UTC)] * 20)
    store = Store(root, on_finalize=lambda _metadata: None, clock=lambda: next(times))
    store.ensure_buckets([BucketSettings(name="uploads")])
    first = put(store, "a", b"first")
    second = put(store, "a", b"second")
    third = put(store, "b", b"third")
    assert first.generation < second.generation < third.generation
    store.close()


def test_hook_that_raises_does_not_fail_the_upload_and_is_called_again_at_the_next_start(root: Path) -> None:
    def broken(_metadata: ObjectMetadata) -> None:
        raise OSError("the hook's own disk is full")

    store = Store(root, on_finalize=broken)
    store.ensure_buckets([BucketSettings(name="uploads")])
    stored = put(store, "a", b"bytes")
    store.close()
    announced: list[ObjectMetadata] = []
    store = opened(root, announced)
    store.objects.announce_pending()
    store.objects.announce_pending()
    assert announced == [stored]
    store.close()


KILLED = """
import os, sys
from pathlib import Path
from local.storage import BucketSettings
from local.storage.resources import ObjectAttributes
from local.storage.store import Store
from local.storage.store.objects import Placement

store = Store(Path(sys.argv[1]), on_finalize=lambda _metadata: os.kill(os.getpid(), 9))
store.ensure_buckets([BucketSettings(name="uploads")])
with store.content.writer() as writer:
    writer.write(b"bytes")
    store.objects.put(Placement("uploads", "a", ObjectAttributes()), writer.finish())
"""


def test_hook_of_a_killed_process_is_called_again_at_the_next_start(root: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, root], check=False)
    assert killed.returncode == -9
    announced: list[ObjectMetadata] = []
    store = opened(root, announced)
    store.objects.announce_pending()
    assert [one.name for one in announced] == ["a"]
    assert announced[0] == store.objects.get("uploads", "a")
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if (
        os.geteuid() != 0
        or mount is None
        or unmount is None
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=False).returncode != 0
    ):
        pytest.skip("needs root and the right to mount a small disk")
    yield disk
    subprocess.run([unmount, disk], check=True)


def test_full_disk_refuses_uploads_and_keeps_what_was_there(small_disk: Path) -> None:
    root = small_disk / "storage"
    with StorageServer(root, public_keys={}, buckets=[BucketSettings(name="uploads")]) as server:
        upload = f"{server.url}/upload/storage/v1/b/uploads/o"
        kept = requests.post(f"{upload}?uploadType=media&name=kept", data=b"kept", timeout=10)
        assert kept.status_code == 200
        before = files(root)
        too_much = bytes(8 * 1024 * 1024)
        single = requests.post(f"{upload}?uploadType=media&name=large", data=too_much, timeout=10)
        assert (single.status_code, single.json()["error"]["errors"][0]["reason"]) == (507, "insufficientStorage")
        assert files(root) == before
        start = requests.post(f"{upload}?uploadType=resumable&name=large", json={}, timeout=10)
        url, total = start.headers["Location"], len(too_much)
        first = requests.put(
            url, data=too_much[:BLOCK], headers={"Content-Range": f"bytes 0-{BLOCK - 1}/{total}"}, timeout=10
        )
        assert first.status_code == 308
        rest = too_much[BLOCK:]
        full = requests.put(url, data=rest, headers={"Content-Range": f"bytes {BLOCK}-{total - 1}/{total}"}, timeout=10)
        assert full.status_code == 507
        asked = requests.put(url, headers={"Content-Range": f"bytes */{total}"}, timeout=10)
        assert (asked.status_code, asked.headers["Range"]) == (308, f"bytes=0-{BLOCK - 1}")
        objects = requests.get(f"{server.url}/storage/v1/b/uploads/o", timeout=10).json()["items"]
        assert [one["name"] for one in objects] == ["kept"]
        assert requests.delete(url, timeout=10).status_code == 499
        after = requests.post(f"{upload}?uploadType=media&name=small", data=b"small", timeout=10)
        assert after.status_code == 200
