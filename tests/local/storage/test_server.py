"""The server as a whole: starting, stopping, who may call."""

import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from local.asgi_server import AsgiServerError
from local.directory_lock import DirectoryInUse
from local.storage import BucketSettings, CorsRule, ServiceAccount, StorageServer, StorageServerError

UPLOADS = BucketSettings(name="uploads", cors=[CorsRule(origin=["https://a.example"], method=["PUT"])])


def test_objects_and_buckets_are_there_after_a_restart(root: Path) -> None:
    with StorageServer(root, public_keys={}, buckets=[UPLOADS]) as first:
        upload = f"{first.url}/upload/storage/v1/b/uploads/o?uploadType=media&name=a"
        assert requests.post(upload, data=b"bytes", timeout=10).status_code == 200
    with StorageServer(root, public_keys={}) as second:
        assert requests.get(f"{second.url}/storage/v1/b/uploads/o/a?alt=media", timeout=10).content == b"bytes"
        assert second.store.buckets.cors("uploads") == UPLOADS.cors


def test_settings_of_an_existing_bucket_follow_the_code(root: Path) -> None:
    with StorageServer(root, public_keys={}, buckets=[UPLOADS]):
        pass
    changed = UPLOADS.model_copy(update={"cors": [CorsRule(origin=["https://b.example"], method=["GET"])]})
    with StorageServer(root, public_keys={}, buckets=[changed]) as server:
        assert server.store.buckets.cors("uploads") == changed.cors


def test_it_listens_on_this_machine_alone(root: Path) -> None:
    with StorageServer(root, public_keys={}) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert requests.get(server.url, timeout=10).status_code == 200


def test_folder_is_served_by_one_process(root: Path) -> None:
    with StorageServer(root, public_keys={}):
        with pytest.raises(DirectoryInUse, match="is in use by process"):
            StorageServer(root, public_keys={}).start()
        script = (
            "import sys, pathlib; from local.storage import StorageServer; "
            "StorageServer(pathlib.Path(sys.argv[1]), public_keys={}).start()"
        )
        other = subprocess.run([sys.executable, "-c", script, root], capture_output=True, text=True, check=False)
        assert "DirectoryInUse" in other.stderr


def test_taken_port_is_named(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AsgiServerError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            StorageServer(root, public_keys={}, port=port).start()
    with StorageServer(root, public_keys={}, port=port) as server:
        assert server.url.endswith(f":{port}")


def test_token_decides_where_tokens_are_wanted(root: Path) -> None:
    seen: list[str | None] = []

    def authorize(token: str | None) -> bool:
        seen.append(token)
        return token == "good"

    with StorageServer(root, public_keys={}, buckets=[UPLOADS], authorize=authorize) as server:
        url = f"{server.url}/storage/v1/b/uploads/o"
        assert requests.get(url, timeout=10).status_code == 401
        for header, status in {"Bearer bad": 401, "Basic good": 401, "Bearer good": 200, "bearer good": 200}.items():
            answer = requests.get(url, headers={"Authorization": header}, timeout=10)
            assert answer.status_code == status, header
        page = {"Authorization": "Bearer good", "Origin": "https://a.example"}
        assert requests.get(url, headers=page, timeout=10).headers["Access-Control-Allow-Origin"] == "*"
        start = requests.post(
            f"{server.url}/upload/storage/v1/b/uploads/o?uploadType=resumable&name=a",
            headers={"Authorization": "Bearer good"},
            timeout=10,
        )
        done = requests.put(start.headers["Location"], data=b"bytes", timeout=10)
        assert done.status_code == 200  # the address of an upload is its own permission
    assert seen == [None, "bad", None, "good", "good", "good", "good"]


def test_small_answers_are_not_held_back(root: Path) -> None:
    """Nagle's algorithm together with delayed acknowledgements costs 40 ms per answer."""
    with StorageServer(root, public_keys={}, buckets=[UPLOADS]) as server, requests.Session() as session:
        took = []
        for _ in range(21):
            began = time.monotonic()
            assert session.get(f"{server.url}/storage/v1/b/uploads", timeout=10).status_code == 200
            took.append(time.monotonic() - began)
        assert statistics.median(took) < 0.03


def test_refused_sender_gets_to_read_why(root: Path, account: ServiceAccount) -> None:
    """A client that is still sending when it is refused must see an answer, not a reset connection."""
    with StorageServer(root, public_keys={account.email: account.public_key}, buckets=[UPLOADS]) as server:
        answer = requests.put(f"{server.url}/uploads/video.mp4", data=bytes(8 * 1024 * 1024), timeout=10)
        assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)


def test_store_is_given_only_while_it_runs(root: Path) -> None:
    server = StorageServer(root, public_keys={})
    with pytest.raises(StorageServerError, match="not running"):
        _ = server.store
    server.start()
    server.stop()
    server.stop()
    with pytest.raises(StorageServerError, match="not running"):
        _ = server.store


MEMORY = """
import resource, sys, threading
from pathlib import Path
import requests
from local.storage import BucketSettings, StorageServer

with StorageServer(Path(sys.argv[1]), public_keys={}, buckets=[BucketSettings(name="uploads")]) as server:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = bytes(1024 * 1024)
    url = f"{server.url}/upload/storage/v1/b/uploads/o?uploadType=media&name=a"
    answer = requests.post(url, data=(piece for _ in range(int(sys.argv[2]))), timeout=600)
    assert answer.json()["size"] == str(len(piece) * int(sys.argv[2])), answer.text
    with requests.get(f"{server.url}/storage/v1/b/uploads/o/a?alt=media", stream=True, timeout=600) as answer:
        assert sum(len(data) for data in answer.iter_content(1024 * 1024)) == len(piece) * int(sys.argv[2])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def grown_kib(root: Path, size_mib: int) -> int:
    result = subprocess.run(
        [sys.executable, "-c", MEMORY, root, str(size_mib)], capture_output=True, text=True, check=True
    )
    unit = 1 if sys.platform == "linux" else 1024
    return int(result.stdout.split()[-1]) // unit


def test_memory_does_not_grow_with_the_object(root: Path) -> None:
    assert grown_kib(root, 96) < 32 * 1024


@pytest.mark.soak
def test_memory_does_not_grow_with_two_gigabytes(root: Path) -> None:
    assert grown_kib(root, 2048) < 32 * 1024
