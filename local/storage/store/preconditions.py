"""Conditions under which a client wants its request to happen.

They are checked in the same transaction as the change, so of two writers who both expect the same generation exactly
one succeeds (https://cloud.google.com/storage/docs/request-preconditions).
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from local.storage.errors import CONDITION_NOT_MET, INVALID, NOT_MODIFIED, StorageError
from local.storage.resources import ObjectMetadata

ABSENT = 0
"""The generation of an object that does not exist."""


class Preconditions(BaseModel):
    """What must hold. None: no matter."""

    model_config = ConfigDict(frozen=True)

    generation_match: int | None = None
    """0: the object must not exist."""
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str], prefix: str = "if") -> "Preconditions":
        """Read the parameters of the JSON API; `prefix` is `ifSource` for the source of a copy."""
        return cls(
            generation_match=_number(query, f"{prefix}GenerationMatch"),
            generation_not_match=_number(query, f"{prefix}GenerationNotMatch"),
            metageneration_match=_number(query, f"{prefix}MetagenerationMatch"),
            metageneration_not_match=_number(query, f"{prefix}MetagenerationNotMatch"),
        )

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "Preconditions":
        """Read the headers of the XML API."""
        return cls(
            generation_match=_number(headers, "x-goog-if-generation-match"),
            metageneration_match=_number(headers, "x-goog-if-metageneration-match"),
        )

    def check_write(self, current: ObjectMetadata | None) -> None:
        """Raise `StorageError` (412) unless a write over `current` may happen."""
        if not (self._matches(current) and self._differs(current)):
            raise StorageError(CONDITION_NOT_MET, "At least one of the pre-conditions you specified did not hold.")

    def check_read(self, current: ObjectMetadata) -> None:
        """Raise `StorageError` unless `current` may be read: 412, or 304 where the reader has this state already."""
        if not self._matches(current):
            raise StorageError(CONDITION_NOT_MET, "At least one of the pre-conditions you specified did not hold.")
        if not self._differs(current):
            raise StorageError(NOT_MODIFIED, "")

    def _matches(self, current: ObjectMetadata | None) -> bool:
        generation, metageneration = _state(current)
        return self.generation_match in {None, generation} and self.metageneration_match in {None, metageneration}

    def _differs(self, current: ObjectMetadata | None) -> bool:
        generation, metageneration = _state(current)
        return generation != self.generation_not_match and metageneration != self.metageneration_not_match


NO_PRECONDITIONS = Preconditions()


def _state(current: ObjectMetadata | None) -> tuple[int, int]:
    return (current.generation, current.metageneration) if current is not None else (ABSENT, ABSENT)


def _number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise StorageError(INVALID, f"Invalid value for {name}: expected a whole number, found {text!r}.")
    return int(text)
