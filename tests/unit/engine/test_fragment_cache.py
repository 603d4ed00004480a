"""Fragment cache: which JSON is kept with an upstream answer, and which is not."""

from dataclasses import dataclass

import pytest

from dexter_graphql.engine.counters import Outcome
from dexter_graphql.sentry.cache_entry import CacheEntry
from support.declared import Both, attribute, context_free, deferred, immediate, schema_of
from support.upstream import a_cache_entry

SDL = """
  type Query { page(part: Int = 0): Page }
  type Page { items: [Item], again: [Item], count: Int }
  type Item { id: ID!, size: Int, owner: String, by(n: Int): Int, items: [Item] }
"""


@dataclass(eq=False)
class Item:
    """A row of an answer."""

    id: str
    size: object = 1


@dataclass(eq=False, slots=True)
class Page:
    """Some rows of a cached upstream answer."""

    items: list
    cache_entry: CacheEntry | None
    fragment_key: int = 0


@pytest.fixture
def page():
    """A page of two rows."""
    return Page([Item("1"), Item("2")], a_cache_entry())


@pytest.fixture
def both(page):
    """Both engines over that page."""

    def pages(rows, given):
        page.fragment_key = given["part"]
        return [page for _ in rows]

    return Both(
        schema_of(
            SDL,
            Query_page=deferred(pages),
            Page_items=context_free(lambda row: row.items),
            Page_again=context_free(lambda row: row.items),
            Page_count=context_free(lambda row: len(row.items)),
            Item_id=attribute("id"),
            Item_size=attribute("size"),
            Item_owner=deferred(lambda rows, _: [f"owner of {row.id}" for row in rows]),
            Item_by=immediate(lambda row, n=0: int(row.id) + n),
            Item_items=context_free(lambda _: []),
        ),
        cached_row_class=Page,
    )


def change(page):
    """Change the rows, which never happens to a cached answer, to see whether they are read again."""
    for item in page.items:
        item.size = 99


LIST = "{ page { items { id size } count } }"


async def test_fragment_is_reused(both, page):
    """From the third request on, for the same field of the same operation; the second one stores it."""
    first = await both.ask(LIST)
    await both.ask(LIST)
    change(page)

    assert await both.ask(LIST) == first
    assert both.outcome is Outcome.FAST
    assert (await both.ask("{ page { items { size } again { size } } }"))["data"]["page"]["again"] == [{"size": 99}] * 2


async def test_fragment_of_the_first_request_is_not_stored(both, page):
    """Most answers are used once: the JSON would take memory for nothing."""
    await both.ask(LIST)
    change(page)

    assert (await both.ask(LIST))["data"]["page"]["items"][0]["size"] == 99


async def test_fragments_are_dropped_with_their_answer(both, page):
    """An answer that was evicted has no fragments."""
    for _ in range(2):
        await both.ask(LIST)
    change(page)
    page.cache_entry.evict()

    assert (await both.ask(LIST))["data"]["page"]["items"] == [{"id": "1", "size": 99}, {"id": "2", "size": 99}]


async def test_uncached_answer_is_completed_each_time(both, page):
    """Without a cache entry nothing is kept."""
    page.cache_entry = None
    for _ in range(2):
        await both.ask(LIST)
    change(page)

    assert (await both.ask(LIST))["data"]["page"]["items"][0]["size"] == 99


async def test_parts_of_an_answer_have_their_own_fragments(both, page):
    """The row's fragment key is a part of the key."""
    text = "query ($part: Int) { page(part: $part) { items { size } } }"
    for _ in range(2):
        await both.ask(text, {"part": 0})
    change(page)

    sizes = [(await both.ask(text, {"part": part}))["data"]["page"]["items"][0]["size"] for part in (0, 1)]

    assert sizes == [1, 99]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ page { items { size owner } } }", None),
        ("query ($n: Int) { page { items { size by(n: $n) } } }", {"n": 1}),
        ("query ($n: Int) { page { items { size items { by(n: $n) } } } }", {"n": 1}),
    ],
    ids=["batched field", "depends on a variable", "depends on a variable further down"],
)
async def test_value_that_depends_on_more_is_not_kept(both, page, text, variables):
    """On a batched field or on a variable."""
    await both.agreed(text, variables)
    change(page)

    answer = await both.ask(text, variables)

    assert answer["data"]["page"]["items"][0]["size"] == 99
    assert repr(page.cache_entry) == "<CacheEntry 0 projections, 0 fragments, 0 bytes>"


async def test_failures_are_not_kept(both, page):
    """Each response has the error at its path."""
    page.items[0].size = "text"
    await both.ask(LIST)

    assert [error["path"] for error in (await both.ask(LIST))["errors"]] == [["page", "items", 0, "size"]]
