"""Bytes of objects as files, each written once under a random name and never changed afterwards.

Because a file never changes, a copy of an object is a second hard link, and a reader that has a file open is not
disturbed when the object is overwritten or deleted.
"""

import hashlib
import os
import secrets
from base64 import b64encode
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import google_crc32c

from local.storage.errors import BAD_DIGEST, StorageError, disk_full_refused

READ_SIZE = 1024 * 1024
FILE_NAME_BYTES = 16


@dataclass(frozen=True)
class Checksums:
    """Base64, as Cloud Storage writes them. None: unknown, or not claimed."""

    md5: str | None = None
    crc32c: str | None = None

    def check(self, calculated: "Checksums") -> None:
        """Raise `StorageError` if what a client claimed differs from what arrived."""
        for name, claimed, found in (
            ("MD5 hash", self.md5, calculated.md5),
            ("CRC32C", self.crc32c, calculated.crc32c),
        ):
            if claimed is not None and claimed != found:
                raise StorageError(
                    BAD_DIGEST, f'Provided {name} "{claimed}" doesn\'t match calculated {name} "{found}".'
                )


NO_CHECKSUMS = Checksums()


@dataclass(frozen=True)
class Content:
    """A file that is complete and on the disk."""

    file: str
    size: int
    checksums: Checksums


class Digest:
    """Checksums of a file that grows from its front. Reads what it has not seen yet."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = 0
        self.position = 0
        """Bytes seen."""

    def update(self, data: bytes) -> None:
        """See the next bytes."""
        self._md5.update(data)
        self._crc32c = google_crc32c.extend(self._crc32c, data)
        self.position += len(data)

    def catch_up(self, path: Path, to: int) -> None:
        """See the bytes of the file from `position` up to `to`."""
        with path.open("rb") as file:
            file.seek(self.position)
            while self.position < to:
                data = file.read(min(READ_SIZE, to - self.position))
                if not data:
                    raise OSError(f"{path} ends at byte {self.position}. Expected: at least {to} bytes")
                self.update(data)

    def checksums(self) -> Checksums:
        """Of the bytes seen so far."""
        return Checksums(
            md5=b64encode(self._md5.digest()).decode(), crc32c=b64encode(self._crc32c.to_bytes(4, "big")).decode()
        )


class ContentWriter:
    """Writes one file. Leaving the `with` block without `finish` removes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with disk_full_refused():
            self._file: BinaryIO = path.open("xb")
        self._digest = Digest()
        self._finished = False

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._digest.position

    def write(self, data: bytes) -> None:
        """Append. Raises `StorageError` when the disk is full."""
        with disk_full_refused():
            self._file.write(data)
        self._digest.update(data)

    def finish(self) -> Content:
        """Put it on the disk."""
        with disk_full_refused():
            sync(self._file)
        self._finished = True
        return Content(self._path.name, self.size, self._digest.checksums())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Closing writes what is still buffered, which may fail on a full disk; the file goes away then anyway.
        with suppress(OSError):
            self._file.close()
        if not self._finished:
            self._path.unlink(missing_ok=True)


class ContentFolder:
    """Where the files lie."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def path(self, file: str) -> Path:
        """Where a file of that name is."""
        return self._folder / file

    def new_name(self) -> str:
        """A name nothing has."""
        return secrets.token_hex(FILE_NAME_BYTES)

    def writer(self) -> ContentWriter:
        """Begin a new file."""
        return ContentWriter(self.path(self.new_name()))

    def link(self, file: str) -> str:
        """A second name for the same bytes. Raises `FileNotFoundError` if the first is gone."""
        name = self.new_name()
        with disk_full_refused():
            os.link(self.path(file), self.path(name))
        return name

    def remove(self, file: str) -> None:
        """Forget a file. Those who are reading it may go on."""
        self.path(file).unlink(missing_ok=True)

    def sweep(self, keep: Collection[str]) -> int:
        """Remove what a killed process left half-written. Returns how many files went."""
        lost = [path for path in self._folder.iterdir() if path.name not in keep]
        for path in lost:
            path.unlink()
        return len(lost)


def sync(file: BinaryIO) -> None:
    """Flush and wait until the disk has it."""
    file.flush()
    os.fsync(file.fileno())
