"""Preconditions against a model of what Cloud Storage does, and under a race."""

import itertools
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.storage import BucketSettings, ObjectMetadata
from local.storage.errors import StorageError
from local.storage.resources import ObjectAttributes
from local.storage.store import Store
from local.storage.store.content import Content
from local.storage.store.objects import Placement
from local.storage.store.preconditions import Preconditions


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("store"), on_finalize=lambda _metadata: None)
    store.ensure_buckets([BucketSettings(name="uploads")])
    yield store
    store.close()


def content(store: Store, data: bytes) -> Content:
    with store.content.writer() as writer:
        writer.write(data)
        return writer.finish()


def put(store: Store, name: str, data: bytes, preconditions: Preconditions) -> ObjectMetadata:
    return store.objects.put(Placement("uploads", name, ObjectAttributes(), preconditions), content(store, data))


fresh = itertools.count()
relative = st.sampled_from([None, "absent", "current", "other"])
operation = st.tuples(st.sampled_from(["put", "patch", "delete", "read"]), relative, relative, relative, relative)


def concrete(which: str | None, current: int | None) -> int | None:
    """A number for a condition, in relation to the object's state."""
    if which is None:
        return None
    if which == "absent":
        return 0
    return current if which == "current" and current is not None else 12345


def holds(conditions: Preconditions, generation: int, metageneration: int) -> bool:
    return (
        conditions.generation_match in {None, generation}
        and conditions.metageneration_match in {None, metageneration}
        and conditions.generation_not_match != generation
        and conditions.metageneration_not_match != metageneration
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(operation, min_size=1, max_size=8))
def test_operations_succeed_exactly_when_their_conditions_hold(
    store: Store, operations: list[tuple[str, str | None, str | None, str | None, str | None]]
) -> None:
    name = f"object-{next(fresh)}"
    state: tuple[int, int] | None = None  # the model: generation and metageneration, or no object
    for what, *wanted in operations:
        generation, metageneration = state or (None, None)
        conditions = Preconditions(
            generation_match=concrete(wanted[0], generation),
            generation_not_match=concrete(wanted[1], generation),
            metageneration_match=concrete(wanted[2], metageneration),
            metageneration_not_match=concrete(wanted[3], metageneration),
        )
        if what != "put" and state is None:
            expected = 404
        else:
            expected = 200 if holds(conditions, generation or 0, metageneration or 0) else 412
        try:
            match what:
                case "put":
                    metadata = put(store, name, b"bytes", conditions)
                    assert state is None or metadata.generation > state[0]
                    state = (metadata.generation, 1)
                case "patch":
                    metadata = store.objects.change(
                        "uploads", name, {"cacheControl": "no-store"}, preconditions=conditions
                    )
                    state = (metadata.generation, metadata.metageneration)
                case "delete":
                    store.objects.delete("uploads", name, preconditions=conditions)
                    state = None
                case _:
                    assert store.objects.get("uploads", name, preconditions=conditions).generation == generation
            found = 200
        except StorageError as error:
            found = 412 if error.kind.status == 304 else error.kind.status
        assert found == expected, (what, conditions, state)


def test_of_many_who_expect_no_object_exactly_one_succeeds(store: Store) -> None:
    won: list[bytes] = []
    refused: list[int] = []

    def compete(number: int) -> None:
        data = str(number).encode()
        try:
            put(store, "contested", data, Preconditions(generation_match=0))
        except StorageError as error:
            refused.append(error.kind.status)
        else:
            won.append(data)

    threads = [threading.Thread(target=compete, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), refused) == (1, [412] * 15)
    metadata, file = store.objects.open("uploads", "contested")
    with file:
        assert file.read() == won[0]
    assert metadata.size == len(won[0])


def test_of_many_writers_the_last_generation_wins_whole(store: Store) -> None:
    written: dict[int, bytes] = {}

    def write(number: int) -> None:
        data = bytes([number]) * 100_000
        written[put(store, "busy", data, Preconditions()).generation] = data

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    metadata, file = store.objects.open("uploads", "busy")
    with file:
        assert file.read() == written[metadata.generation]
    assert metadata.generation == max(written)
    assert len(written) == 16


@pytest.mark.parametrize("text", ["-1", "1.5", "", "x", "１"])
def test_condition_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(StorageError, match="expected a whole number"):
        Preconditions.from_query({"ifGenerationMatch": text})


def test_names_of_conditions() -> None:
    query = {"ifGenerationMatch": "1", "ifGenerationNotMatch": "2", "ifMetagenerationMatch": "3"}
    query |= {"ifMetagenerationNotMatch": "4", "ifSourceGenerationMatch": "5"}
    assert Preconditions.from_query(query) == Preconditions(
        generation_match=1, generation_not_match=2, metageneration_match=3, metageneration_not_match=4
    )
    assert Preconditions.from_query(query, "ifSource") == Preconditions(generation_match=5)
    headers = {"x-goog-if-generation-match": "0", "x-goog-if-metageneration-match": "1"}
    assert Preconditions.from_headers(headers) == Preconditions(generation_match=0, metageneration_match=1)
