"""The two buckets: `uploads`, which cooks write to, and `media`, which the stages write to.

They are separate so that no output can start a run. Objects are named by path everywhere; a URL is signed only when
somebody reads one.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.models.base import Model

if TYPE_CHECKING:
    from google.cloud.storage import Bucket, Client

READ_URL_LIFETIME = timedelta(hours=1)
UPLOAD_URL_LIFETIME = timedelta(minutes=15)
MAX_VIDEO_BYTES = 2 * 1024**3
MAX_MEMO_BYTES = 100 * 1024**2


class SignedUpload(Model):
    """Where and how a client starts one resumable upload."""

    url: str
    headers: dict[str, str]
    """To be sent as they are: they are part of the signature."""


class ObjectNotFound(LookupError):
    """The bucket holds no such object."""


class Storage:
    """Reads uploads, reads and writes media. The client is the official one; it is made when first needed."""

    def __init__(self, *, project: str, uploads_bucket: str, media_bucket: str) -> None:
        """Names only: nothing is contacted yet."""
        self._project = project
        self._uploads_bucket = uploads_bucket
        self._media_bucket = media_bucket
        self._client: Client | None = None

    def download_upload(self, object_name: str, to: Path) -> None:
        """Stream an upload to a local file. Raises `ObjectNotFound`."""
        self._download(self._bucket(self._uploads_bucket), object_name, to)

    def download_media(self, object_name: str, to: Path) -> None:
        """Stream an object of the media bucket to a local file. Raises `ObjectNotFound`."""
        self._download(self._bucket(self._media_bucket), object_name, to)

    def upload_media(self, object_name: str, source: Path | bytes, content_type: str) -> None:
        """Write an object of the media bucket over whatever is there: names are deterministic, so a retry is safe."""
        blob = self._bucket(self._media_bucket).blob(object_name)
        if isinstance(source, bytes):
            blob.upload_from_string(source, content_type=content_type)
        else:
            blob.upload_from_filename(str(source), content_type=content_type)

    def media_exists(self, object_name: str) -> bool:
        """Whether the media bucket holds this object."""
        return bool(self._bucket(self._media_bucket).blob(object_name).exists())

    def upload_size(self, object_name: str) -> int:
        """Bytes of an upload. Raises `ObjectNotFound`."""
        blob = self._bucket(self._uploads_bucket).get_blob(object_name)
        if blob is None:
            raise ObjectNotFound(f"no object {object_name} in bucket {self._uploads_bucket}")
        return int(blob.size)

    def sign_upload(self, object_name: str, content_type: str, *, max_bytes: int) -> SignedUpload:
        """A start URL for one resumable upload of this type and at most this size, valid for 15 minutes."""
        headers = {
            "content-type": content_type,
            "x-goog-content-length-range": f"1,{max_bytes}",
            "x-goog-resumable": "start",
        }
        blob = self._bucket(self._uploads_bucket).blob(object_name)
        url: str = blob.generate_signed_url(
            version="v4", method="POST", expiration=UPLOAD_URL_LIFETIME, headers=headers, **_signer()
        )
        return SignedUpload(url=url, headers=headers)

    def sign_media(self, object_name: str) -> str:
        """A URL to read an object of the media bucket, valid for an hour."""
        blob = self._bucket(self._media_bucket).blob(object_name)
        url: str = blob.generate_signed_url(version="v4", method="GET", expiration=READ_URL_LIFETIME, **_signer())
        return url

    def _bucket(self, name: str) -> Bucket:
        if self._client is None:
            from google.cloud.storage import Client

            self._client = Client(project=self._project)
        return self._client.bucket(name)

    @staticmethod
    def _download(bucket: Bucket, object_name: str, to: Path) -> None:
        from google.api_core.exceptions import NotFound

        try:
            bucket.blob(object_name).download_to_filename(str(to))
        except NotFound as error:
            to.unlink(missing_ok=True)
            raise ObjectNotFound(f"no object {object_name} in bucket {bucket.name}") from error


def _signer() -> dict[str, Any]:
    """Who signs URLs: the key of the default credentials, or, where they hold none, the IAM service on their behalf."""
    import google.auth
    from google.auth.credentials import Signing
    from google.auth.transport.requests import Request

    credentials: Any
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    if isinstance(credentials, Signing):
        return {"credentials": credentials}
    credentials.refresh(Request())  # the metadata server tells the e-mail and the token only now
    return {
        "credentials": credentials,
        "service_account_email": credentials.service_account_email,
        "access_token": credentials.token,
    }
