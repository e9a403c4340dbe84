"""Identity tokens of one machine."""

from pathlib import Path

import jwt
import pytest

from local.storage import service_account
from local.tokens import TokenCheck, TokenSource

AUDIENCE = "http://127.0.0.1:8000/analyze"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> TokenSource:
    home: Path = tmp_path_factory.mktemp("home")
    return TokenSource(service_account(home))


def test_a_token_opens_its_audience(source: TokenSource) -> None:
    assert TokenCheck(source.public_key).refusal(f"Bearer {source.identity_token(AUDIENCE)}", AUDIENCE) is None


def test_a_token_is_reused_until_it_is_old(source: TokenSource) -> None:
    assert source.identity_token(AUDIENCE) == source.identity_token(AUDIENCE)


def test_a_token_for_another_function_is_refused(source: TokenSource) -> None:
    token = source.identity_token("http://127.0.0.1:8000/deliver")
    refusal = TokenCheck(source.public_key).refusal(f"Bearer {token}", AUDIENCE)
    assert refusal == f"the token is not valid for {AUDIENCE}: Audience doesn't match"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc"])
def test_a_missing_token_is_refused(source: TokenSource, header: str) -> None:
    assert TokenCheck(source.public_key).refusal(header, AUDIENCE) == "a bearer token is expected"


def test_a_token_of_another_machine_is_refused(source: TokenSource, tmp_path: Path) -> None:
    foreign = TokenSource(service_account(tmp_path)).identity_token(AUDIENCE)
    refusal = TokenCheck(source.public_key).refusal(f"Bearer {foreign}", AUDIENCE)
    assert refusal is not None
    assert "Signature verification failed" in refusal


def test_a_token_that_signs_itself_with_the_public_key_is_refused(source: TokenSource) -> None:
    claims = {"aud": AUDIENCE, "exp": 4102444800, "iss": "https://accounts.google.com"}
    forged = jwt.encode(claims, "not the key at all, but long enough for HS256", algorithm="HS256")
    refusal = TokenCheck(source.public_key).refusal(f"Bearer {forged}", AUDIENCE)
    assert refusal is not None
    assert "alg" in refusal
