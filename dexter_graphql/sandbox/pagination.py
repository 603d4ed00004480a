"""Cursor pagination with `Link` headers, page sizes and hit counts."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import neg
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

from dexter_graphql.sandbox.http import Request, Response, raise_bad_request

MAX_PAGE_SIZE: Final = 100
MAX_HITS: Final = 1000
T = TypeVar("T")


def parse_page_size(request: Request) -> int:
    """The `per_page` parameter, 100 without it; 400 unless it is a number from 1 to 100."""
    text = request.param("per_page")
    if text is None:
        return MAX_PAGE_SIZE
    try:
        size = int(text)
    except ValueError:
        raise_bad_request("Invalid per_page parameter.")
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise_bad_request(f"Invalid per_page value. Must be between 1 and {MAX_PAGE_SIZE}.")
    return size


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a list, sent as `value:offset:is_prev`.

    In a list with sort keys, `value` is the key of the row at the position and `offset` the number of rows before it
    with the same key, so that rows that leave the list do not move others to another page. In any other list `value`
    is 0 and `offset` counts from the start.
    """

    value: int = 0
    offset: int = 0
    is_previous: bool = False

    def __str__(self) -> str:
        return f"{self.value}:{self.offset}:{int(self.is_previous)}"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Consecutive rows of a list, with the `Link` header of the response."""

    rows: Sequence[T]
    headers: dict[str, str]


def parse_cursor(request: Request) -> Cursor:
    """The `cursor` parameter, by default the start of the list; 400 when it is malformed."""
    parts = (request.param("cursor") or "0:0:0").split(":")
    try:
        value, offset, is_previous = (int(float(part)) for part in parts)
    except (ValueError, OverflowError):
        raise_bad_request("Invalid cursor parameter.")
    if offset < 0 or is_previous not in {0, 1}:
        raise_bad_request("Invalid cursor parameter.")
    return Cursor(value, offset, bool(is_previous))


def take_page(
    request: Request, rows: Sequence[T], *, size: int | None = None, sort_keys: Sequence[int] = ()
) -> Page[T]:
    """The page at the request's cursor. `size` overrides `per_page`.

    `sort_keys` are positive and descending, one per row.
    """
    size = parse_page_size(request) if size is None else size
    start = _find_start(parse_cursor(request), size, sort_keys)
    end = start + size
    if sort_keys:
        previous, following = _cursor_at(sort_keys, start), _cursor_at(sort_keys, end)
    else:
        previous, following = Cursor(0, max(0, start - size)), Cursor(0, end)
    links = (
        _link(request, "previous", replace(previous, is_previous=True), has_results=start > 0),
        _link(request, "next", following, has_results=end < len(rows)),
    )
    return Page(rows[start:end], {"Link": ", ".join(links)})


def paginate(
    request: Request,
    rows: Sequence[T],
    serialize: Callable[[T], object] | None = None,
) -> Response:
    """A page of the rows as a JSON list."""
    page = take_page(request, rows)
    return Response([serialize(row) for row in page.rows] if serialize else list(page.rows), 200, page.headers)


def build_hit_headers(count: int) -> dict[str, str]:
    """The number of matches, capped, and the cap."""
    return {"X-Hits": str(min(count, MAX_HITS)), "X-Max-Hits": str(MAX_HITS)}


def _find_start(cursor: Cursor, size: int, sort_keys: Sequence[int]) -> int:
    if not cursor.value or not sort_keys:
        return cursor.offset
    position = _first_index(sort_keys, cursor.value) + cursor.offset
    return max(0, position - size) if cursor.is_previous else position


def _cursor_at(sort_keys: Sequence[int], position: int) -> Cursor:
    position = min(position, len(sort_keys))
    value = sort_keys[min(position, len(sort_keys) - 1)]
    return Cursor(value, position - _first_index(sort_keys, value))


def _first_index(sort_keys: Sequence[int], value: int) -> int:
    """The index of the first row that does not come before the value."""
    return bisect_left(sort_keys, -value, key=neg)


def _link(request: Request, rel: str, cursor: Cursor, *, has_results: bool) -> str:
    query = urlencode([*((key, value) for key, value in request.query if key != "cursor"), ("cursor", str(cursor))])
    return f'<{request.url}?{query}>; rel="{rel}"; results="{str(has_results).lower()}"; cursor="{cursor}"'
