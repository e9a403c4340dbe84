"""The key of this machine."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from google.oauth2.service_account import Credentials

from local.storage import ServiceAccountUnusable, service_account


def test_googles_library_signs_with_it(tmp_path: Path) -> None:
    account = service_account(tmp_path)
    credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]  # google-auth
        str(account.path)
    )
    assert credentials.service_account_email == account.email
    assert credentials.project_id == account.project
    account.public_key.verify(credentials.sign_bytes(b"text"), b"text", PKCS1v15(), SHA256())


def test_it_is_kept_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = service_account(tmp_path / "home")
    content = first.path.read_bytes()
    again = service_account(tmp_path / "home")
    assert again.path.read_bytes() == content
    assert again.public_key.public_numbers() == first.public_key.public_numbers()
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["service_account.json"]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from local.storage import service_account; "
        "print(service_account(pathlib.Path(sys.argv[1])).public_key.public_numbers().n)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    moduli = {process.communicate()[0] for process in processes}
    assert moduli == {f"{service_account(tmp_path).public_key.public_numbers().n}\n"}


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", json.dumps({"private_key": "x", "client_email": "a", "project_id": "b"})]
)
def test_file_that_is_no_key_is_an_error_that_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "service_account.json").write_text(content)
    with pytest.raises(ServiceAccountUnusable, match="Remove it to get a new one"):
        service_account(tmp_path)
