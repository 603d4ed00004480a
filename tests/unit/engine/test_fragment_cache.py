"""Finished bytes that stay with the answer they were made of, and what never gets there."""

from dataclasses import dataclass

import pytest

from dexter_graphql.engine.counters import Outcome
from dexter_graphql.sentry.cache_entry import CacheEntry
from support.declared import Both, attribute, deferred, inline, schema_of, told
from support.upstream import a_kept

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
    """Some rows of an answer, with what is kept of it."""

    items: list
    cache_entry: CacheEntry | None
    fragment_key: int = 0


@pytest.fixture
def page():
    """A page of two rows."""
    return Page([Item("1"), Item("2")], a_kept())


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
            Page_items=inline(lambda row: row.items),
            Page_again=inline(lambda row: row.items),
            Page_count=inline(lambda row: len(row.items)),
            Item_id=attribute("id"),
            Item_size=attribute("size"),
            Item_owner=deferred(lambda rows, _: [f"owner of {row.id}" for row in rows]),
            Item_by=told(lambda row, n=0: int(row.id) + n),
            Item_items=inline(lambda _: []),
        ),
        cached_row_class=Page,
    )


def change(page):
    """Make rows tell something else, which no answer in the cache ever does."""
    for item in page.items:
        item.size = 99


LIST = "{ page { items { id size } count } }"


async def test_bytes_are_given_again_with_their_answer(both, page):
    """Across requests, and for the same field of the same operation alone."""
    first = await both.ask(LIST)
    change(page)

    assert await both.ask(LIST) == first
    assert both.outcome is Outcome.FAST
    assert (await both.ask("{ page { items { size } again { size } } }"))["data"]["page"]["again"] == [{"size": 99}] * 2


async def test_they_end_with_it(both, page):
    """What is no longer in the cache keeps nothing."""
    await both.ask(LIST)
    change(page)
    page.cache_entry.evict()

    assert (await both.ask(LIST))["data"]["page"]["items"] == [{"id": "1", "size": 99}, {"id": "2", "size": 99}]


async def test_answer_that_is_not_kept_is_completed_each_time(both, page):
    """There is nowhere to put it."""
    page.cache_entry = None
    await both.ask(LIST)
    change(page)

    assert (await both.ask(LIST))["data"]["page"]["items"][0]["size"] == 99


async def test_parts_of_an_answer_have_bytes_of_their_own(both, page):
    """They are told apart by the row itself."""
    text = "query ($part: Int) { page(part: $part) { items { size } } }"
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
    ids=["has to be waited for", "depends on a variable", "depends on one further down"],
)
async def test_what_depends_on_more_is_never_finished(both, page, text, variables):
    """On a lookup, or on what a request brings."""
    await both.agreed(text, variables)
    change(page)

    answer = await both.ask(text, variables)

    assert answer["data"]["page"]["items"][0]["size"] == 99
    assert repr(page.cache_entry) == "<Kept 0 projections, 0 finished, 0 bytes>"


async def test_failures_are_never_finished(both, page):
    """An error has its place in each answer anew."""
    page.items[0].size = "text"
    await both.ask(LIST)

    assert [error["path"] for error in (await both.ask(LIST))["errors"]] == [["page", "items", 0, "size"]]
