"""Events of finalized objects on their way to a function."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.storage import BucketSettings, FinalizeDelivery, ObjectMetadata, RetryPolicy, StorageServer
from local.storage.finalize import finalized_event

QUICK = RetryPolicy(first_pause_s=0.02, longest_pause_s=0.1, give_up_after_s=60, timeout_s=5)


def metadata(number: int, bucket: str = "uploads", name: str | None = None) -> ObjectMetadata:
    moment = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    return ObjectMetadata(
        bucket=bucket,
        name=name or f"users/1/video-{number}.mp4",
        generation=1_000_000 + number,
        metageneration=1,
        size=3_000_000_000,
        crc32c="AAAAAA==",
        etag="e",
        content_type="video/mp4",
        time_created=moment,
        updated=moment,
    )


@dataclass
class Function:
    """A function that writes down what it is sent, and answers as it is told."""

    url: str = ""
    received: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    answers: Iterator[int] = field(default_factory=lambda: iter(()))
    before_answer: Callable[[], None] = lambda: None

    @property
    def ids(self) -> list[str]:
        return [headers["ce-id"] for headers, _ in self.received]


@pytest.fixture
def function() -> Iterator[Function]:
    function = Function()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            function.received.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            function.before_answer()
            self.send_response(next(function.answers, 204))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    function.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield function
    server.shutdown()
    server.server_close()
    thread.join()


def test_event_has_the_form_eventarc_sends(tmp_path: Path, function: Function) -> None:
    with FinalizeDelivery(tmp_path, target=function.url, token=lambda: "secret") as delivery:
        delivery.enqueue(metadata(7))
        assert delivery.wait_until_delivered(within_s=5)
    headers, body = function.received[0]
    assert {name: value for name, value in headers.items() if name.startswith("ce-")} == {
        "ce-specversion": "1.0",
        "ce-id": "1000007",
        "ce-type": "google.cloud.storage.object.v1.finalized",
        "ce-source": "//storage.googleapis.com/projects/_/buckets/uploads",
        "ce-subject": "objects/users/1/video-7.mp4",
        "ce-bucket": "uploads",
        "ce-time": "2026-11-20T09:30:00.000Z",
    }
    assert headers["authorization"] == "Bearer secret"
    assert headers["content-type"] == "application/json"
    assert (body["kind"], body["bucket"], body["name"]) == ("storage#object", "uploads", "users/1/video-7.mp4")
    assert (body["size"], body["generation"], body["metageneration"]) == ("3000000000", "1000007", "1")
    assert body["timeCreated"] == "2026-11-20T09:30:00.000Z"


def test_functions_framework_reads_the_event(tmp_path: Path) -> None:
    from functions_framework import create_app

    source = tmp_path / "main.py"
    source.write_text(
        "import functions_framework\n\n\n@functions_framework.cloud_event\ndef on_upload(event):\n"
        "    assert event.data['name'] == 'users/1/動画.mp4', event.data\n"
        "    assert event['type'] == 'google.cloud.storage.object.v1.finalized'\n"
    )
    headers, body = finalized_event(metadata(1, name="users/1/動画.mp4"))
    app = create_app("on_upload", str(source))  # type: ignore[no-untyped-call]  # functions-framework
    answer = app.test_client().post("/", headers=headers, data=body.encode())
    assert answer.status_code == 200
    assert headers["ce-subject"] == "objects/users/1/%E5%8B%95%E7%94%BB.mp4"


def test_refused_event_is_sent_again_until_it_is_taken(tmp_path: Path, function: Function) -> None:
    function.answers = iter([500, 404, 302, 429, 200])
    with FinalizeDelivery(tmp_path, target=function.url, retry=QUICK) as delivery:
        delivery.enqueue(metadata(1))
        assert delivery.wait_until_delivered(within_s=5)
    assert function.ids == ["1000001"] * 5


def test_pauses_grow_and_end() -> None:
    policy = RetryPolicy(first_pause_s=1, longest_pause_s=60)
    assert [policy.pause_s(attempts) for attempts in (1, 2, 3, 6, 7, 100)] == [1, 2, 4, 32, 60, 60]


def test_event_nobody_takes_is_given_up_after_its_time(tmp_path: Path, function: Function) -> None:
    function.answers = iter([500] * 1000)
    short = RetryPolicy(first_pause_s=0.02, longest_pause_s=0.02, give_up_after_s=0.2)
    with FinalizeDelivery(tmp_path, target=function.url, retry=short) as delivery:
        delivery.enqueue(metadata(1))
        assert delivery.wait_until_delivered(within_s=5)
    assert 2 <= len(function.ids) <= 30


def test_one_event_that_fails_does_not_hold_up_the_others(tmp_path: Path, function: Function) -> None:
    function.answers = iter([500])
    slow = RetryPolicy(first_pause_s=30)
    with FinalizeDelivery(tmp_path, target=function.url, retry=slow, workers=1) as delivery:
        for number in range(5):
            delivery.enqueue(metadata(number))
        deadline = time.monotonic() + 5
        while len(set(function.ids)) < 5 or delivery.waiting() > 1:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert delivery.waiting() == 1


def test_second_announcement_of_a_generation_changes_nothing(tmp_path: Path, function: Function) -> None:
    delivery = FinalizeDelivery(tmp_path, target=function.url)
    delivery.enqueue(metadata(1))
    delivery.enqueue(metadata(1))
    assert delivery.waiting() == 1
    delivery.stop()


def test_only_the_wanted_buckets_are_delivered(tmp_path: Path, function: Function) -> None:
    with FinalizeDelivery(tmp_path, target=function.url, buckets=frozenset({"uploads"})) as delivery:
        delivery.enqueue(metadata(1, bucket="media"))
        delivery.enqueue(metadata(2))
        assert delivery.wait_until_delivered(within_s=5)
    assert function.ids == ["1000002"]


def test_event_survives_until_the_function_is_up(tmp_path: Path, function: Function) -> None:
    nobody = FinalizeDelivery(tmp_path, target="http://127.0.0.1:1/", retry=QUICK)
    nobody.start()
    nobody.enqueue(metadata(1))
    time.sleep(0.05)
    nobody.stop()
    with FinalizeDelivery(tmp_path, target=function.url, retry=QUICK) as delivery:
        assert delivery.wait_until_delivered(within_s=5)
    assert function.ids == ["1000001"]


KILLED = """
import os, sys
from pathlib import Path
from local.storage import BucketSettings, FinalizeDelivery, StorageServer
import requests

delivery = FinalizeDelivery(Path(sys.argv[1]) / "events", target="http://127.0.0.1:1/")
uploads = BucketSettings(name="uploads")
storage = Path(sys.argv[1]) / "storage"
server = StorageServer(storage, public_keys={}, on_finalize=delivery.enqueue, buckets=[uploads])
url = server.start()
requests.post(f"{url}/upload/storage/v1/b/uploads/o?uploadType=media&name=a", data=b"bytes", timeout=10)
os.kill(os.getpid(), 9)
"""


def test_event_survives_a_kill_of_the_process(tmp_path: Path, function: Function) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False).returncode == -9
    with (
        FinalizeDelivery(tmp_path / "events", target=function.url) as delivery,
        StorageServer(tmp_path / "storage", public_keys={}, on_finalize=delivery.enqueue) as server,
    ):
        assert delivery.wait_until_delivered(within_s=5)
        assert function.ids == [str(server.store.objects.get("uploads", "a").generation)]


def test_duplicates_are_delivered_shuffled(tmp_path: Path, function: Function) -> None:
    def order(folder: str, seed: int) -> list[str]:
        function.received.clear()
        delivery = FinalizeDelivery(tmp_path / folder, target=function.url, workers=1, duplicate=3, shuffle_seed=seed)
        for number in range(6):
            delivery.enqueue(metadata(number))
        with delivery:
            assert delivery.wait_until_delivered(within_s=10)
        return function.ids

    first, same, other = order("a", 1), order("b", 1), order("c", 2)
    assert sorted(first) == sorted(str(1_000_000 + number) for number in range(6) for _ in range(3))
    assert first == same
    assert first != other
    assert first != sorted(first)


def test_stop_does_not_wait_for_a_function_that_hangs(tmp_path: Path, function: Function) -> None:
    hanging = threading.Event()
    function.before_answer = lambda: (hanging.set(), time.sleep(1))[0]  # type: ignore[func-returns-value]
    delivery = FinalizeDelivery(tmp_path, target=function.url)
    delivery.start()
    delivery.enqueue(metadata(1))
    assert hanging.wait(5)
    began = time.monotonic()
    delivery.stop(within_s=0.2)
    assert time.monotonic() - began < 0.9
    again = FinalizeDelivery(tmp_path, target=function.url)
    assert again.waiting() == 1
    again.stop()


def test_uploads_of_a_server_reach_the_function(tmp_path: Path, function: Function) -> None:
    import requests

    with (
        FinalizeDelivery(tmp_path / "events", target=function.url) as delivery,
        StorageServer(
            tmp_path / "storage",
            public_keys={},
            on_finalize=delivery.enqueue,
            buckets=[BucketSettings(name="uploads")],
        ) as server,
    ):
        url = f"{server.url}/upload/storage/v1/b/uploads/o?uploadType=media&name="
        generations = {requests.post(url + str(n), data=b"bytes", timeout=10).json()["generation"] for n in range(10)}
        assert delivery.wait_until_delivered(within_s=5)
    assert set(function.ids) == generations
    assert len(function.ids) == 10
