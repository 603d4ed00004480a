"""Knows Relay's connections over slices of Sentry's lists; knows no noun."""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.fields import computed, part
from dexter_graphql.graph.ids import decode_cursor, encode_cursor
from dexter_graphql.sentry.paging import Position, Slice

MAX_FIRST = 1000
"""Largest page; more than 100 rows are fetched in several calls."""
DEFAULT_FIRST = 20
MAX_WHOLE = 100
"""Rows that are kept of a list which Sentry gives whole."""

First = Annotated[
    int,
    strawberry.argument(
        description=f"How many to return, 1 to {MAX_FIRST}. More than 100 are fetched in several calls to Sentry."
    ),
]
After = Annotated[
    str | None, strawberry.argument(description="Return what follows this cursor, taken from an edge or a `pageInfo`.")
]

NodeType = TypeVar("NodeType")


class Window(tuple[int, Position | None]):
    """The part of a list that is wanted: how many rows, and after which position."""

    __slots__ = ()

    @property
    def first(self) -> int:
        """Number of rows wanted."""
        return self[0]

    @property
    def after(self) -> Position | None:
        """Position to continue from, None for the start."""
        return self[1]


def window(first: int, after: str | None) -> Window:
    """Checked paging arguments; raises BadUserInput when they are out of bounds."""
    if not 1 <= first <= MAX_FIRST:
        raise BadUserInput(f"'first' must be between 1 and {MAX_FIRST}, not {first}")
    return Window((first, decode_cursor(after)))


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One row of a slice with its position."""

    row: Any
    position: Position


@part
class PageInfo:
    """Where a page stands in its list."""

    @computed()
    def has_next_page(page: Slice) -> bool:
        """True when more rows follow this page."""
        return page.has_next

    @computed()
    def has_previous_page(page: Slice) -> bool:
        """True when the page does not start at the beginning of the list."""
        return page.has_previous

    @computed()
    def start_cursor(page: Slice) -> str | None:
        """Cursor of the first edge; null when the page is empty."""
        return encode_cursor(page.positions[0]) if page.positions else None

    @computed()
    def end_cursor(page: Slice) -> str | None:
        """Cursor of the last edge, to be given as `after`; null when the page is empty."""
        return encode_cursor(page.positions[-1]) if page.positions else None


@part
class Edge(Generic[NodeType]):
    """One row of a page."""

    @computed()
    def node(edge: EdgeRow) -> NodeType | None:
        """The row; null with an error when Sentry sent it in a form that cannot be read."""
        return edge.row

    @computed()
    def cursor(edge: EdgeRow) -> str:
        """Position of this row, to be given as `after`."""
        return encode_cursor(edge.position)


@part
class Connection(Generic[NodeType]):
    """A page of a list."""

    @computed()
    def edges(page: Slice) -> list[Edge[NodeType]]:
        """Rows with their cursors."""
        return edges_of(page)

    @computed()
    def nodes(page: Slice) -> list[NodeType | None]:
        """Rows without their cursors."""
        return page.rows

    @computed()
    def page_info(page: Slice) -> PageInfo:
        """Where this page stands in the list."""
        return page

    @computed()
    def is_cut(page: Slice) -> bool:
        """True when fetching stopped at the largest number of rows that one request may compose, before `first`."""
        return page.stopped


def edges_of(page: Slice) -> list[EdgeRow]:
    """Rows of a page with their positions."""
    return [EdgeRow(row, position) for row, position in zip(page.rows, page.positions, strict=True)]


def slice_of(rows: list[Any], wanted: Window) -> Slice:
    """The wanted part of a list that came whole; of a longer one, of its first hundred."""
    rows = rows[:MAX_WHOLE]
    start = wanted.after.index if wanted.after is not None else 0
    taken = rows[start : start + wanted.first]
    positions = [Position(None, start + n + 1, MAX_WHOLE) for n in range(len(taken))]
    return Slice(taken, positions, start + len(taken) < len(rows), start > 0)
