"""Relay connections over slices of Sentry's lists."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.declarations.fields import computed, value_type
from dexter_graphql.graph.relay.global_ids import decode_cursor, encode_cursor
from dexter_graphql.sentry.pagination import Before, Position, Slice, slice_complete

MAX_FIRST = 1000
"""Largest page; more than 100 rows are fetched in several calls."""
DEFAULT_FIRST = 20

First = Annotated[
    int | None,
    strawberry.argument(
        description=f"Number of items to return, from 0 to {MAX_FIRST}. More than 100 cost one call per 100 items."
    ),
]
After = Annotated[
    str | None,
    strawberry.argument(description="Return items after this cursor (`cursor` of an edge, or `pageInfo.endCursor`)."),
]

Last = Annotated[
    int | None,
    strawberry.argument(
        description=f"Number of items to return before the cursor `before`, from 0 to {MAX_FIRST}. Requires `before`."
    ),
]
BeforeCursor = Annotated[
    str | None,
    strawberry.argument(
        description="Return items before this cursor, in the list's order. Requires `last`; excludes `after`."
    ),
]

NodeType = TypeVar("NodeType")


class PageArguments(NamedTuple):
    """The requested page: number of rows, and the position that they follow (or precede, for a Before)."""

    first: int
    after: Position | None


def page_arguments(
    *, first: First = DEFAULT_FIRST, after: After = None, last: Last = None, before: BeforeCursor = None
) -> PageArguments:
    """Validated paging arguments; raises BadUserInput when they are out of bounds or contradict each other."""
    if last is not None or before is not None:
        return _backward_arguments(first, after, last, before)
    return PageArguments(_checked_count("first", DEFAULT_FIRST if first is None else first), decode_cursor(after))


def _backward_arguments(first: int | None, after: str | None, last: int | None, before: str | None) -> PageArguments:
    if last is None:
        raise BadUserInput("'before' requires 'last', the number of items to return before the cursor", ("before",))
    if before is None:
        raise BadUserInput("'last' requires 'before': the end of Sentry's lists is not known", ("last",))
    if after is not None or first not in {None, DEFAULT_FIRST}:
        raise BadUserInput("Use either 'first' and 'after' or 'last' and 'before', not both", ("last",))
    position = decode_cursor(before, "before")
    return PageArguments(
        _checked_count("last", last), position and Before(position.cursor, position.index, position.size)
    )


def _checked_count(name: str, value: int) -> int:
    if not 0 <= value <= MAX_FIRST:
        raise BadUserInput(f"'{name}' must be between 0 and {MAX_FIRST}, not {value}", (name,))
    return value


PAGING = inspect.signature(page_arguments).parameters
"""The arguments of every connection."""


def paged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate the function of a connection: its parameter `page` is made of the arguments in PAGING."""
    signature = inspect.signature(function)

    @wraps(function)
    def declared(*parents: Any, **arguments: Any) -> Any:
        page = page_arguments(**{name: arguments.pop(name) for name in PAGING if name in arguments})
        return function(*parents, **arguments, page=page)

    own = [parameter for name, parameter in signature.parameters.items() if name != "page"]
    declared.__signature__ = signature.replace(parameters=[*own, *PAGING.values()])  # type: ignore[attr-defined]  # read by inspect
    return declared


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One row of a slice with its position."""

    row: Any
    position: Position
    detail: Any = None
    """What belongs to the place of the row in this list; None when that is in the row."""


@value_type
class PageInfo:
    """Position of a page in its list."""

    @computed()
    def has_next_page(page: Slice) -> bool:
        """True when more items follow this page."""
        return page.has_next

    @computed()
    def has_previous_page(page: Slice) -> bool:
        """True when the page does not start at the beginning of the list."""
        return page.has_previous

    @computed()
    def start_cursor(page: Slice) -> str | None:
        """Cursor of the first edge, for `before`. Null when the page is empty."""
        return encode_cursor(page.positions[0]) if page.positions else None

    @computed()
    def end_cursor(page: Slice) -> str | None:
        """Cursor of the last edge, for `after`. Null when the page is empty."""
        return encode_cursor(page.positions[-1]) if page.positions else None


@value_type
class Edge(Generic[NodeType]):
    """One item of a page with its cursor."""

    @computed()
    def node(edge: EdgeRow) -> NodeType | None:
        """The item. Null, with an error, when Sentry sent it in a form that cannot be decoded."""
        return edge.row  # type: ignore[no-any-return]  # the source of the node

    @computed()
    def cursor(edge: EdgeRow) -> str:
        """Opaque position of the item in its list, for `after` or `before`."""
        return encode_cursor(edge.position)


@value_type
class Connection(Generic[NodeType]):
    """A page of a list."""

    @computed()
    def edges(page: Slice) -> list[Edge[NodeType]]:
        """Items of the page with their cursors."""
        return edges_of(page)  # type: ignore[return-value]  # the sources of the edges

    @computed()
    def nodes(page: Slice) -> list[NodeType | None]:
        """Items of the page without their cursors."""
        return page.rows

    @computed()
    def page_info(page: Slice) -> PageInfo:
        """Position of this page in its list."""
        return page  # type: ignore[return-value]  # the source of the object

    @computed()
    def is_truncated(page: Slice) -> bool:
        """True when the page has fewer items than requested because the limit on calls per page was reached."""
        return page.stopped


def edges_of(page: Slice) -> list[EdgeRow]:
    """The rows of a page with their positions."""
    details = page.details or (None,) * len(page.rows)
    return [EdgeRow(*edge) for edge in zip(page.rows, page.positions, details, strict=True)]


def slice_of(rows: list[Any], page: PageArguments) -> Slice:
    """A page of a list that Sentry sent in one answer."""
    return slice_complete(rows, page.first, page.after)
