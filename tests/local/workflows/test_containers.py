"""Value semantics and sizes of lists and maps that variables hold, against plain deep copies."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from local.workflows.containers import SCALAR_BYTES, StoredList, StoredMap, size_of, store
from local.workflows.engine.scopes import Memory, Scope
from local.workflows.values import plain

NAMES = ("a", "b", "c")
KEYS = ("k", "l")
_scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(alphabet="xé炒", max_size=5)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2),
    max_leaves=6,
)
_paths = st.lists(st.sampled_from(KEYS) | st.integers(0, 2), min_size=1, max_size=3)


def walked_size(value: Any) -> int:  # noqa: ANN401  # any value of the language
    """The size of a value, by walking over it."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, list):
        return SCALAR_BYTES + sum(map(walked_size, value))
    if isinstance(value, dict):
        return SCALAR_BYTES + sum(walked_size(key) + walked_size(item) for key, item in value.items())
    return SCALAR_BYTES


class Variables(RuleBasedStateMachine):
    """Assignments of all kinds, done to a scope and to a model that copies everything."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.scope = Scope(self.memory)
        self.model: dict[str, Any] = {}
        for name in NAMES:
            self.assign(name, None)

    @rule(name=st.sampled_from(NAMES), value=_values)
    def assign(self, name: str, value: object) -> None:
        self.model[name] = copy.deepcopy(value)
        self.scope.assign(name, value)

    @rule(name=st.sampled_from(NAMES), source=st.sampled_from(NAMES))
    def assign_variable(self, name: str, source: str) -> None:
        self.model[name] = copy.deepcopy(self.model[source])
        self.scope.assign(name, self.scope.values[source])

    @rule(name=st.sampled_from(NAMES), sources=st.lists(st.sampled_from(NAMES), max_size=3))
    def assign_list_of_variables(self, name: str, sources: list[str]) -> None:
        self.model[name] = [copy.deepcopy(self.model[source]) for source in sources]
        self.scope.assign(name, [self.scope.values[source] for source in sources])

    @rule(name=st.sampled_from(NAMES), source=st.sampled_from(NAMES), item=st.sampled_from(NAMES))
    def append(self, name: str, source: str, item: str) -> None:
        items = self.scope.values[source]
        if isinstance(items, StoredList):
            self.model[name] = [*copy.deepcopy(self.model[source]), copy.deepcopy(self.model[item])]
            self.scope.assign(name, items.with_item(len(items), self.scope.values[item]))

    @rule(name=st.sampled_from(NAMES), source=st.sampled_from(NAMES), other=st.sampled_from(NAMES))
    def merge(self, name: str, source: str, other: str) -> None:
        first, second = self.scope.values[source], self.scope.values[other]
        if isinstance(first, StoredMap) and isinstance(second, StoredMap):
            self.model[name] = {**copy.deepcopy(self.model[source]), **copy.deepcopy(self.model[other])}
            self.scope.assign(name, first.with_entries(second))

    @rule(name=st.sampled_from(NAMES), path=_paths, source=st.sampled_from(NAMES))
    def assign_element(self, name: str, path: list[str | int], source: str) -> None:
        if not reaches_map_or_list(self.model[name], path):
            return
        value = copy.deepcopy(self.model[source])
        put(self.model[name], path, value)
        self.scope.assign_element(name, path, self.scope.values[source])

    @invariant()
    def values_are_those_of_the_model(self) -> None:
        assert {name: plain(value) for name, value in self.scope.values.items()} == self.model

    @invariant()
    def sizes_are_those_of_a_walk(self) -> None:
        for name, value in self.scope.values.items():
            assert size_of(value) == walked_size(self.model[name])
        assert self.memory.used == sum(map(walked_size, self.model.values()))


def reaches_map_or_list(value: object, path: list[str | int]) -> bool:
    """Whether `path` can be assigned: through maps by text, through lists by an index they have."""
    for position, key in enumerate(path):
        is_last = position == len(path) - 1
        if isinstance(value, dict) and isinstance(key, str):
            if is_last or value.get(key) is None:  # missing maps are made, and have no indexes
                return all(isinstance(later, str) for later in path[position:])
            value = value[key]
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            if is_last:
                return True
            value = value[key]
        else:
            return False
    return False


def put(container: Any, path: list[str | int], value: object) -> None:  # noqa: ANN401  # a list or a map
    *way, last = path
    for key in way:
        if isinstance(container, dict) and container.get(str(key)) is None:
            container[str(key)] = {}
        container = container[key]
    container[str(last) if isinstance(container, dict) else last] = value


Variables.TestCase.settings = settings(max_examples=80, stateful_step_count=15, deadline=None)
TestVariables = Variables.TestCase


@given(_values)
def test_a_stored_value_is_equal_to_what_was_given(value: object) -> None:
    stored, size = store(copy.deepcopy(value), object())
    assert plain(stored) == value
    assert size == size_of(stored) == walked_size(value)


def test_taking_all_values_away_leaves_no_memory_in_use() -> None:
    memory = Memory()
    scope = Scope(memory)
    scope.assign("a", {"k": [1, "x" * 100]})
    inner = Scope(memory, parent=scope)
    inner.assign("b", scope.values["a"])
    inner.assign_element("b", ["k", 0], "y" * 50)
    inner.release()
    assert memory.used == walked_size({"k": [1, "x" * 100]})
    scope.release()
    assert memory.used == 0
