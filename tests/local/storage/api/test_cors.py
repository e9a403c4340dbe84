"""What web pages may do: by the bucket's own rules."""

from collections.abc import Callable

import pytest
import requests
from google.cloud.storage import Bucket

from local.storage import CorsRule, StorageServer
from local.storage.api.cors import answer_headers, preflight_headers
from tests.local.storage.conftest import PAGE, Sign


def preflight(url: str, method: str, headers: str = "", origin: str = PAGE) -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return requests.options(url, headers=asked, timeout=10)


def test_page_of_the_bucket_may_upload_in_pieces(start_upload: Callable[..., str], sign: Sign) -> None:
    start = sign("video.mp4", "POST", headers={"x-goog-resumable": "start", "content-type": "video/mp4"})
    asked = preflight(start, "POST", "content-type,x-goog-resumable")
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == PAGE
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, PUT, POST"
    assert "x-goog-resumable" in asked.headers["Access-Control-Allow-Headers"]
    assert asked.headers["Access-Control-Max-Age"] == "600"
    url = start_upload("video.mp4", Origin=PAGE)
    assert preflight(url, "PUT", "content-range").headers["Access-Control-Allow-Origin"] == PAGE
    piece = requests.put(
        url, data=bytes(262144), headers={"Origin": PAGE, "Content-Range": "bytes 0-262143/300000"}, timeout=10
    )
    assert (piece.status_code, piece.headers["Range"]) == (308, "bytes=0-262143")
    assert piece.headers["Access-Control-Allow-Origin"] == PAGE
    exposed = piece.headers["Access-Control-Expose-Headers"]
    assert {"Location", "Range", "ETag"} <= {name.strip() for name in exposed.split(",")}
    assert piece.headers["Vary"] == "Origin"


def test_page_may_read_why_it_was_refused(start_upload: Callable[..., str]) -> None:
    url = start_upload("video.mp4", sizes="1,10")
    answer = requests.put(url, data=bytes(11), headers={"Origin": PAGE}, timeout=10)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (400, PAGE)


def test_strangers_page_gets_no_permission(sign: Sign, bucket: Bucket) -> None:
    bucket.blob("video.mp4").upload_from_string(b"bytes")
    asked = preflight(sign("video.mp4", "PUT"), "PUT", origin="https://evil.example")
    assert (asked.status_code, "Access-Control-Allow-Origin" in asked.headers) == (200, False)
    answer = requests.get(sign("video.mp4"), headers={"Origin": "https://evil.example"}, timeout=10)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Origin" not in requests.get(sign("video.mp4"), timeout=10).headers


def test_method_and_headers_outside_the_rules_get_no_permission(sign: Sign) -> None:
    url = sign("video.mp4", "PUT")
    assert "Access-Control-Allow-Origin" not in preflight(url, "DELETE").headers
    assert "Access-Control-Allow-Origin" not in preflight(url, "PUT", "content-type,x-secret").headers
    assert "Access-Control-Allow-Origin" in preflight(url, "PUT", "Content-Type, X-Goog-Resumable").headers


def test_bucket_without_rules_gives_no_permission(server: StorageServer, bucket: Bucket) -> None:
    bucket.cors = []
    bucket.patch()
    asked = preflight(f"{server.url}/{bucket.name}/video.mp4", "PUT")
    assert "Access-Control-Allow-Origin" not in asked.headers
    nowhere = preflight(f"{server.url}/no-such-bucket/video.mp4", "PUT")
    assert (nowhere.status_code, "Access-Control-Allow-Origin" in nowhere.headers) == (200, False)


@pytest.mark.parametrize(
    ("rule", "origin", "allowed"),
    [
        (CorsRule(origin=["*"], method=["PUT"]), "https://a.example", "*"),
        (CorsRule(origin=["https://a.example"], method=["*"]), "https://a.example", "https://a.example"),
        (CorsRule(origin=["https://a.example"], method=["PUT"]), "https://a.example.evil", None),
        (CorsRule(origin=["https://a.example"], method=["PUT"]), "http://a.example", None),
        (CorsRule(origin=["*"], method=["GET"]), "https://a.example", None),
    ],
)
def test_rules_match_whole_origins(rule: CorsRule, origin: str, allowed: str | None) -> None:
    assert answer_headers([rule], origin, "PUT").get("Access-Control-Allow-Origin") == allowed
    assert preflight_headers([rule], origin, "PUT", None).get("Access-Control-Allow-Origin") == allowed


def test_first_rule_that_fits_counts() -> None:
    rules = [
        CorsRule(origin=["https://a.example"], method=["GET"], max_age_seconds=1),
        CorsRule(origin=["https://a.example"], method=["PUT"], response_header=["Range"], max_age_seconds=2),
    ]
    assert preflight_headers(rules, "https://a.example", "PUT", "range")["Access-Control-Max-Age"] == "2"
