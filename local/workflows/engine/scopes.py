"""Where variables live: one scope per routine call, loop iteration, `except` block and parallel branch.

A variable is looked up from the innermost scope outwards and written where it was found; a new one is created in the
innermost scope. The scope of a parallel branch is a boundary: what lies beyond can be read, and written only when it is
shared.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from local.workflows import limits
from local.workflows.containers import StoredContainer, StoredList, StoredMap, own, size_of, store
from local.workflows.errors import system_error
from local.workflows.operators import key_text, list_index
from local.workflows.values import Value, type_name


class Memory:
    """How much the variables of one execution hold, in bytes."""

    __slots__ = ("used",)

    def __init__(self) -> None:
        self.used = 0

    def charge(self, change: int) -> None:
        """Count `change` more bytes, or fewer. Raises MemoryLimitExceededError and leaves the count as it was."""
        used = self.used + change
        if used > limits.MEMORY_BYTES and change > 0:
            limit = f"{limits.MEMORY_BYTES // 1024} KB"
            raise system_error("MemoryLimitExceededError", f"memory usage limit of {limit} exceeded: {used} bytes")
        self.used = used


class Scope:
    """The variables of one block. Only one thread at a time may change it or a scope around it."""

    __slots__ = ("_memory", "_size", "parent", "shared", "token", "values")

    def __init__(self, memory: Memory, parent: Scope | None = None, shared: frozenset[str] | None = None) -> None:
        self.values: dict[str, Value] = {}
        self.parent = parent
        self.shared = shared
        """For the scope of a parallel branch: the outer variables it may write. None for any other scope."""
        self.token = object()
        """Owner of the containers its variables hold; see `containers`."""
        self._memory = memory
        self._size = 0

    def find(self, name: str) -> Scope | None:
        """The scope that holds the variable as seen from here."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope
            scope = scope.parent
        return None

    def declare(self, variables: Mapping[str, Value], lock: threading.RLock) -> None:
        """Create variables here, whatever is beyond: loop variables, the error of an `except`."""
        with lock:
            for name, value in variables.items():
                self.put(name, value)

    def assign(self, name: str, value: Value) -> None:
        """Give a variable a value, creating it here if it is new."""
        scope = self if name in self.values else self._writable(name) or self
        scope.put(name, value)

    def put(self, name: str, value: Value) -> None:
        """Give a variable of this very scope a value."""
        stored, change = store(value, self.token)
        if name in self.values:
            change -= size_of(self.values[name])
        self._memory.charge(change)
        self._size += change
        self.values[name] = stored

    def assign_element(self, name: str, keys: Sequence[Value], value: Value) -> None:
        """Give an element of a variable a value: `name[key][key]: value`. Maps missing on the way are created."""
        scope = self._writable(name)
        if scope is None:
            raise system_error("KeyError", f"symbol '{name}' is not defined, so none of its elements can be assigned")
        scope.put_element(name, keys, value)

    def put_element(self, name: str, keys: Sequence[Value], value: Value) -> None:
        """Like `assign_element`, for a variable of this very scope."""
        # Stored before anything is changed: a value that holds the variable itself makes it shared, hence copied below.
        stored, size = store(value, _IN_TRANSIT)
        container = self.values[name] = _changeable(self.values[name], self.token)
        path = [container]
        for key in keys[:-1]:
            container = self._step_into(path, key)
            path.append(container)
        if isinstance(stored, StoredMap | StoredList) and stored.owner is _IN_TRANSIT:
            stored.owner = container.token
        self._put(path, keys[-1], stored, size)

    def release(self) -> None:
        """The block is over: its variables no longer count."""
        self._memory.charge(-self._size)

    def _writable(self, name: str) -> Scope | None:
        """The scope that holds the variable, if it may be written from here; None for a new variable."""
        scope: Scope | None = self
        beyond_boundary = False
        while scope is not None:
            if name in scope.values:
                if beyond_boundary:
                    message = f"variable '{name}' is not shared, so it cannot be written in a parallel step"
                    raise system_error("TypeError", message)
                return scope
            if scope.shared is not None and name not in scope.shared:
                beyond_boundary = True
            scope = scope.parent
        return None

    def _step_into(self, path: list[StoredContainer], key: Value) -> StoredContainer:
        """The container under `key` of the last one of `path`, ready to be changed; created if there is none."""
        container = path[-1]
        if isinstance(container, StoredMap):
            text = key_text(key)
            if container.get(text) is None:
                empty, size = store({}, container.token)
                self._put(path, text, empty, size)
            owned = container[text] = _changeable(container[text], container.token)
        else:
            index = list_index(container, key)
            owned = container[index] = _changeable(container[index], container.token)
        return owned

    def _put(self, path: list[StoredContainer], key: Value, stored: Value, size: int) -> None:
        """Set an element of the last container of `path` and count the change in all of them."""
        container = path[-1]
        if isinstance(container, StoredMap):
            text = key_text(key)
            change = size - size_of(container[text]) if text in container else size + size_of(text)
            self._count(path, change)
            container[text] = stored
        else:
            index = list_index(container, key)
            self._count(path, size - size_of(container[index]))
            container[index] = stored

    def _count(self, path: list[StoredContainer], change: int) -> None:
        self._memory.charge(change)
        self._size += change
        for container in path:
            container.size += change


_IN_TRANSIT = object()
"""Owner of a container between being stored and being put where it belongs."""


def _changeable(value: Value, holder: object) -> StoredContainer:
    if isinstance(value, StoredMap | StoredList):
        return own(value, holder)
    raise system_error(
        "TypeError", f"cannot assign an element of '{type_name(value)}': only lists and maps have elements"
    )
