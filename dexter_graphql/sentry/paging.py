"""Knows how pages become the part of a list that somebody wants; knows no endpoint."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

MAX_PAGE = 100
"""Sentry's largest page."""
MAX_EMPTY_PAGES = 3
"""Pages without rows that are skipped before the list is taken to have ended."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two rows: Sentry's cursor of the page, rows of it that lie before, and the page's size."""

    cursor: str | None
    index: int
    size: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a paged endpoint. `next` and `previous` are cursors, None where nothing follows."""

    rows: list[Any]
    next: str | None = None
    previous: str | None = None
    hits: int | None = None
    max_hits: int | None = None
    is_direct_hit: bool = False
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """The wanted part of a list. `positions[i]` lies right after `rows[i]`; `stopped` says that the cap cut it."""

    rows: list[Any] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    has_next: bool = False
    has_previous: bool = False
    hits: int | None = None
    stopped: bool = False


async def collect(
    fetch_page: Callable[[int, str | None], Awaitable[Page]], *, first: int, after: Position | None, cap: int = 1000
) -> Slice:
    """`first` rows after a position, from as few pages as it takes, at most `cap`; `fetch_page(size, cursor)`."""
    wanted = min(first, cap)
    here = after or Position(None, 0, min(MAX_PAGE, max(1, wanted)))
    rows: list[Any] = []
    positions: list[Position] = []
    hits: int | None = None
    empty = 0
    while True:
        page = await fetch_page(here.size, here.cursor)
        hits = page.hits if hits is None else hits
        taken = page.rows[here.index : here.index + wanted - len(rows)]
        rows += taken
        is_page_used_up = here.index + len(taken) >= len(page.rows)
        is_last = page.next is None or page.next == here.cursor
        positions += _positions(here, len(taken), None if is_last or not is_page_used_up else page.next)
        if len(rows) >= wanted or is_last:
            has_next = not is_page_used_up or not is_last
            return Slice(rows, positions, has_next, after is not None, hits, has_next and wanted < first)
        empty = 0 if page.rows else empty + 1
        if empty >= MAX_EMPTY_PAGES:
            return Slice(rows, positions, has_next=False, has_previous=after is not None, hits=hits)
        here = Position(page.next, 0, here.size)


def _positions(here: Position, count: int, following: str | None) -> list[Position]:
    """Places after each taken row; after the last row of a page begins the following one, which saves a call."""
    found = [Position(here.cursor, here.index + n + 1, here.size) for n in range(count)]
    if found and following is not None:
        found[-1] = Position(following, 0, here.size)
    return found
