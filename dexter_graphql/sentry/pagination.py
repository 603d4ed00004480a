"""Slices of upstream lists, composed from as few pages as possible."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, overload

import msgspec
from typing_extensions import override

from dexter_graphql.sentry.cache_entry import CacheEntry
from dexter_graphql.sentry.errors import BadRequest
from dexter_graphql.sentry.parents import Parents

MAX_PAGE = 100
"""Sentry's largest page."""
MAX_EMPTY_PAGES = 3
"""Consecutive pages without rows after which the list is taken to have ended, or begun."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position between two rows: Sentry's cursor of the page, the number of its rows before, and the page size."""

    cursor: str | None
    index: int
    size: int


@dataclass(frozen=True, slots=True)
class Before(Position):
    """The same position, for the rows before the one that it follows instead of those after it."""


class Positions(Sequence[Position]):
    """The positions after each of `count` rows of a page, from `start` on; computed when they are read.

    When the page ends with the last of them, `following` is the cursor of the next page, which saves a call.
    """

    __slots__ = ("_count", "_following", "_start")

    def __init__(self, start: Position, count: int, following: str | None = None) -> None:
        self._start = start
        self._count = count
        self._following = following

    @override
    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Position: ...
    @overload
    def __getitem__(self, index: slice) -> list[Position]: ...
    @override
    def __getitem__(self, index: int | slice) -> Position | list[Position]:
        if isinstance(index, slice):
            return [self._position(number) for number in range(self._count)[index]]
        return self._position(range(self._count)[index])

    @override
    def __iter__(self) -> Iterator[Position]:
        return map(self._position, range(self._count))

    @override
    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (Positions, list)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    def _position(self, number: int) -> Position:
        if self._following is not None and number == self._count - 1:
            return Position(self._following, 0, self._start.size)
        return Position(self._start.cursor, self._start.index + number + 1, self._start.size)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a paged endpoint. `next` and `previous` are cursors, None where nothing follows.

    The rows are shared with the cache and with other readers: they are immutable, and the list must not be changed.
    `cache_entry` is set when the answer is in the cache.
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
    is_narrowed: bool = False
    """True when it lacks rows that the caller may not reach."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a list. `positions[i]` is right after `rows[i]`; `stopped` is True when the cap ended it.

    When all rows come from one answer, `cache_entry` and `parents` are those of the answer.
    """

    rows: list[Any] = field(default_factory=list)
    positions: Sequence[Position] = field(default_factory=list)
    has_next: bool = False
    has_previous: bool = False
    hits: int | None = None
    stopped: bool = False
    cache_entry: CacheEntry | None = field(default=None, compare=False)
    parents: Parents | None = field(default=None, compare=False)
    details: Sequence[Any] = field(default=(), compare=False)
    """What belongs to the place of each row in this list, when it is not in the row."""

    @property
    def fragment_key(self) -> Hashable:
        """The key of this part of the answer: what is derived from equal parts of one answer is equal."""
        first = self.positions[0] if self.positions else None
        return (self.parents, first, len(self.rows), self.has_next, self.has_previous, self.stopped)


FetchPage = Callable[[int, str | None], Awaitable[Page]]
"""Takes the page size and the cursor, None for the first page."""


async def collect(fetch_page: FetchPage, *, first: int, after: Position | None, cap: int = 1000) -> Slice:
    """`first` rows after a position (for a Before: before it), at most `cap`, from as few pages as possible."""
    if isinstance(after, Before):
        return await _collect_before(fetch_page, first, after, cap)
    return await _collect_after(fetch_page, first, after, cap)


def slice_rows(rows: Sequence[Any], first: int, after: Position | None, size: int) -> Slice:
    """The same part of a complete list; its positions are on a first page of `size` rows."""
    index = after.index if after is not None else 0
    if isinstance(after, Before):
        end = min(max(0, index - 1), len(rows))
        start = max(0, end - first)
    else:
        start = min(index, len(rows))
        end = min(start + first, len(rows))
    positions = Positions(Position(None, start, size), end - start)
    return Slice(_rows_between(rows, start, end), positions, end < len(rows), start > 0)


def slice_complete(rows: Sequence[Any], first: int, after: Position | None) -> Slice:
    """`first` rows of a complete list after a position; its cursors are the row numbers of pages.

    Raises BadRequest for a cursor of another list.
    """
    start = _row_number(after)
    end = min(start + first, len(rows))
    if isinstance(after, Before):
        end = min(max(0, start - 1), len(rows))
        start = max(0, end - first)
    start = min(start, len(rows))
    positions = [_position_after(number) for number in range(start, end)]
    return Slice(list(rows[start:end]), positions, end < len(rows), start > 0)


def _row_number(after: Position | None) -> int:
    if after is None:
        return 0
    if after.cursor is not None and not after.cursor.isdecimal():
        raise BadRequest("The cursor belongs to another list")
    return int(after.cursor or 0) + after.index


def _position_after(number: int) -> Position:
    page = number // MAX_PAGE * MAX_PAGE
    return Position(str(page) if page else None, number - page + 1, MAX_PAGE)


async def _collect_after(fetch_page: FetchPage, first: int, after: Position | None, cap: int) -> Slice:
    limit = min(first, cap)
    start = after or Position(None, 0, min(MAX_PAGE, max(1, limit)))
    rows: list[Any] = []
    positions: Sequence[Position] = []
    hits: int | None = None
    pages: list[Page] = []
    empty = 0
    while True:
        page = await fetch_page(start.size, start.cursor)
        pages.append(page)
        hits = page.hits if hits is None else hits
        page_rows = _rows_between(page.rows, start.index, start.index + limit - len(rows))
        is_page_used_up = start.index + len(page_rows) >= len(page.rows)
        is_last = page.next is None or page.next == start.cursor
        page_positions = Positions(start, len(page_rows), None if is_last or not is_page_used_up else page.next)
        if len(pages) == 1:
            rows, positions = page_rows, page_positions
        else:
            rows, positions = [*rows, *page_rows], [*positions, *page_positions]
        empty = 0 if page.rows or page.is_narrowed else empty + 1
        is_complete = len(rows) >= limit or is_last
        if is_complete or empty >= MAX_EMPTY_PAGES:
            has_next = is_complete and not (is_page_used_up and is_last)
            is_stopped = has_next and limit < first
            return Slice(rows, positions, has_next, after is not None, hits, is_stopped, *_source(pages))
        start = Position(page.next, 0, start.size)


def _source(pages: Sequence[Page]) -> tuple[CacheEntry | None, Parents | None]:
    """The cache entry and the parents of a single answer; None for several."""
    return (pages[0].cache_entry, pages[0].parents) if len(pages) == 1 else (None, None)


def _rows_between(rows: Sequence[Any], start: int, end: int) -> list[Any]:
    """Rows of a page by index; for all rows the page's own list, which stays the same while it is cached."""
    return rows if start == 0 and end >= len(rows) and isinstance(rows, list) else list(rows[start:end])


@dataclass(frozen=True, slots=True)
class _PageBefore:
    """A page on the way back; `count` rows from its beginning were not seen before."""

    cursor: str | None
    page: Page
    count: int
    earlier: str | None


async def _collect_before(fetch_page: FetchPage, first: int, end: Before, cap: int) -> Slice:
    limit = min(first, cap)
    rows: list[Any] = []
    positions: Sequence[Position] = []
    hits: int | None = None
    pages: list[Page] = []
    # At the beginning of a page, the row that the position follows is the last one of the previous page: excluded.
    excluded = 1 if end.index == 0 else 0
    has_previous = False
    async with aclosing(_parts_before(fetch_page, end)) as parts:
        async for part in parts:
            hits = part.page.hits if hits is None else hits
            stop = max(0, part.count - excluded)
            start = max(0, stop - (limit - len(rows)))
            excluded = 0 if part.count else excluded
            rows = [*part.page.rows[start:stop], *rows]
            positions = [*Positions(Position(part.cursor, start, end.size), stop - start), *positions]
            pages.append(part.page)
            has_previous = start > 0 or part.earlier is not None
            if len(rows) >= limit:
                break
        else:
            has_previous = False
    is_stopped = has_previous and limit < first
    return Slice(rows, positions, True, has_previous, hits, is_stopped, *_source(pages))  # noqa: FBT003  # has_next


async def _parts_before(fetch_page: FetchPage, end: Before) -> AsyncGenerator[_PageBefore]:
    """Pages from the one of a position back to the start of the list, or to several empty pages."""
    cursor, empty = end.cursor, 0
    page = await fetch_page(end.size, cursor)
    count = min(max(0, end.index - 1), len(page.rows))
    seen: set[Any] = set()
    while True:
        # Nothing comes before the first page, although Sentry may send a cursor.
        earlier = None if cursor is None or page.previous == cursor else page.previous
        yield _PageBefore(cursor, page, count, earlier)
        if earlier is None or empty >= MAX_EMPTY_PAGES:
            return
        seen = {_identity(row) for row in page.rows} or seen
        cursor, page = earlier, await fetch_page(end.size, earlier)
        count = _count_new(page.rows, seen)
        empty = 0 if count else empty + 1


def _count_new(rows: Sequence[Any], seen: set[Any]) -> int:
    """Rows before those already seen, with which Sentry fills up a page at the start of a list."""
    count = len(rows)
    while count and _identity(rows[count - 1]) in seen:
        count -= 1
    return count


def _identity(row: Any) -> Any:
    return getattr(row, "id", row)
