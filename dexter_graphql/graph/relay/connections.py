"""Knows Relay's connections over slices of Sentry's lists; knows no noun."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.relay.global_ids import decode_cursor, encode_cursor
from dexter_graphql.sentry.pagination import Before, Position, Slice, slice_rows

MAX_FIRST = 1000
"""Largest page; more than 100 rows are fetched in several calls."""
DEFAULT_FIRST = 20
MAX_WHOLE = 100
"""Rows that are kept of a list which Sentry gives whole."""

First = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many to return, 1 to {MAX_FIRST}. More than 100 are fetched in several calls to Sentry."
    ),
]
After = Annotated[
    str | None, strawberry.argument(description="Return what follows this cursor, taken from an edge or a `pageInfo`.")
]

Last = Annotated[
    int | None,
    strawberry.argument(description=f"How many to return of those before `before`, 1 to {MAX_FIRST}; needs `before`."),
]
BeforeCursor = Annotated[
    str | None,
    strawberry.argument(
        description="With `last`: return what precedes this cursor, in the same order as ever. Not with `after`."
    ),
]

NodeType = TypeVar("NodeType")


class PageArguments(NamedTuple):
    """The part of a list that is wanted: how many rows, and after which position (or up to which, for a Before)."""

    first: int
    after: Position | None


def page_arguments(
    *, first: First = DEFAULT_FIRST, after: After = None, last: Last = None, before: BeforeCursor = None
) -> PageArguments:
    """Checked paging arguments; raises BadUserInput when they are out of bounds or contradict each other."""
    if last is not None or before is not None:
        return _backward_arguments(first, after, last, before)
    return PageArguments(_checked_count("first", DEFAULT_FIRST if first is None else first), decode_cursor(after))


def _backward_arguments(first: int | None, after: str | None, last: int | None, before: str | None) -> PageArguments:
    if last is None:
        raise BadUserInput("'before' needs 'last': how many rows are wanted before the cursor")
    if before is None:
        raise BadUserInput("'last' needs 'before': Sentry's lists are read from their start, and have no known end")
    if after is not None or first not in {None, DEFAULT_FIRST}:
        raise BadUserInput("'last' and 'before' page backward, 'first' and 'after' forward: give one pair of them")
    place = decode_cursor(before)
    return PageArguments(_checked_count("last", last), place and Before(place.cursor, place.index, place.size))


def _checked_count(name: str, value: int) -> int:
    if not 1 <= value <= MAX_FIRST:
        raise BadUserInput(f"'{name}' must be between 1 and {MAX_FIRST}, not {value}")
    return value


PAGING = inspect.signature(page_arguments).parameters
"""The arguments of every connection."""


def paged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate what declares a connection: its parameter `wanted` (a Window) is made of the arguments in PAGING."""
    signature = inspect.signature(function)

    @wraps(function)
    def declared(*parents: Any, **arguments: Any) -> Any:
        wanted = page_arguments(**{name: arguments.pop(name) for name in PAGING if name in arguments})
        return function(*parents, **arguments, wanted=wanted)

    own = [parameter for name, parameter in signature.parameters.items() if name != "wanted"]
    declared.__signature__ = signature.replace(parameters=[*own, *PAGING.values()])  # type: ignore[attr-defined]  # read by inspect
    return declared


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One row of a slice with its position."""

    row: Any
    position: Position


@value_type
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
        """Cursor of the first edge, to be given as `before`; null when the page is empty."""
        return encode_cursor(page.positions[0]) if page.positions else None

    @computed()
    def end_cursor(page: Slice) -> str | None:
        """Cursor of the last edge, to be given as `after`; null when the page is empty."""
        return encode_cursor(page.positions[-1]) if page.positions else None


@value_type
class Edge(Generic[NodeType]):
    """One row of a page."""

    @computed()
    def node(edge: EdgeRow) -> NodeType | None:
        """The row; null with an error when Sentry sent it in a form that cannot be read."""
        return edge.row  # type: ignore[no-any-return]  # the source of the node

    @computed()
    def cursor(edge: EdgeRow) -> str:
        """Position of this row, to be given as `after` or `before`."""
        return encode_cursor(edge.position)


@value_type
class Connection(Generic[NodeType]):
    """A page of a list."""

    @computed()
    def edges(page: Slice) -> list[Edge[NodeType]]:
        """Rows with their cursors."""
        return edges_of(page)  # type: ignore[return-value]  # the sources of the edges

    @computed()
    def nodes(page: Slice) -> list[NodeType | None]:
        """Rows without their cursors."""
        return page.rows

    @computed()
    def page_info(page: Slice) -> PageInfo:
        """Where this page stands in the list."""
        return page  # type: ignore[return-value]  # the source of the object

    @computed()
    def is_truncated(page: Slice) -> bool:
        """True when fetching stopped at the largest number of rows that one request may compose, before all wanted."""
        return page.stopped


def edges_of(page: Slice) -> list[EdgeRow]:
    """Rows of a page with their positions."""
    return [EdgeRow(row, position) for row, position in zip(page.rows, page.positions, strict=True)]


def slice_of(rows: list[Any], wanted: PageArguments) -> Slice:
    """The wanted part of a list that came whole; of a longer one, of its first hundred."""
    return slice_rows(rows[:MAX_WHOLE], wanted.first, wanted.after, MAX_WHOLE)
