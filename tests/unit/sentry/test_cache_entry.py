"""Memos of a cached answer: bounded in number and memory, removed with the answer."""

import tracemalloc

import msgspec
import pytest

from dexter_graphql.sentry.cache_entry import (
    MAX_FRAGMENTS,
    MAX_PROJECTIONS,
    MEMO_OVERHEAD_BYTES,
    RAW_OVERHEAD_BYTES,
    CacheEntry,
    MemoryBudget,
    estimated_size,
)
from dexter_graphql.sentry.cache_tags import TagVersions
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, RecordDecoder
from support.upstream import MovedClock

ACME = Parents(OrganizationRef("1", "acme"))
LIMIT = 100_000


@pytest.fixture
def budget():
    clock = MovedClock()
    return MemoryBudget(LIMIT, clock, TagVersions(clock))


@pytest.fixture
def cache_entry(budget):
    return CacheEntry(budget, 100, fresh_until=5.0, tags=("a",), snapshot=budget.tag_versions.snapshot(["a"]))


def test_memos_are_returned(cache_entry, budget):
    """A memo is returned for its key and no other, and its size is charged to the budget."""
    rows = ["a"]

    cache_entry.put_records(("projection", 1), rows)
    cache_entry.put_fragment(("plan", 1), b"123")

    assert cache_entry.get_records(("projection", 1)) is rows
    assert cache_entry.get_fragment(("plan", 1)) == b"123"
    assert (
        cache_entry.get_records(("projection", 2)),
        cache_entry.get_fragment(("projection", 1)),
        cache_entry.get_records(("plan", 1)),
    ) == (None, None, None)
    assert budget.used == cache_entry.size_bytes == 100 + 2 * MEMO_OVERHEAD_BYTES + estimated_size(rows) + 3
    assert repr(cache_entry) == f"<CacheEntry 1 projections, 1 fragments, {cache_entry.size_bytes} bytes>"


def test_fragment_is_repeated_the_second_time(cache_entry, budget):
    """What is remembered of the first time is charged to the budget, and replaced by the fragment."""
    assert [cache_entry.is_repeated("key") for _ in range(3)] == [False, True, True]
    assert (cache_entry.get_fragment("key"), budget.used) == (None, 100 + MEMO_OVERHEAD_BYTES)

    cache_entry.put_fragment("key", b"123")

    assert (cache_entry.get_fragment("key"), budget.used) == (b"123", 103 + MEMO_OVERHEAD_BYTES)


def test_memos_are_replaced(cache_entry, budget):
    """A key holds one memo, and the budget is charged for the newest one only."""
    for content in (b"long" * 100, b"short"):
        cache_entry.put_fragment("key", content)

    assert (cache_entry.get_fragment("key"), cache_entry.size_bytes, budget.used) == (
        b"short",
        *[105 + MEMO_OVERHEAD_BYTES] * 2,
    )


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_number_of_memos_is_bounded(cache_entry, spare):
    """Above the limit the least recently used memo is removed, and its size is released."""
    for put, get, limit in (
        (lambda key: cache_entry.put_records(key, []), cache_entry.get_records, MAX_PROJECTIONS),
        (lambda key: cache_entry.put_fragment(key, b""), cache_entry.get_fragment, MAX_FRAGMENTS),
    ):
        put("first")
        put("second")
        for number in range(limit - 3 - spare):
            put(number)
        get("first")
        before = cache_entry.size_bytes
        put("last")

        assert get("first") is not None
        assert (get("second") is None) is (spare == -1)
        assert (cache_entry.size_bytes == before) is (spare == -1)


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_size_of_memos_is_bounded(cache_entry, budget, spare):
    """A memo that does not fit into the budget is not stored."""
    size = LIMIT - 100 - MEMO_OVERHEAD_BYTES - spare

    cache_entry.put_fragment("key", bytes(size))

    assert (cache_entry.get_fragment("key") is None, budget.used) == (
        (True, 100) if spare < 0 else (False, LIMIT - spare)
    )


def test_evicted_entries_are_empty(cache_entry, budget):
    """An entry whose answer was removed stores nothing and is charged for nothing; evicting it twice is harmless."""
    cache_entry.put_records("projection", [1])

    cache_entry.evict()
    cache_entry.evict()
    cache_entry.put_records("projection", [1])
    cache_entry.put_fragment("key", b"1")

    assert (
        cache_entry.get_records("projection"),
        cache_entry.get_fragment("key"),
        budget.used,
        cache_entry.is_fresh,
    ) == (None, None, 0, False)


@pytest.mark.parametrize(
    ("seconds", "tags", "is_fresh"), [(4.9, [], True), (5.0, [], False), (0.0, ["a"], False), (0.0, ["b"], True)]
)
def test_freshness(cache_entry, budget, seconds, tags, is_fresh):
    """An answer is fresh within its lifetime, until one of its tags is invalidated."""
    budget.clock.move(seconds)
    budget.tag_versions.invalidate(tags)

    assert cache_entry.is_fresh is is_fresh


def test_estimated_sizes_are_near_the_memory_in_use():
    """The estimated size of decoded records is within a quarter of the memory that they take."""
    nested = Projection("User", "nested", (Field("name", "name", str), Field("age", "age", int)))
    projection = Projection(
        "Issue",
        "list",
        (
            Field("id", "id", int | str),
            Field("title", "title", str),
            Field("share", "share", float),
            Field("is_new", "isNew", bool),
            Field("owner", "owner", nested),
            Field("users", "users", nested, container="list"),
            Field("tags", "tags", object),
        ),
    )
    row = {
        "id": "123456789",
        "title": "could not load the cart",
        "share": 0.5,
        "isNew": True,
        "owner": {"name": "a b", "age": 1000},
        "users": [{"name": f"person {number}", "age": 1000 + number} for number in range(10)],
        "tags": {f"key {number}": ["a value", 1000 + number] for number in range(10)},
    }
    body = msgspec.json.encode([row | {"id": str(number)} for number in range(200)])
    decoder = RecordDecoder()
    decoder.decode_list(body, projection, (), ACME)

    tracemalloc.start()
    try:
        records = decoder.decode_list(body, projection, (), ACME)
        memory_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 0.75 < estimated_size(records) / memory_bytes < 1.25


def test_size_of_undecoded_members():
    """Undecoded JSON counts with its length, whether it is a copy or a view of the answer."""
    view = msgspec.json.decode(b'{"a": "' + b"x" * 1000 + b'"}', type=dict[str, msgspec.Raw])["a"]

    assert estimated_size(view) == RAW_OVERHEAD_BYTES + 1002
    assert estimated_size(msgspec.Raw(b"null")) == RAW_OVERHEAD_BYTES + 4


def test_records_with_undecoded_members_are_kept(cache_entry):
    """Records with undecoded members are decoded once, like all others."""
    projection = Projection(
        "Event", "detail", (Field("entries", "entries", msgspec.Raw), Field("tags", "tags", msgspec.Raw))
    )
    decoder = RecordDecoder()

    first, second = (
        decoder.decode_one(b'{"entries": []}', projection, (), ACME, cache_entry=cache_entry) for _ in range(2)
    )

    assert second is first


def test_constants_have_no_size():
    """What every process has anyway is not counted."""
    assert [estimated_size(value) for value in (None, True, False)] == [0, 0, 0]
