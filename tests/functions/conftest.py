"""What tests of several stages share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.storage import BucketSettings, StorageServer


@pytest.fixture
def storage_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageServer]:
    """A storage server with the two buckets, which the official client finds."""
    buckets = [BucketSettings(name="uploads"), BucketSettings(name="media")]
    with StorageServer(tmp_path / "storage", public_keys={}, buckets=buckets) as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server
