"""The two buckets: `uploads`, which cooks write to, and `media`, which the stages write to.

They are separate so that no output can start a run. Objects are named by path everywhere; a URL is signed only when
somebody reads one.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.cloud.storage import Bucket, Client

READ_URL_LIFETIME = timedelta(hours=1)
UPLOAD_URL_LIFETIME = timedelta(minutes=15)
MAX_VIDEO_BYTES = 2 * 1024**3
MAX_MEMO_BYTES = 100 * 1024**2


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
