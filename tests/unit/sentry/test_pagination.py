"""Slices of a list, composed from Sentry's pages."""

from dataclasses import astuple
from types import SimpleNamespace

import msgspec
import pytest

from dexter_graphql.sentry.errors import BadRequest
from dexter_graphql.sentry.pagination import (
    Before,
    Page,
    Position,
    Positions,
    Slice,
    collect,
    slice_complete,
    slice_rows,
)
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from support.upstream import a_cache_entry

ACME = Parents(OrganizationRef("1", "acme"))


class Pages:
    """A paged list in memory: `pages` maps a cursor to its rows and to the next cursor."""

    def __init__(self, pages, hits=None):
        self.pages, self.hits = pages, hits
        self.requests = []

    async def __call__(self, size, cursor):
        self.requests.append((size, cursor))
        rows, following = self.pages[cursor]
        return Page(rows=rows, next=following, hits=self.hits)


def numbered(total, size=100):
    """A list of numbers in pages of one size."""
    ends = range(0, max(total, 1), size)
    return Pages(
        {
            None if start == 0 else f"<{start}>": (
                list(range(start, min(start + size, total))),
                f"<{start + size}>" if start + size < total else None,
            )
            for start in ends
        },
        hits=total,
    )


async def test_a_short_list():
    """A list that ends before the requested number has no next page, and each row has a position after it."""
    pages = numbered(2)

    part = await collect(pages, first=10, after=None)

    assert part == Slice([0, 1], [Position(None, 1, 10), Position(None, 2, 10)], hits=2)
    assert pages.requests == [(10, None)]


async def test_an_empty_list():
    """No rows, no positions, nothing before or after."""
    assert await collect(numbered(0), first=10, after=None) == Slice(hits=0)


async def test_composed_pages():
    """More rows than a page holds come from as few pages as possible."""
    pages = numbered(1000)

    part = await collect(pages, first=250, after=None)

    assert (part.rows, part.has_next, part.stopped) == (list(range(250)), True, False)
    assert pages.requests == [(100, None), (100, "<100>"), (100, "<200>")]


@pytest.mark.parametrize(("first", "has_next", "stopped"), [(99, True, False), (100, True, False), (101, True, True)])
async def test_the_cap(first, has_next, stopped):
    """A list that the cap ends is marked as stopped, one that has all requested rows is not."""
    part = await collect(numbered(1000), first=first, after=None, cap=100)

    assert (len(part.rows), part.has_next, part.stopped) == (min(first, 100), has_next, stopped)


@pytest.mark.parametrize("total", [99, 100])
async def test_the_cap_at_the_end(total):
    """A list that ends at the cap or before is not stopped."""
    part = await collect(numbered(total), first=500, after=None, cap=100)

    assert (len(part.rows), part.has_next, part.stopped) == (total, False, False)


@pytest.mark.parametrize(("total", "has_next"), [(9, False), (10, False), (11, True)])
async def test_what_follows(total, has_next):
    """The rest of the page, or Sentry's next cursor, decides whether more follows."""
    part = await collect(numbered(total, size=10), first=10, after=None)

    assert part.has_next is has_next


async def test_resuming_in_a_page():
    """A position inside of a page requests that page in its size, and skips the rows before."""
    pages = numbered(1000, size=10)
    start = await collect(pages, first=7, after=None)
    pages.requests.clear()

    part = await collect(pages, first=5, after=start.positions[2])

    assert (part.rows, part.has_previous, part.has_next) == ([3, 4, 5, 6, 7], True, True)
    assert pages.requests == [(7, None)]


async def test_resuming_at_the_end_of_a_page():
    """The position after a page's last row is the start of the next page, so that no page is requested twice."""
    pages = numbered(30, size=10)
    start = await collect(pages, first=10, after=None)
    pages.requests.clear()

    part = await collect(pages, first=10, after=start.positions[-1])

    assert start.positions[-1] == Position("<10>", 0, 10)
    assert (part.rows, pages.requests) == (list(range(10, 20)), [(10, "<10>")])


async def test_resuming_at_the_end_of_the_list():
    """After the last row nothing follows, however often it is requested."""
    pages = numbered(15, size=10)
    start = await collect(pages, first=20, after=None)

    part = await collect(pages, first=10, after=start.positions[-1])

    assert part == Slice(has_previous=True, hits=15)


async def test_rows_that_vanished():
    """A page that has lost rows returns the rest, and the list goes on."""
    pages = Pages({None: ([0, 1], "b"), "b": ([5, 6], None)})

    part = await collect(pages, first=2, after=Position(None, 7, 10))

    assert part.rows == [5, 6]


@pytest.mark.parametrize(
    ("first", "after", "is_cacheable"),
    [
        (10, None, True),
        (4, None, True),
        (4, Position(None, 3, 10), True),
        (4, Before(None, 8, 10), True),
        (11, None, False),
        (10, Position(None, 3, 10), False),
        (10, Before("<10>", 3, 10), False),
    ],
)
async def test_what_is_kept_of_one_answer(first, after, is_cacheable):
    """A part of one answer has its cache entry, a part of several has none."""
    pages, cache_entry = numbered(30, size=10), a_cache_entry()

    async def fetch_page(size, cursor):
        page = await pages(size, cursor)
        previous = {"<10>": "<0>"}.get(cursor)
        return msgspec.structs.replace(page, cache_entry=cache_entry, parents=ACME, previous=previous)

    pages.pages["<0>"] = pages.pages[None]

    part = await collect(fetch_page, first=first, after=after)

    assert (len(part.rows), part.cache_entry is cache_entry, ACME in part.fragment_key) == (
        first,
        is_cacheable,
        is_cacheable,
    )


async def test_whole_answers_stay_themselves():
    """The rows of a whole page are the page's own list."""
    page = Page(rows=[1, 2, 3])

    async def fetch_page(_size, _cursor):
        return page

    complete, part = [await collect(fetch_page, first=first, after=None) for first in (3, 2)]

    assert (complete.rows is page.rows, part.rows, page.rows) == (True, [1, 2], [1, 2, 3])
    assert slice_rows(page.rows, 3, None, 100).rows is page.rows
    assert slice_rows(page.rows, 3, Position(None, 1, 100), 100).rows == [2, 3]


def test_positions_are_a_sequence():
    """Positions are computed when read, and equal a list of them."""
    positions = Positions(Position("c", 4, 10), 3, "d")

    assert positions == [Position("c", 5, 10), Position("c", 6, 10), Position("d", 0, 10)]
    assert (positions[0], positions[-1], positions[1:]) == (
        Position("c", 5, 10),
        Position("d", 0, 10),
        list(positions)[1:],
    )
    assert (len(positions), positions == Positions(Position("c", 4, 10), 3, "d"), positions == 5) == (3, True, False)
    with pytest.raises(IndexError):
        positions[3]


async def test_no_rows_wanted():
    """With `first: 0` no rows are returned, and has_next is still right."""
    part = await collect(numbered(5), first=0, after=None)

    assert part == Slice(has_next=True, hits=5)


@pytest.mark.parametrize(("empty", "rows"), [(1, [0, 1]), (2, [0, 1]), (3, [0])])
async def test_empty_pages(empty, rows):
    """A few empty pages are skipped; three in a row end the list."""
    pages = {None: ([0], "1")} | {f"{n}": ([], f"{n + 1}") for n in range(1, empty + 1)}
    pages[f"{empty + 1}"] = ([1], None)

    part = await collect(Pages(pages), first=10, after=None)

    assert (part.rows, part.has_next) == (rows, False)


async def test_empty_pages_are_counted_in_a_row():
    """Rows between empty pages restart the count."""
    pages = {None: ([], "1"), "1": ([], "2"), "2": ([0], "3"), "3": ([], "4"), "4": ([], "5"), "5": ([1], None)}

    part = await collect(Pages(pages), first=10, after=None)

    assert part.rows == [0, 1]


async def test_a_cursor_that_leads_to_itself():
    """A page that names itself as the next one is the last."""
    pages = Pages({None: ([0, 1], "b"), "b": ([2, 3], "b")})

    part = await collect(pages, first=10, after=None)
    again = await collect(pages, first=10, after=part.positions[-1])

    assert (part.rows, part.has_next) == ([0, 1, 2, 3], False)
    assert (again.rows, again.has_next) == ([], False)


async def test_hits_of_the_first_page():
    """The count is that of the first page."""
    pages = Pages({None: ([0], "b"), "b": ([1], None)})
    hits = iter([17, 99])

    async def fetch(size, cursor):
        page = await pages(size, cursor)
        return Page(rows=page.rows, next=page.next, hits=next(hits))

    assert (await collect(fetch, first=10, after=None)).hits == 17


async def test_pages_without_count():
    """A list that Sentry does not count has no count."""
    assert (await collect(Pages({None: ([0], None)}), first=10, after=None)).hits is None


def both_ways(total, size):
    """A list of numbers whose cursors go both ways: `<n>` begins at n, `<-n>` ends before n and is filled up."""
    requests = []

    async def fetch(_size, cursor):
        requests.append(cursor)
        place = int(cursor.strip("<>")) if cursor else 0
        start = max(0, -place - size) if place < 0 else place
        end = min(start + size, total)
        return Page(
            rows=list(range(start, end)),
            next=f"<{end}>" if end < total else None,
            previous=f"<-{start}>" if start else None,
            hits=total,
        )

    return fetch, requests


async def test_before_a_row_of_the_same_page():
    """Rows before a row of a page are the last ones before it, in the list's order."""
    pages, requests = both_ways(30, 10)

    part = await collect(pages, first=3, after=Before("<10>", 6, 10))

    assert part == Slice(
        [12, 13, 14],
        [Position("<10>", index, 10) for index in (3, 4, 5)],
        has_next=True,
        has_previous=True,
        hits=30,
    )
    assert requests == ["<10>"]


@pytest.mark.parametrize(
    ("last", "rows", "has_previous", "requests"),
    [
        (4, [10, 11, 12, 13], True, ["<10>"]),
        (5, [9, 10, 11, 12, 13], True, ["<10>", "<-10>"]),
        (13, list(range(1, 14)), True, ["<10>", "<-10>"]),
        (14, list(range(14)), False, ["<10>", "<-10>"]),
        (15, list(range(14)), False, ["<10>", "<-10>"]),
    ],
)
async def test_before_goes_back_over_pages(last, rows, has_previous, requests):
    """Further rows come from the pages before, as few as possible."""
    pages, requested = both_ways(30, 10)

    part = await collect(pages, first=last, after=Before("<10>", 5, 10))

    assert (part.rows, part.has_previous, part.has_next, requested) == (rows, has_previous, True, requests)


async def test_before_the_last_row_of_a_page():
    """The position after a page's last row is on the next page; the rows before are on the page before."""
    pages, requests = both_ways(30, 10)
    start = await collect(pages, first=10, after=None)
    requests.clear()

    part = await collect(pages, first=2, after=Before(*astuple(start.positions[-1])))

    assert (part.rows, requests) == ([7, 8], ["<10>", "<-10>"])


async def test_before_the_first_row():
    """Nothing comes before the first row, and only the first page is requested."""
    pages, requests = both_ways(30, 10)

    part = await collect(pages, first=5, after=Before(None, 1, 10))

    assert (part, requests) == (Slice(has_next=True, hits=30), [None])


async def test_a_page_filled_up_with_rows_that_were_met():
    """A first page that Sentry fills up with rows already seen gives each row once."""
    pages, requests = both_ways(30, 10)

    part = await collect(pages, first=10, after=Before("<3>", 4, 10))

    assert (part.rows, part.has_previous, requests) == ([0, 1, 2, 3, 4, 5], False, ["<3>", "<-3>"])


async def test_rows_are_known_by_their_id():
    """Records are new objects on each page; their ids show that they were seen."""
    pages = {"c": ("bcd", "p"), "p": ("abc", None)}

    async def fetch(_size, cursor):
        ids, previous = pages[cursor]
        return Page(rows=[SimpleNamespace(id=one) for one in ids], previous=previous)

    part = await collect(fetch, first=10, after=Before("c", 3, 3))

    assert [row.id for row in part.rows] == ["a", "b", "c"]


@pytest.mark.parametrize(("last", "stopped"), [(4, False), (5, False), (6, True)])
async def test_the_cap_backward(last, stopped):
    """A list that the cap ends is marked as stopped on the way back, too."""
    pages, _ = both_ways(30, 10)

    part = await collect(pages, first=last, after=Before("<10>", 10, 10), cap=5)

    assert (len(part.rows), part.has_previous, part.stopped) == (min(last, 5), True, stopped)


async def test_before_a_row_that_vanished():
    """When the page has fewer rows now, none of them is taken for the row of the cursor."""
    pages, _ = both_ways(13, 10)

    part = await collect(pages, first=2, after=Before("<10>", 6, 10))

    assert part.rows == [11, 12]


async def test_pages_that_lead_in_circles():
    """Pages with only rows already seen end the list after a few."""
    requests = []

    async def fetch(_size, cursor):
        requests.append(cursor)
        return Page(rows=[1, 2], previous="b" if cursor == "a" else "a")

    part = await collect(fetch, first=5, after=Before("a", 2, 2))

    assert (part.rows, part.has_previous) == ([1], False)
    assert requests == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("after", "rows", "has_previous", "has_next"),
    [
        (None, [0, 1], False, True),
        (Position(None, 3, 100), [3, 4], True, False),
        (Position(None, 9, 100), [], True, False),
        (Before(None, 1, 100), [], False, True),
        (Before(None, 3, 100), [0, 1], False, True),
        (Before(None, 4, 100), [1, 2], True, True),
        (Before(None, 9, 100), [3, 4], True, False),
    ],
)
def test_a_list_that_is_all_there(after, rows, has_previous, has_next):
    """The same parts of a complete list, in both directions."""
    part = slice_rows([0, 1, 2, 3, 4], 2, after, 100)

    assert part == slice_complete([0, 1, 2, 3, 4], 2, after)
    assert part == Slice(rows, [Position(None, row + 1, 100) for row in rows], has_next, has_previous)


@pytest.mark.parametrize("size", [1, 7, 99, 100, 101, 250])
def test_complete_list_is_read_page_by_page(size):
    """Every row comes once, also those after the first hundred, and the pages lead back."""
    rows, after, pages = list(range(250)), None, []
    while not pages or pages[-1].has_next:
        pages.append(slice_complete(rows, size, after))
        after = pages[-1].positions[-1]
    start = pages[-1].positions[0]

    back = slice_complete(rows, 250, Before(start.cursor, start.index, start.size))

    assert [row for page in pages for row in page.rows] == rows
    assert back.rows == [row for page in pages[:-1] for row in page.rows]
    assert all(1 <= position.index <= 100 for page in pages for position in page.positions)


def test_cursor_of_another_list_is_refused():
    """Sentry's cursors do not name a row of a list that came whole."""
    with pytest.raises(BadRequest, match="belongs to another list"):
        slice_complete([1, 2], 1, Position("0:100:0", 1, 100))
