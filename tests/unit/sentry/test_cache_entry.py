"""What one process made of an answer: kept in bounds, and weighed."""

import tracemalloc

import msgspec
import pytest

from dexter_graphql.sentry.cache_entry import (
    MAX_FRAGMENTS,
    MAX_PROJECTIONS,
    MEMO_OVERHEAD_BYTES,
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


def test_pieces_come_back(cache_entry, budget):
    """What was kept under a key comes back, under no other, and takes room."""
    rows = ["a"]

    cache_entry.put_records(("shape", 1), rows)
    cache_entry.put_fragment(("plan", 1), b"123")

    assert cache_entry.get_records(("shape", 1)) is rows
    assert cache_entry.get_fragment(("plan", 1)) == b"123"
    assert (
        cache_entry.get_records(("shape", 2)),
        cache_entry.get_fragment(("shape", 1)),
        cache_entry.get_records(("plan", 1)),
    ) == (None, None, None)
    assert budget.used == cache_entry.size_bytes == 100 + 2 * MEMO_OVERHEAD_BYTES + estimated_size(rows) + 3
    assert repr(cache_entry) == f"<Kept 1 projections, 1 finished, {cache_entry.size_bytes} bytes>"


def test_pieces_are_replaced(cache_entry, budget):
    """A key holds one thing."""
    for content in (b"long" * 100, b"short"):
        cache_entry.put_fragment("key", content)

    assert (cache_entry.get_fragment("key"), cache_entry.size_bytes, budget.used) == (
        b"short",
        *[105 + MEMO_OVERHEAD_BYTES] * 2,
    )


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_the_number_of_pieces(cache_entry, spare):
    """Beyond so many the one that was not asked for longest goes, and takes its size along."""
    for keep, ask, limit in (
        (lambda key: cache_entry.put_records(key, []), cache_entry.get_records, MAX_PROJECTIONS),
        (lambda key: cache_entry.put_fragment(key, b""), cache_entry.get_fragment, MAX_FRAGMENTS),
    ):
        keep("first")
        keep("second")
        for number in range(limit - 3 - spare):
            keep(number)
        ask("first")
        before = cache_entry.size_bytes
        keep("last")

        assert ask("first") is not None
        assert (ask("second") is None) is (spare == -1)
        assert (cache_entry.size_bytes == before) is (spare == -1)


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_the_size_of_pieces(cache_entry, budget, spare):
    """What does not fit the limit is not kept."""
    size = LIMIT - 100 - MEMO_OVERHEAD_BYTES - spare

    cache_entry.put_fragment("key", bytes(size))

    assert (cache_entry.get_fragment("key") is None, budget.used) == (
        (True, 100) if spare < 0 else (False, LIMIT - spare)
    )


def test_the_end(cache_entry, budget):
    """When its answer went, nothing is kept any more, and nothing takes room; an end comes once."""
    cache_entry.put_records("shape", [1])

    cache_entry.evict()
    cache_entry.evict()
    cache_entry.put_records("shape", [1])
    cache_entry.put_fragment("key", b"1")

    assert (
        cache_entry.get_records("shape"),
        cache_entry.get_fragment("key"),
        budget.used,
        cache_entry.is_fresh,
    ) == (None, None, 0, False)


@pytest.mark.parametrize(
    ("seconds", "raised", "is_fresh"), [(4.9, [], True), (5.0, [], False), (0.0, ["a"], False), (0.0, ["b"], True)]
)
def test_freshness(cache_entry, budget, seconds, raised, is_fresh):
    """An answer is fresh within its lifetime, while nothing is raised that it depends on."""
    budget.clock.move(seconds)
    budget.tag_versions.invalidate(raised)

    assert cache_entry.is_fresh is is_fresh


def test_weights_are_near_what_memory_says():
    """The weight of decoded records is what they take, within a quarter."""
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
    get_records = RecordDecoder()
    get_records.decode_list(body, projection, (), ACME)

    tracemalloc.start()
    try:
        found = get_records.decode_list(body, projection, (), ACME)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 0.75 < estimated_size(found) / taken < 1.25


def test_constants_weigh_nothing():
    """What every process has anyway is not counted."""
    assert [estimated_size(value) for value in (None, True, False)] == [0, 0, 0]
