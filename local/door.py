"""The door a phone uses, from the outside: a session, a signed resumable start URL, chunks of 8 MiB.

Nothing here knows the database or the buckets' files: what goes in goes in as a cook's phone would send it.
"""

import time
from collections.abc import Callable
from pathlib import Path

import requests

CHUNK_BYTES = 8 * 1024 * 1024
"""A multiple of the 256 KiB that Cloud Storage keeps."""
ATTEMPTS = 5
TIMEOUT_S = 60


class UploadFailed(RuntimeError):
    """The upload did not come through."""


def upload_resumable(
    start_url: str, headers: dict[str, str], file: Path, on_progress: Callable[[int, int], None]
) -> None:
    """Upload a file through a signed resumable start URL, going on where it stopped after a lost connection.

    Args:
        start_url: signed for POST with `x-goog-resumable: start`.
        headers: the headers that were signed.
        file: what to send.
        on_progress: called with (bytes sent, bytes in all).

    Raises:
        UploadFailed: the server refused, or five tries in a row got nowhere.
    """
    total = file.stat().st_size
    started = requests.post(start_url, headers=headers, timeout=TIMEOUT_S)
    if started.status_code != 201:
        raise UploadFailed(f"the upload could not be started: {started.status_code} {started.text[:300]}")
    session_url = started.headers["Location"]
    sent, failures = 0, 0
    with file.open("rb") as source:
        while sent < total:
            source.seek(sent)
            chunk = source.read(CHUNK_BYTES)
            try:
                answer = requests.put(
                    session_url,
                    data=chunk,
                    headers={"Content-Range": f"bytes {sent}-{sent + len(chunk) - 1}/{total}"},
                    timeout=TIMEOUT_S,
                )
            except requests.RequestException as error:
                failures += 1
                if failures == ATTEMPTS:
                    raise UploadFailed(f"the connection was lost {ATTEMPTS} times: {error}") from error
                time.sleep(0.2 * 2**failures)
                sent = _stored(session_url, total)
                continue
            if answer.status_code in (200, 201):
                sent = total
            elif answer.status_code == 308:
                sent = _end_of(answer.headers.get("Range"))
            else:
                raise UploadFailed(f"the upload was refused: {answer.status_code} {answer.text[:300]}")
            failures = 0
            on_progress(sent, total)


def _stored(session_url: str, total: int) -> int:
    """How much of the file the server keeps."""
    answer = requests.put(session_url, headers={"Content-Range": f"bytes */{total}"}, timeout=TIMEOUT_S)
    return total if answer.status_code in (200, 201) else _end_of(answer.headers.get("Range"))


def _end_of(stored_range: str | None) -> int:
    return 0 if stored_range is None else int(stored_range.rpartition("-")[2]) + 1
