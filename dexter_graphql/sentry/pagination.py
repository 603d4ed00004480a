"""Knows how pages become the part of a list that somebody wants; knows no endpoint."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, overload

import msgspec
from typing_extensions import override

from dexter_graphql.sentry.cache_entry import CacheEntry
from dexter_graphql.sentry.parents import Parents

MAX_PAGE = 100
"""Sentry's largest page."""
MAX_EMPTY_PAGES = 3
"""Pages without rows that are skipped before the list is taken to have ended, or begun."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two rows: Sentry's cursor of the page, rows of it that lie before, and the page's size."""

    cursor: str | None
    index: int
    size: int


@dataclass(frozen=True, slots=True)
class Before(Position):
    """The same place, named to have the rows before the one that it follows, instead of those that come after it."""


class Positions(Sequence[Position]):
    """Places after each of `count` rows of a page, from one of its places on; made when somebody looks at them.

    Where the page ends with the last of them, `following` begins the next page, which saves a call.
    """

    __slots__ = ("_count", "_following", "_here")

    def __init__(self, here: Position, count: int, following: str | None = None) -> None:
        self._here = here
        self._count = count
        self._following = following

    @override
    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Position: ...
    @overload
    def __getitem__(self, place: slice) -> list[Position]: ...
    @override
    def __getitem__(self, place: int | slice) -> Position | list[Position]:
        if isinstance(place, slice):
            return [self._position(number) for number in range(self._count)[place]]
        return self._position(range(self._count)[place])

    @override
    def __iter__(self) -> Iterator[Position]:
        return map(self._position, range(self._count))

    @override
    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (Positions, list)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    def _position(self, number: int) -> Position:
        if self._following is not None and number == self._count - 1:
            return Position(self._following, 0, self._here.size)
        return Position(self._here.cursor, self._here.index + number + 1, self._here.size)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a paged endpoint. `next` and `previous` are cursors, None where nothing follows.

    `kept` is what this process made of the answer, None unless it is in the cache. Nobody may change the rows.
    """

    rows: list[Any]
    next: str | None = None
    previous: str | None = None
    hits: int | None = None
    max_hits: int | None = None
    is_direct_hit: bool = False
    is_stale: bool = False
    parents: Parents | None = None
    cache_entry: CacheEntry | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The wanted part of a list. `positions[i]` lies right after `rows[i]`; `stopped` says that the cap cut it.

    When all rows are of one answer, whole or in part, `kept` is what this process made of it, and `scope` theirs.
    """

    rows: list[Any] = field(default_factory=list)
    positions: Sequence[Position] = field(default_factory=list)
    has_next: bool = False
    has_previous: bool = False
    hits: int | None = None
    stopped: bool = False
    cache_entry: CacheEntry | None = field(default=None, compare=False)
    parents: Parents | None = field(default=None, compare=False)

    @property
    def fragment_key(self) -> Hashable:
        """Which part of the answer it is: whatever is made of equal parts of one answer is equal."""
        place = self.positions[0] if self.positions else None
        return (self.parents, place, len(self.rows), self.has_next, self.has_previous, self.stopped)


FetchPage = Callable[[int, str | None], Awaitable[Page]]
"""Takes the size of the page and its cursor, None for the first page."""


async def collect(fetch_page: FetchPage, *, first: int, after: Position | None, cap: int = 1000) -> Slice:
    """`first` rows after a position (for a Before: up to it), from as few pages as it takes, at most `cap`."""
    if isinstance(after, Before):
        return await _collect_before(fetch_page, first, after, cap)
    return await _collect_after(fetch_page, first, after, cap)


def slice_rows(rows: Sequence[Any], first: int, after: Position | None, size: int) -> Slice:
    """The same part of rows that are all there; its positions are on a first page of `size` rows."""
    place = after.index if after is not None else 0
    if isinstance(after, Before):
        end = min(max(0, place - 1), len(rows))
        start = max(0, end - first)
    else:
        start = min(place, len(rows))
        end = min(start + first, len(rows))
    positions = Positions(Position(None, start, size), end - start)
    return Slice(_rows_between(rows, start, end), positions, end < len(rows), start > 0)


async def _collect_after(fetch_page: FetchPage, first: int, after: Position | None, cap: int) -> Slice:
    wanted = min(first, cap)
    here = after or Position(None, 0, min(MAX_PAGE, max(1, wanted)))
    rows: list[Any] = []
    positions: Sequence[Position] = []
    hits: int | None = None
    pages: list[Page] = []
    empty = 0
    while True:
        page = await fetch_page(here.size, here.cursor)
        pages.append(page)
        hits = page.hits if hits is None else hits
        taken = _rows_between(page.rows, here.index, here.index + wanted - len(rows))
        is_page_used_up = here.index + len(taken) >= len(page.rows)
        is_last = page.next is None or page.next == here.cursor
        places = Positions(here, len(taken), None if is_last or not is_page_used_up else page.next)
        rows, positions = (taken, places) if len(pages) == 1 else ([*rows, *taken], [*positions, *places])
        empty = 0 if page.rows else empty + 1
        is_complete = len(rows) >= wanted or is_last
        if is_complete or empty >= MAX_EMPTY_PAGES:
            has_next = is_complete and not (is_page_used_up and is_last)
            is_stopped = has_next and wanted < first
            return Slice(rows, positions, has_next, after is not None, hits, is_stopped, *_source(pages))
        here = Position(page.next, 0, here.size)


def _source(pages: Sequence[Page]) -> tuple[CacheEntry | None, Parents | None]:
    """What is kept of the one answer that was needed, and its scope; nothing of several."""
    return (pages[0].cache_entry, pages[0].parents) if len(pages) == 1 else (None, None)


def _rows_between(rows: Sequence[Any], start: int, end: int) -> list[Any]:
    """Rows of a page from one to another; all of them are the page's own list, which stays the same in the cache."""
    return rows if start == 0 and end >= len(rows) and isinstance(rows, list) else list(rows[start:end])


@dataclass(frozen=True, slots=True)
class _PageBefore:
    """A page that was met on the way back: so many of its rows, from its beginning, were not met before."""

    cursor: str | None
    page: Page
    count: int
    earlier: str | None


async def _collect_before(fetch_page: FetchPage, first: int, end: Before, cap: int) -> Slice:
    wanted = min(first, cap)
    rows: list[Any] = []
    positions: Sequence[Position] = []
    hits: int | None = None
    pages: list[Page] = []
    # Where a page begins, the row that the place follows is the last one before it, and not wanted.
    named = 1 if end.index == 0 else 0
    has_previous = False
    async with aclosing(_parts_before(fetch_page, end)) as parts:
        async for part in parts:
            hits = part.page.hits if hits is None else hits
            stop = max(0, part.count - named)
            start = max(0, stop - (wanted - len(rows)))
            named = 0 if part.count else named
            rows = [*part.page.rows[start:stop], *rows]
            positions = [*Positions(Position(part.cursor, start, end.size), stop - start), *positions]
            pages.append(part.page)
            has_previous = start > 0 or part.earlier is not None
            if len(rows) >= wanted:
                break
        else:
            has_previous = False
    is_stopped = has_previous and wanted < first
    return Slice(rows, positions, True, has_previous, hits, is_stopped, *_source(pages))  # noqa: FBT003  # has_next


async def _parts_before(fetch_page: FetchPage, end: Before) -> AsyncGenerator[_PageBefore]:
    """Pages from that of a position back to the start of the list, or to where nothing is found for too long."""
    cursor, empty = end.cursor, 0
    page = await fetch_page(end.size, cursor)
    count = min(max(0, end.index - 1), len(page.rows))
    met: set[Any] = set()
    while True:
        # Nothing comes before the first page, whatever Sentry says of it.
        earlier = None if cursor is None or page.previous == cursor else page.previous
        yield _PageBefore(cursor, page, count, earlier)
        if earlier is None or empty >= MAX_EMPTY_PAGES:
            return
        met = {_identity(row) for row in page.rows} or met
        cursor, page = earlier, await fetch_page(end.size, earlier)
        count = _count_new(page.rows, met)
        empty = 0 if count else empty + 1


def _count_new(rows: Sequence[Any], met: set[Any]) -> int:
    """How many rows come before those that were met: at the start of a list, Sentry fills a page up with them."""
    count = len(rows)
    while count and _identity(rows[count - 1]) in met:
        count -= 1
    return count


def _identity(row: Any) -> Any:
    return getattr(row, "id", row)
