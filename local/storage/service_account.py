"""The service account of this machine: a key of its own, in Google's file format.

With it the official client signs URLs here exactly as it does in production with a downloaded key
(`google.oauth2.service_account.Credentials.from_service_account_file`), and the embedded Cloud Storage checks them with
the public half. The key never leaves the home.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

FILE_NAME = "service_account.json"
PROJECT = "moment-local"
EMAIL = f"moment@{PROJECT}.iam.gserviceaccount.com"
KEY_BITS = 2048
TOKEN_URI = "http://127.0.0.1/token"  # noqa: S105  # an address; nothing listens there, the key is never exchanged


class ServiceAccountUnusable(RuntimeError):
    """The key file is there but cannot be used."""


@dataclass(frozen=True)
class ServiceAccount:
    """Who signs on this machine."""

    path: Path
    """The key file, readable by its owner alone."""
    email: str
    project: str
    public_key: rsa.RSAPublicKey


def service_account(home: Path) -> ServiceAccount:
    """The service account of this home, made at the first call. Safe to call from several processes at once.

    Raises:
        ServiceAccountUnusable: the file is no service account key.
    """
    path = home / FILE_NAME
    if not path.exists():
        _create(path)
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        key = load_pem_private_key(fields["private_key"].encode(), password=None)
        email, project = str(fields["client_email"]), str(fields["project_id"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServiceAccountUnusable(
            f"{path} holds no service account key ({type(error).__name__}: {error}). Expected: the file this program "
            "made. Remove it to get a new one; URLs signed with the old key stop working"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ServiceAccountUnusable(f"{path} holds a {type(key).__name__}. Expected: an RSA key")
    return ServiceAccount(path, email, project, key.public_key())


def _create(path: Path) -> None:
    """Whoever is first wins: the file appears whole, and only where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    fields = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": EMAIL,
        "client_id": str(secrets.randbits(64)),
        "auth_uri": "http://127.0.0.1/auth",
        "token_uri": TOKEN_URI,
        "universe_domain": "googleapis.com",
    }
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    unfinished.touch(mode=0o600, exist_ok=False)
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(fields, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unfinished, path)
        except FileExistsError:
            return  # another process was first: its key counts
    finally:
        unfinished.unlink()
