"""Persisted queries: bounds, and texts that another replica stored."""

from dexter_graphql.operations.persisted import MAX_LENGTH, PersistedQueries
from dexter_graphql.operations.trusted import hash_of

MEBIBYTE = 1024 * 1024


class Shared:
    """Texts in a dictionary, and the names that were looked up."""

    def __init__(self, **texts):
        self.texts, self.reads = texts, []

    async def get(self, name):
        self.reads.append(name)
        return self.texts.get(name)

    async def put(self, name, text):
        self.texts[name] = text


async def found(queries, texts):
    """Those of some texts that are found by their hashes."""
    return [text for text in texts if await queries.find(hash_of(text)) is not None]


async def test_least_recently_used_goes_first():
    """Above the number of documents, the one that was not used for the longest time is removed."""
    queries = PersistedQueries(2, MEBIBYTE)
    for text in ("a", "b"):
        await queries.register(text)
    await queries.find(hash_of("a"))
    await queries.register("c")

    assert await found(queries, ("a", "b", "c")) == ["a", "c"]


async def test_size_is_bounded():
    """Documents have room in bytes, as if every character took four; one that is too long is not stored."""
    queries = PersistedQueries(100, 400)
    texts = [letter * 40 for letter in "abc"]
    for text in (*texts, "d" * 101, "e" * (MAX_LENGTH + 1)):
        await queries.register(text)

    assert await found(queries, (*texts, "d" * 101)) == texts[1:]
    assert [sample.value for sample in queries.collect()] == [2, 320]


async def test_document_of_another_replica_is_looked_up_once():
    """A document that another replica registered is kept in memory after its first use."""
    shared = Shared(**{hash_of("a"): "a"})
    queries = PersistedQueries(10, MEBIBYTE, shared)

    texts = [await queries.find(hash_of("a")) for _ in range(3)]

    assert (texts, shared.reads) == (["a"] * 3, [hash_of("a")])


async def test_changed_text_is_not_used():
    """A text whose hash is another one counts as missing."""
    queries = PersistedQueries(10, MEBIBYTE, Shared(**{hash_of("a"): "b"}))

    assert await queries.find(hash_of("a")) is None


async def test_turned_off_store_keeps_nothing():
    """With a bound of zero nothing is stored and nothing is looked up."""
    shared = Shared(**{hash_of("a"): "a"})
    queries = PersistedQueries(0, MEBIBYTE, shared)
    await queries.register("b")

    assert (await found(queries, ("a", "b")), shared.reads) == ([], [])
