"""V4 signatures against Google's known answers, and against tampering."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.cloud.storage import Bucket
from google.oauth2.service_account import Credentials

from local.storage import StorageServer
from local.storage.api.signatures import PublicKeys, SignedRequest, verify_policy, verify_request
from local.storage.errors import StorageError
from tests.local.storage.conftest import Clock, Sign

KNOWN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "v4_signatures.json").read_text())


def known_keys() -> PublicKeys:
    key = load_pem_public_key(KNOWN["public_key"].encode())
    assert isinstance(key, RSAPublicKey)
    return {KNOWN["signer"]: key}


def known_request(answer: dict[str, Any]) -> tuple[SignedRequest, datetime]:
    url = urlsplit(answer["url"])
    headers = {name.lower(): [value] for name, value in answer["headers"].items()} | {"host": [url.netloc]}
    return SignedRequest(answer["method"], url.path, url.query, headers), datetime.fromisoformat(answer["signed_at"])


@pytest.fixture(params=KNOWN["requests"], ids=lambda answer: answer["name"])
def known(request: pytest.FixtureRequest) -> dict[str, Any]:
    answer: dict[str, Any] = request.param
    return answer


def test_known_signature_is_accepted_until_it_expires(known: dict[str, Any]) -> None:
    request, signed_at = known_request(known)
    valid = timedelta(seconds=known["valid_s"])
    for moment in (signed_at - timedelta(minutes=15), signed_at, signed_at + valid):
        assert verify_request(request, known_keys(), moment) == KNOWN["signer"]
    with pytest.raises(StorageError) as expired:
        verify_request(request, known_keys(), signed_at + valid + timedelta(seconds=1))
    assert expired.value.kind.code == "ExpiredToken"


def test_known_signature_is_refused_when_anything_it_covers_is_changed(known: dict[str, Any]) -> None:
    request, now = known_request(known)
    changed = [
        SignedRequest("DELETE", request.path, request.query, request.headers),
        SignedRequest(request.method, request.path + "x", request.query, request.headers),
        SignedRequest(request.method, request.path, request.query + "&generation=1", request.headers),
        SignedRequest(request.method, request.path, request.query, {**request.headers, "host": ["evil.example"]}),
        *(
            SignedRequest(request.method, request.path, request.query, {**request.headers, name.lower(): ["other"]})
            for name in known["headers"]
            if name.lower() in request.query.lower()
        ),
    ]
    for tampered in changed:
        with pytest.raises(StorageError) as refusal:
            verify_request(tampered, known_keys(), now)
        assert refusal.value.kind.code == "SignatureDoesNotMatch"


def test_signature_from_a_clock_that_is_far_ahead_is_refused(known: dict[str, Any]) -> None:
    request, signed_at = known_request(known)
    with pytest.raises(StorageError) as refusal:
        verify_request(request, known_keys(), signed_at - timedelta(minutes=16))
    assert refusal.value.kind.code == "RequestTimeTooSkewed"


def test_the_same_path_encoded_otherwise_has_the_same_signature() -> None:
    answer = next(one for one in KNOWN["requests"] if "ampersand" in one["name"])
    request, now = known_request(answer)
    assert "under_score" in request.path
    other = request.path.replace("under_score", "under%5fscore").replace("%26", "&")
    assert verify_request(SignedRequest("GET", other, request.query, request.headers), known_keys(), now)


@pytest.mark.parametrize("form", KNOWN["forms"], ids=lambda form: form["name"])
def test_known_policy_is_accepted_and_a_changed_one_refused(form: dict[str, Any]) -> None:
    fields = form["fields"]
    assert verify_policy(fields["policy"], fields, known_keys()) == KNOWN["signer"]
    with pytest.raises(StorageError, match="Access denied"):
        verify_policy(fields["policy"][:-4] + "AAAA", fields, known_keys())


def changed_parameter(url: str, name: str, value: str | None) -> str:
    base, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if not pair.startswith(f"{name}=")]
    return f"{base}?{'&'.join(kept + ([f'{name}={value}'] if value is not None else []))}"


@pytest.mark.parametrize(
    ("parameter", "value", "code"),
    [
        ("X-Goog-Expires", "604801", "InvalidArgument"),
        ("X-Goog-Expires", "0", "InvalidArgument"),
        ("X-Goog-Expires", "-1", "InvalidArgument"),
        ("X-Goog-Expires", "900.5", "InvalidArgument"),
        ("X-Goog-Expires", "901", "SignatureDoesNotMatch"),
        ("X-Goog-Date", "yesterday", "InvalidArgument"),
        ("X-Goog-Date", None, "InvalidArgument"),
        ("X-Goog-Algorithm", "GOOG4-HMAC-SHA256", "InvalidArgument"),
        ("X-Goog-Credential", "someone", "InvalidArgument"),
        ("X-Goog-SignedHeaders", "", "MalformedSecurityHeader"),
        ("X-Goog-SignedHeaders", "host%3Brange", "MalformedSecurityHeader"),
        ("X-Goog-SignedHeaders", "Host", "MalformedSecurityHeader"),
        ("X-Goog-Signature", "00ff", "SignatureDoesNotMatch"),
        ("X-Goog-Signature", "not-hex", "SignatureDoesNotMatch"),
        ("X-Goog-Signature", None, "InvalidArgument"),
    ],
)
def test_changed_signing_parameter_is_refused(
    sign: Sign, bucket: Bucket, parameter: str, value: str | None, code: str
) -> None:
    bucket.blob("video.mp4").upload_from_string(b"bytes")
    url = sign("video.mp4")
    assert requests.get(url, timeout=10).content == b"bytes"
    answer = requests.get(changed_parameter(url, parameter, value), timeout=10)
    assert answer.status_code in {400, 403}
    assert f"<Code>{code}</Code>" in answer.text


def test_signature_of_an_unknown_account_is_refused(sign: Sign) -> None:
    url = sign("video.mp4")
    answer = requests.get(url.replace("moment%40moment-local", "moment%40elsewhere"), timeout=10)
    assert (answer.status_code, "No such service account" in answer.text) == (403, True)


def test_url_expires_by_the_servers_clock(sign: Sign, bucket: Bucket, on_time: Clock) -> None:
    bucket.blob("video.mp4").upload_from_string(b"bytes")
    url = sign("video.mp4", expiration=timedelta(hours=1))
    on_time.ahead = timedelta(minutes=59)
    assert requests.get(url, timeout=10).status_code == 200
    on_time.ahead = timedelta(minutes=61)
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, "<Code>ExpiredToken</Code>" in answer.text) == (400, True)


def test_host_may_be_signed_with_or_without_the_port(
    bucket: Bucket, server: StorageServer, credentials: Credentials
) -> None:
    bucket.blob("video.mp4").upload_from_string(b"bytes")
    port = server.url.rpartition(":")[2]
    for host in ("127.0.0.1", f"127.0.0.1:{port}"):
        url = bucket.blob("video.mp4").generate_signed_url(
            version="v4",
            expiration=60,
            credentials=credentials,
            api_access_endpoint=server.url,
            headers={"Host": host},
        )
        assert requests.get(url, timeout=10).content == b"bytes", host
        assert requests.get(url, headers={"Host": "other.example"}, timeout=10).status_code == 403


def test_signed_headers_must_be_sent_and_extension_headers_must_be_signed(sign: Sign) -> None:
    url = sign("video.mp4", "PUT", headers={"content-type": "video/mp4"})
    missing = requests.put(url, data=b"bytes", timeout=10)
    assert (missing.status_code, "not in the request: content-type" in missing.text) == (400, True)
    wrong = requests.put(url, data=b"bytes", headers={"content-type": "text/html"}, timeout=10)
    assert (wrong.status_code, "SignatureDoesNotMatch" in wrong.text) == (403, True)
    sneaked = {"content-type": "video/mp4", "x-goog-meta-owner": "me"}
    unsigned = requests.put(url, data=b"bytes", headers=sneaked, timeout=10)
    assert (unsigned.status_code, "not in signedheaders: x-goog-meta-owner" in unsigned.text) == (400, True)
    assert requests.put(url, data=b"bytes", headers={"content-type": "video/mp4"}, timeout=10).status_code == 200


def test_url_for_one_method_is_not_good_for_another(sign: Sign, bucket: Bucket) -> None:
    bucket.blob("video.mp4").upload_from_string(b"bytes")
    for method in ("PUT", "DELETE", "HEAD", "POST"):
        assert requests.request(method, sign("video.mp4"), timeout=10).status_code == 403, method
    assert bucket.blob("video.mp4").exists()


def test_request_without_a_signature_is_refused(server: StorageServer, bucket: Bucket) -> None:
    bucket.blob("video.mp4").upload_from_string(b"bytes")
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        answer = requests.request(method, f"{server.url}/{bucket.name}/video.mp4", timeout=10)
        assert answer.status_code == 403, method
    assert bucket.blob("video.mp4").download_as_bytes() == b"bytes"


def test_signed_body_must_be_the_body_that_is_sent(sign: Sign, bucket: Bucket) -> None:
    hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    headers = {"x-goog-content-sha256": hello}
    url = sign("greeting.txt", "PUT", headers=headers)
    answer = requests.put(url, data=b"hullo", headers=headers, timeout=10)
    assert (answer.status_code, "<Code>BadDigest</Code>" in answer.text) == (400, True)
    assert not bucket.blob("greeting.txt").exists()
    assert requests.put(url, data=b"hello", headers=headers, timeout=10).status_code == 200
