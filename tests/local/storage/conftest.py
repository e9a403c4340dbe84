"""A running Cloud Storage, its key, and clients for it."""

import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Bucket, Client
from google.oauth2.service_account import Credentials

from local.storage import BucketSettings, CorsRule, ObjectMetadata, ServiceAccount, StorageServer, service_account

Sign = Callable[..., str]

PAGE = "https://coach.example"
CORS = CorsRule(
    origin=[PAGE],
    method=["GET", "PUT", "POST"],
    response_header=["Content-Type", "x-goog-resumable", "Content-Range", "Location", "Range", "ETag"],
    max_age_seconds=600,
)


def sample_bytes(seed: int, size: int) -> bytes:
    """Bytes without a pattern, the same for the same seed."""
    return random.Random(seed).randbytes(size)  # noqa: S311  # data, not a secret


class Clock:
    """A clock that can be set forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> ServiceAccount:
    return service_account(tmp_path_factory.mktemp("account"))


@pytest.fixture(scope="session")
def credentials(account: ServiceAccount) -> Credentials:
    credentials: Credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]  # google-auth
        str(account.path)
    )
    return credentials


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture
def on_time(clock: Clock) -> Iterator[Clock]:
    """The server's clock, set right again after the test."""
    yield clock
    clock.ahead = timedelta(0)


@pytest.fixture(scope="session")
def finalized() -> list[ObjectMetadata]:
    """Every generation the server has announced."""
    return []


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    account: ServiceAccount,
    clock: Clock,
    finalized: list[ObjectMetadata],
) -> Iterator[StorageServer]:
    """One server for all tests: each works in a bucket of its own."""
    root = tmp_path_factory.mktemp("storage")
    keys = {account.email: account.public_key}
    with StorageServer(root, public_keys=keys, on_finalize=finalized.append, clock=clock) as server:
        yield server


@pytest.fixture
def bucket_name(server: StorageServer) -> str:
    name = f"test-{uuid4().hex}"
    server.store.ensure_buckets([BucketSettings(name=name, cors=[CORS])])
    return name


@pytest.fixture(scope="session")
def client(server: StorageServer) -> Iterator[Client]:
    """The official client, told about the emulator the way production code is."""
    before = os.environ.get("STORAGE_EMULATOR_HOST")
    os.environ["STORAGE_EMULATOR_HOST"] = server.url
    client = Client(project="test")
    assert isinstance(client._credentials, AnonymousCredentials)
    yield client
    client.close()
    if before is None:
        del os.environ["STORAGE_EMULATOR_HOST"]
    else:
        os.environ["STORAGE_EMULATOR_HOST"] = before


@pytest.fixture
def bucket(client: Client, bucket_name: str) -> Bucket:
    return client.bucket(bucket_name)


@pytest.fixture
def sign(server: StorageServer, bucket: Bucket, credentials: Credentials) -> Sign:
    """Signs a URL for an object with the official client."""

    def sign(name: str, method: str = "GET", **options: object) -> str:
        options.setdefault("expiration", timedelta(minutes=15))
        url: str = bucket.blob(name).generate_signed_url(
            version="v4", method=method, credentials=credentials, api_access_endpoint=server.url, **options
        )
        return url

    return sign


@pytest.fixture
def start_upload(sign: Sign) -> Callable[..., str]:
    """Starts a resumable upload the way a phone does and returns the address to send the pieces to."""

    def start(name: str, *, sizes: str | None = None, content_type: str = "video/mp4", **headers: str) -> str:
        signed = {"x-goog-resumable": "start", "content-type": content_type}
        if sizes is not None:
            signed["x-goog-content-length-range"] = sizes
        answer = requests.post(sign(name, "POST", headers=signed), headers={**signed, **headers}, timeout=10)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    return start


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Folder of a store of the test's own."""
    return tmp_path / "storage"
