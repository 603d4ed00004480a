"""What one process made of an answer: kept in bounds, and weighed."""

import tracemalloc

import msgspec
import pytest

from dexter_graphql.sentry.generations import Generations
from dexter_graphql.sentry.kept import MAX_FINISHED, MAX_PROJECTIONS, PIECE_BYTES, Kept, Room, weight
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Records, Shape
from support.upstream import MovedClock

ACME = Scope(OrganizationRef("1", "acme"))
LIMIT = 100_000


@pytest.fixture
def room():
    clock = MovedClock()
    return Room(LIMIT, clock, Generations(clock))


@pytest.fixture
def kept(room):
    return Kept(room, 100, fresh_until=5.0, tags=("a",), stamp=room.generations.stamp(["a"]))


def test_pieces_come_back(kept, room):
    """What was kept under a key comes back, under no other, and takes room."""
    rows = ["a"]

    kept.keep_records(("shape", 1), rows)
    kept.finish(("plan", 1), b"123")

    assert kept.records(("shape", 1)) is rows
    assert kept.finished(("plan", 1)) == b"123"
    assert (kept.records(("shape", 2)), kept.finished(("shape", 1)), kept.records(("plan", 1))) == (None, None, None)
    assert room.used_bytes == kept.size_bytes == 100 + 2 * PIECE_BYTES + weight(rows) + 3
    assert repr(kept) == f"<Kept 1 projections, 1 finished, {kept.size_bytes} bytes>"


def test_pieces_are_replaced(kept, room):
    """A key holds one thing."""
    for content in (b"long" * 100, b"short"):
        kept.finish("key", content)

    assert (kept.finished("key"), kept.size_bytes, room.used_bytes) == (b"short", *[105 + PIECE_BYTES] * 2)


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_the_number_of_pieces(kept, spare):
    """Beyond so many the one that was not asked for longest goes, and takes its size along."""
    for keep, ask, limit in (
        (lambda key: kept.keep_records(key, []), kept.records, MAX_PROJECTIONS),
        (lambda key: kept.finish(key, b""), kept.finished, MAX_FINISHED),
    ):
        keep("first")
        keep("second")
        for number in range(limit - 3 - spare):
            keep(number)
        ask("first")
        before = kept.size_bytes
        keep("last")

        assert ask("first") is not None
        assert (ask("second") is None) is (spare == -1)
        assert (kept.size_bytes == before) is (spare == -1)


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_the_size_of_pieces(kept, room, spare):
    """What does not fit the limit is not kept."""
    size = LIMIT - 100 - PIECE_BYTES - spare

    kept.finish("key", bytes(size))

    assert (kept.finished("key") is None, room.used_bytes) == ((True, 100) if spare < 0 else (False, LIMIT - spare))


def test_the_end(kept, room):
    """When its answer went, nothing is kept any more, and nothing takes room; an end comes once."""
    kept.keep_records("shape", [1])

    kept.end()
    kept.end()
    kept.keep_records("shape", [1])
    kept.finish("key", b"1")

    assert (kept.records("shape"), kept.finished("key"), room.used_bytes, kept.is_fresh) == (None, None, 0, False)


@pytest.mark.parametrize(
    ("seconds", "raised", "is_fresh"), [(4.9, [], True), (5.0, [], False), (0.0, ["a"], False), (0.0, ["b"], True)]
)
def test_freshness(kept, room, seconds, raised, is_fresh):
    """An answer is fresh within its lifetime, while nothing is raised that it depends on."""
    room.clock.move(seconds)
    room.generations.raise_(raised)

    assert kept.is_fresh is is_fresh


def test_weights_are_near_what_memory_says():
    """The weight of decoded records is what they take, within a quarter."""
    nested = Shape("User", "nested", (Member("name", "name", str), Member("age", "age", int)))
    shape = Shape(
        "Issue",
        "list",
        (
            Member("id", "id", int | str),
            Member("title", "title", str),
            Member("share", "share", float),
            Member("is_new", "isNew", bool),
            Member("owner", "owner", nested),
            Member("users", "users", nested, container="list"),
            Member("tags", "tags", object),
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
    records = Records()
    records.decode_list(body, shape, (), ACME)

    tracemalloc.start()
    try:
        found = records.decode_list(body, shape, (), ACME)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 0.75 < weight(found) / taken < 1.25


def test_constants_weigh_nothing():
    """What every process has anyway is not counted."""
    assert [weight(value) for value in (None, True, False)] == [0, 0, 0]
