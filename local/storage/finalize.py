"""Bringing "object finalized" events to a function, the way Eventarc does: at least once, in no particular order.

`FinalizeDelivery.enqueue` is the finalize hook of a `StorageServer`. An event is on the disk before the hook returns,
and leaves it when the function has answered 2xx; in between it is sent again and again with growing pauses, also by the
next process. Sources: https://cloud.google.com/eventarc/docs/workflows/cloudevents and
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md (binary mode).

| what happens | what the function sees |
|---|---|
| it answers 2xx | the event once |
| it answers anything else, or nothing | the event again, after 1, 2, 4 … 60 s, for a day |
| this process is killed before it has noted the answer | the event again, after the next start |
| `duplicate=3` (tests) | every event three times, with the same id |
| `shuffle_seed=7` (tests) | waiting events in an order of chance that the seed decides |
"""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import requests
import structlog

from local.directory_lock import DirectoryLock
from local.storage.resources import ObjectMetadata, rfc3339
from local.storage.store.database import Database

log = structlog.get_logger()

EVENT_TYPE = "google.cloud.storage.object.v1.finalized"
PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""What a header of a CloudEvent may hold as it is; the rest is percent-encoded (§3.1.3.2 of the binding)."""
SCHEMA = """
create table if not exists deliveries (
    id integer primary key,
    generation integer not null,
    copy integer not null,
    headers text not null,
    body text not null,
    attempts integer not null default 0,
    queued_at real not null,
    due_at real not null,
    unique (generation, copy)
) strict;
"""

LONGEST_SLEEP_S = 3600.0

Token = Callable[[], str]
"""Gives a bearer token the function accepts."""


@dataclass(frozen=True)
class RetryPolicy:
    """When to try again, seconds."""

    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    give_up_after_s: float = 24 * 3600.0
    """Eventarc keeps events for a day."""
    timeout_s: float = 60.0
    """Longest wait for the function's answer."""

    def pause_s(self, attempts: int) -> float:
        """Pause after this many failed attempts."""
        return min(self.longest_pause_s, self.first_pause_s * 2.0 ** min(attempts - 1, 30))


DEFAULT_RETRY_POLICY = RetryPolicy()


@dataclass(frozen=True)
class _Delivery:
    id: int
    headers: dict[str, str]
    body: str
    attempts: int
    queued_at: float


class FinalizeDelivery:
    """The queue of one function, and the threads that work it off."""

    def __init__(
        self,
        directory: Path,
        *,
        target: str,
        token: Token | None = None,
        buckets: frozenset[str] | None = None,
        retry: RetryPolicy = DEFAULT_RETRY_POLICY,
        workers: int = 4,
        duplicate: int = 1,
        shuffle_seed: int | None = None,
    ) -> None:
        """Open the queue; nothing is sent before `start`.

        Args:
            directory: where the queue is kept, made if it is missing. One process at a time.
            target: URL of the function.
            token: bearer token for each request; None sends none.
            buckets: whose objects the function wants; None: all.
            retry: when to try again.
            workers: most events under way at once.
            duplicate: how often each event is delivered.
            shuffle_seed: deliver in an order of chance; None: oldest first.
        """
        self._target = target
        self._token = token
        self._buckets = buckets
        self._retry = retry
        self._duplicate = duplicate
        self._chance = random.Random(shuffle_seed) if shuffle_seed is not None else None  # noqa: S311  # for tests
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = DirectoryLock(directory / "lock")
        self._database = Database(directory / "deliveries.db", SCHEMA)
        self._changed = threading.Condition()
        self._under_way: set[int] = set()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"finalize-delivery-{number}", daemon=True)
            for number in range(workers)
        ]

    def enqueue(self, metadata: ObjectMetadata) -> None:
        """Take over the event of a new generation. A second call for the same generation changes nothing."""
        if self._buckets is not None and metadata.bucket not in self._buckets:
            return
        headers, body = finalized_event(metadata)
        now = time.time()
        with self._database.transaction() as book:
            for copy in range(self._duplicate):
                book.execute(
                    "insert into deliveries (generation, copy, headers, body, queued_at, due_at) "
                    "values (?, ?, ?, ?, ?, ?) on conflict do nothing",
                    (metadata.generation, copy, json.dumps(headers), body, now, now),
                )
        with self._changed:
            self._changed.notify_all()

    def start(self) -> None:
        """Begin to deliver, first of all what an earlier process left."""
        for thread in self._threads:
            thread.start()

    def stop(self, within_s: float = 5.0) -> None:
        """Stop; what was not delivered stays in the queue. A request under way is given `within_s` to end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        give_up_at = time.monotonic() + within_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, give_up_at - time.monotonic()))
        self._database.close()
        self._lock.release()

    def wait_until_delivered(self, within_s: float) -> bool:
        """Wait until the queue is empty. Returns whether it is."""
        give_up_at = time.monotonic() + within_s
        with self._changed:
            while self.waiting():
                left = give_up_at - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def waiting(self) -> int:
        """Deliveries that were not acknowledged yet."""
        return int(self._database.rows("select count(*) as number from deliveries")[0]["number"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _work(self) -> None:
        with requests.Session() as session:
            while (delivery := self._next()) is not None:
                failure = self._send(session, delivery)
                with self._changed:
                    if not self._stopping:  # else the book is closed: the next process sends it again
                        self._note(delivery, failure)
                    self._under_way.discard(delivery.id)
                    self._changed.notify_all()

    def _next(self) -> _Delivery | None:
        """The next delivery that is due; waits for one. None: stop."""
        with self._changed:
            while not self._stopping:
                now = time.time()
                rows = self._database.rows("select id, due_at from deliveries order by id")
                idle = [row for row in rows if row["id"] not in self._under_way]
                due = [row["id"] for row in idle if row["due_at"] <= now]
                if due:
                    chosen = self._chance.choice(due) if self._chance is not None else due[0]
                    self._under_way.add(chosen)
                    return self._read(chosen)
                self._changed.wait(min((row["due_at"] for row in idle), default=now + LONGEST_SLEEP_S) - now)
        return None

    def _read(self, number: int) -> _Delivery:
        row = self._database.rows("select * from deliveries where id = ?", number)[0]
        return _Delivery(number, json.loads(row["headers"]), row["body"], row["attempts"], row["queued_at"])

    def _send(self, session: requests.Session, delivery: _Delivery) -> str | None:
        """None when the function has taken the event, else why not."""
        headers = dict(delivery.headers)
        try:
            if self._token is not None:
                headers["Authorization"] = f"Bearer {self._token()}"
            answer = session.post(
                self._target,
                data=delivery.body.encode(),
                headers=headers,
                timeout=self._retry.timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return f"{type(error).__name__}: {error}"
        return None if 200 <= answer.status_code < 300 else f"status {answer.status_code}"

    def _note(self, delivery: _Delivery, failure: str | None) -> None:
        now = time.time()
        attempts = delivery.attempts + 1
        event = {"event_id": delivery.headers["ce-id"], "subject": delivery.headers["ce-subject"], "attempts": attempts}
        with self._database.transaction() as book:
            if failure is None:
                book.execute("delete from deliveries where id = ?", (delivery.id,))
            elif now - delivery.queued_at > self._retry.give_up_after_s:
                book.execute("delete from deliveries where id = ?", (delivery.id,))
                log.error("finalize_event_given_up", reason=failure, **event)
            else:
                pause_s = self._retry.pause_s(attempts)
                book.execute(
                    "update deliveries set attempts = ?, due_at = ? where id = ?",
                    (attempts, now + pause_s, delivery.id),
                )
                log.warning("finalize_event_retried", reason=failure, pause_s=pause_s, **event)


def finalized_event(metadata: ObjectMetadata) -> tuple[dict[str, str], str]:
    """Headers and body of the CloudEvent of a new generation. Its id is the generation, which is unique."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": str(metadata.generation),
        "ce-type": EVENT_TYPE,
        "ce-source": f"//storage.googleapis.com/projects/_/buckets/{metadata.bucket}",
        "ce-subject": f"objects/{metadata.name}",
        "ce-bucket": metadata.bucket,
        "ce-time": rfc3339(metadata.updated),
    }
    encoded = {name: quote(value, safe=PRINTABLE) for name, value in headers.items()}
    return encoded | {"Content-Type": "application/json"}, json.dumps(metadata.as_json(), ensure_ascii=False)
