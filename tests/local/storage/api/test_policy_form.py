"""Uploads from HTML forms with a signed policy."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
import requests
from google.cloud.storage import Bucket, Client
from google.oauth2.service_account import Credentials

from local.storage import StorageServer
from tests.local.storage.conftest import Clock

Fields = dict[str, str]


@pytest.fixture
def form(client: Client, bucket: Bucket, credentials: Credentials) -> Callable[..., Fields]:
    """Fields of a form the official client has signed."""

    def form(key: str = "photos/1.jpg", *, conditions: Sequence[object] = (), **options: object) -> Fields:
        options.setdefault("expiration", timedelta(minutes=10))
        policy = client.generate_signed_post_policy_v4(
            bucket.name, key, conditions=list(conditions), credentials=credentials, **options
        )
        fields: Fields = policy["fields"]
        return fields

    return form


@pytest.fixture
def post(server: StorageServer, bucket: Bucket) -> Callable[..., requests.Response]:
    def post(fields: Fields, data: bytes = b"picture", file_name: str = "写真.jpg") -> requests.Response:
        parts: Any = [(name, (None, value)) for name, value in fields.items()] + [("file", (file_name, data))]
        return requests.post(f"{server.url}/{bucket.name}", files=parts, timeout=10, allow_redirects=False)

    return post


Form = Callable[..., Fields]
Post = Callable[..., requests.Response]


def refused(answer: requests.Response, code: str, bucket: Bucket) -> bool:
    return answer.status_code in {400, 403} and f"<Code>{code}</Code>" in answer.text and not list(bucket.list_blobs())


def test_form_stores_the_file_with_its_fields(form: Form, post: Post, bucket: Bucket) -> None:
    fields = form(fields={"content-type": "image/jpeg", "x-goog-meta-cook": "花子", "cache-control": "no-store"})
    answer = post(fields)
    assert (answer.status_code, answer.headers["ETag"]) == (
        204,
        f'"{md5(b"picture", usedforsecurity=False).hexdigest()}"',
    )
    blob = bucket.get_blob("photos/1.jpg")
    assert blob is not None
    assert (blob.content_type, blob.metadata, blob.cache_control) == ("image/jpeg", {"cook": "花子"}, "no-store")
    assert blob.download_as_bytes() == b"picture"


def test_form_chooses_its_answer(form: Form, post: Post, bucket: Bucket, server: StorageServer) -> None:
    assert post(form(fields={"success_action_status": "200"})).status_code == 200
    described = post(form(fields={"success_action_status": "201"}))
    assert described.status_code == 201
    assert f"<Bucket>{bucket.name}</Bucket><Key>photos/1.jpg</Key>" in described.text
    assert described.headers["Location"] == f"{server.url}/{bucket.name}/photos/1.jpg"
    redirected = post(form(fields={"success_action_redirect": "https://coach.example/done?a=b"}))
    assert redirected.status_code == 303
    assert redirected.headers["Location"].startswith("https://coach.example/done?a=b&bucket=")


def test_file_name_takes_its_place_in_the_key(form: Form, post: Post, bucket: Bucket) -> None:
    fields = form("photos/${filename}", conditions=[["starts-with", "$key", "photos/"]])
    assert post(fields, file_name="a b.jpg").status_code == 204
    assert bucket.blob("photos/a b.jpg").download_as_bytes() == b"picture"


def test_size_range_of_the_policy_is_enforced(form: Form, post: Post, bucket: Bucket) -> None:
    conditions = [["content-length-range", 3, 5]]
    assert refused(post(form(conditions=conditions), b"12"), "EntityTooSmall", bucket)
    assert refused(post(form(conditions=conditions), b"123456"), "EntityTooLarge", bucket)
    assert post(form(conditions=conditions), b"12345").status_code == 204


def test_prefix_condition(form: Form, post: Post, bucket: Bucket) -> None:
    conditions = [["starts-with", "$content-type", "image/"]]
    assert refused(post(form(conditions=conditions) | {"content-type": "text/html"}), "InvalidPolicyDocument", bucket)
    assert post(form(conditions=conditions) | {"content-type": "image/png"}).status_code == 204


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "photos/2.jpg"}, "InvalidPolicyDocument"),
        ({"x-goog-meta-sneaked": "in"}, "InvalidPolicyDocument"),
        ({"x-goog-signature": "00"}, "SignatureDoesNotMatch"),
        ({"x-goog-date": "20200101T000000Z"}, "InvalidArgument"),
        ({"policy": "e30="}, "SignatureDoesNotMatch"),
        ({"x-goog-algorithm": "GOOG4-HMAC-SHA256"}, "InvalidArgument"),
    ],
)
def test_changed_form_is_refused(form: Form, post: Post, bucket: Bucket, changes: Fields, code: str) -> None:
    assert refused(post(form() | changes), code, bucket)


@pytest.mark.parametrize("missing", ["policy", "x-goog-signature", "x-goog-credential", "key"])
def test_form_without_a_needed_field_is_refused(form: Form, post: Post, bucket: Bucket, missing: str) -> None:
    fields = form()
    del fields[missing]
    assert post(fields).status_code in {400, 403}
    assert list(bucket.list_blobs()) == []


def test_form_for_another_bucket_is_refused(form: Form, server: StorageServer, bucket: Bucket, client: Client) -> None:
    other = client.create_bucket(f"{bucket.name}-b")
    parts: Any = [(name, (None, value)) for name, value in form().items()] + [("file", ("a.jpg", b"picture"))]
    answer = requests.post(f"{server.url}/{other.name}", files=parts, timeout=10)
    assert refused(answer, "InvalidPolicyDocument", other)


def test_expired_policy_is_refused(form: Form, post: Post, bucket: Bucket, on_time: Clock) -> None:
    fields = form(expiration=timedelta(minutes=10))
    on_time.ahead = timedelta(minutes=11)
    assert refused(post(fields), "ExpiredToken", bucket)


def test_malformed_forms_are_refused(server: StorageServer, bucket: Bucket) -> None:
    url = f"{server.url}/{bucket.name}"
    for content_type, body in {
        "text/plain": b"hello",
        "multipart/form-data": b"no boundary",
        "multipart/form-data; boundary=b": b"--b\r\nContent-Disposition: form-data; name=key\r\n\r\nx",
        "multipart/form-data; boundary=c": b"--c--\r\n",
        "multipart/form-data; boundary=d": b"",
        "multipart/form-data; boundary=e": b"--e\r\n" + b"x" * 100_000,
    }.items():
        answer = requests.post(url, data=body, headers={"Content-Type": content_type}, timeout=10)
        assert (answer.status_code, "<Code>MalformedPOSTRequest</Code>" in answer.text) == (400, True), content_type
