"""Slices of upstream lists of which only some rows match a condition that Sentry cannot search for."""

from collections.abc import Callable
from typing import Any

from dexter_graphql.errors import BadUserInput
from dexter_graphql.sentry.pagination import MAX_PAGE, Before, FetchPage, Page, Position, Slice


async def collect_matches(
    fetch_page: FetchPage, is_match: Callable[[Any], bool], *, first: int, after: Position | None, cap: int
) -> Slice:
    """The first matching rows after a position, of at most `cap` rows that are read.

    A slice that the cap ended continues after its last row. Rows are not counted.
    """
    if isinstance(after, Before):
        raise BadUserInput("A list that is filtered by its rows cannot be read backwards")
    start = after or Position(None, 0, MAX_PAGE)
    rows: list[Any] = []
    positions: list[Position] = []
    for _ in range(max(1, cap // start.size)):
        page = await fetch_page(start.size, start.cursor)
        for index, row in enumerate(page.rows[start.index :], start.index + 1):
            if is_match(row) and len(rows) < first:
                rows.append(row)
                positions.append(Position(start.cursor, index, start.size))
        is_last = page.next is None or page.next == start.cursor
        if is_last or len(rows) >= first:
            has_next = bool(rows) and len(rows) >= first and not _ends_with(positions[-1], page, is_last=is_last)
            return Slice(rows, positions, has_next, after is not None)
        start = Position(page.next, 0, start.size)
    return Slice(rows, positions, True, after is not None, stopped=True)  # noqa: FBT003  # has_next


def _ends_with(position: Position, page: Page, *, is_last: bool) -> bool:
    """True when no row follows the position."""
    return is_last and position.index >= len(page.rows)
