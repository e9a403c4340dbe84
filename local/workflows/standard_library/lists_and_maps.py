"""`list.*` and `map.*`. Every function gives a new list or map and leaves its arguments as they were.

A list or map that a variable holds makes the new one itself, as it knows its size and need not be walked over.

Source: cloud.google.com/workflows/docs/reference/stdlib/list and .../map
"""

from typing import Any

from local.workflows.containers import StoredList, StoredMap
from local.workflows.errors import system_error
from local.workflows.standard_library.registry import library_function
from local.workflows.values import Value


@library_function("list.concat", names=("objs", "val"))
def concat(items: list[Any], item: Value) -> list[Any]:
    """A list with one more element at its end."""
    return items.with_item(len(items), item) if isinstance(items, StoredList) else [*items, item]


@library_function("list.prepend", names=("objs", "val"))
def prepend(items: list[Any], item: Value) -> list[Any]:
    """A list with one more element at its beginning."""
    return items.with_item(0, item) if isinstance(items, StoredList) else [item, *items]


@library_function("map.get", names=("map", "keys"))
def get(mapping: Value, keys: str | list[Any]) -> Value:
    """The value under a key, or under a path of keys; null where there is none."""
    found = mapping
    for key in keys if isinstance(keys, list) else [keys]:
        if not isinstance(key, str):
            raise system_error("TypeError", "map.get: 'keys' must be a string or a list of strings")
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


@library_function("map.delete", names=("map", "key"))
def delete(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    """A map without one of its keys."""
    return {name: value for name, value in mapping.items() if name != key}


@library_function("map.merge")
def merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both maps in one; where both have a key, the second map's value counts."""
    return first.with_entries(second) if isinstance(first, StoredMap) else {**first, **second}


@library_function("map.merge_nested")
def merge_nested(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both maps in one, merging maps under the same key as well."""
    merged = dict(first)
    for key, value in second.items():
        existing = merged.get(key)
        if isinstance(existing, dict) and isinstance(value, dict):
            merged[key] = merge_nested(existing, value)
        else:
            merged[key] = value
    return merged
