"""Lists and maps as variables hold them: with value semantics, a known size, and no copying until it matters.

Assigning a list to a second variable must not let a change through one be seen through the other, yet copying 400 KB
for every assignment would make each step slower the more a workflow holds. So a container is shared when it is assigned
and copied, one level only, when it is next changed through one of its holders:

- Every stored container has an `owner`: the token of the one scope or container that holds it, `SHARED` when there are
  several holders, `FREE` while there is none yet.
- Its children are owned by its `token`. Copying a container gives both copies new tokens, which disowns all children at
  once; the copy costs one pass in C and no visit of the children.
- `size` is kept as it changes, so that memory is counted without ever walking over a value.
"""

from collections.abc import Mapping
from typing import Final

from local.workflows import limits
from local.workflows.errors import system_error
from local.workflows.values import Value

SCALAR_BYTES = 8
"""What null, a boolean, a number or a container itself counts for; text and bytes count their length in UTF-8."""

FREE: Final = object()
SHARED: Final = object()


class StoredList(list[Value]):
    """A list that a variable or another container may hold. Its elements are stored values, too."""

    __slots__ = ("owner", "size", "token")
    owner: object
    size: int
    token: object

    def shallow_copy(self) -> "StoredList":
        """The same elements in a new list; neither list owns its children any more."""
        copy = StoredList(self)
        _disown(self, copy)
        return copy

    def with_item(self, index: int, item: Value) -> "StoredList":
        """A new list with one more element at `index`."""
        copy = self.shallow_copy()
        stored, size = store(item, copy.token)
        copy.insert(index, stored)
        copy.size += size
        return copy


class StoredMap(dict[str, Value]):
    """A map that a variable or another container may hold. Its values are stored values, too."""

    __slots__ = ("owner", "size", "token")
    owner: object
    size: int
    token: object

    def shallow_copy(self) -> "StoredMap":
        """The same entries in a new map; neither map owns its children any more."""
        copy = StoredMap(self)
        _disown(self, copy)
        return copy

    def with_entries(self, entries: Mapping[str, Value]) -> "StoredMap":
        """A new map with more entries, or other values under keys it has."""
        copy = self.shallow_copy()
        for key, value in entries.items():
            stored, size = store(value, copy.token)
            copy.size += size - size_of(copy[key]) if key in copy else size + size_of(key)
            copy[key] = stored
        return copy


StoredContainer = StoredList | StoredMap


def store(value: Value, holder: object) -> tuple[Value, int]:
    """`value` as `holder` may keep it, and its size in bytes.

    Plain lists and maps are fresh, known to nobody else, and become stored ones; a stored one becomes shared. Raises
    ResourceLimitError for a string that is too long.
    """
    kind = type(value)
    if kind is int or kind is float or kind is bool or value is None:
        return value, SCALAR_BYTES
    if kind is str:
        size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
        if size > limits.STRING_BYTES:
            raise system_error(
                "ResourceLimitError", f"a string is longer than {limits.STRING_BYTES // 1024} KB: {size} bytes"
            )
        return value, size
    if kind is StoredMap or kind is StoredList:
        value.owner = holder if value.owner is FREE else SHARED
        return value, value.size
    if kind is dict:
        return _store_map(value, holder)
    if kind is list:
        return _store_list(value, holder)
    return value, len(value) if kind is bytes else SCALAR_BYTES


def size_of(value: Value) -> int:
    """The size in bytes of a stored value."""
    kind = type(value)
    if kind is str:
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if kind is StoredMap or kind is StoredList:
        size: int = value.size
        return size
    return len(value) if kind is bytes else SCALAR_BYTES


def share(value: Value) -> Value:
    """`value`, marked so that whoever holds it copies before changing it: for values that leave the variables."""
    if type(value) is StoredMap or type(value) is StoredList:
        value.owner = SHARED
    return value


def own(container: StoredContainer, holder: object) -> StoredContainer:
    """`container` itself when `holder` alone holds it, else a copy that `holder` may change."""
    if container.owner is holder:
        return container
    copy = container.shallow_copy()
    copy.owner = holder
    return copy


def _store_map(fresh: dict[str, Value], holder: object) -> tuple[StoredMap, int]:
    stored = StoredMap()
    token = stored.token = object()
    size = SCALAR_BYTES
    for key, value in fresh.items():
        stored[key], value_size = store(value, token)
        size += value_size + (len(key) if key.isascii() else len(key.encode("utf-8", "surrogatepass")))
    stored.owner, stored.size = holder, size
    return stored, size


def _store_list(fresh: list[Value], holder: object) -> tuple[StoredList, int]:
    stored = StoredList()
    token = stored.token = object()
    size = SCALAR_BYTES
    for item in fresh:
        stored_item, item_size = store(item, token)
        stored.append(stored_item)
        size += item_size
    stored.owner, stored.size = holder, size
    return stored, size


def _disown(original: StoredContainer, copy: StoredContainer) -> None:
    original.token, copy.token = object(), object()
    copy.owner, copy.size = FREE, original.size
