"""Cursor pagination with `Link` headers, page sizes and hit counts."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar
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


def parse_cursor(request: Request) -> int:
    """The offset in the `cursor` parameter (`value:offset:is_prev`), 0 without it."""
    parts = (request.param("cursor") or "0:0:0").split(":")
    try:
        _, offset, is_previous = (int(float(part)) for part in parts)
    except (ValueError, OverflowError):
        raise_bad_request("Invalid cursor parameter.")
    if offset < 0 or is_previous not in {0, 1}:
        raise_bad_request("Invalid cursor parameter.")
    return offset


def build_link_header(request: Request, offset: int, size: int, *, has_next: bool) -> str:
    """The `Link` header with a previous and a next entry, each repeating the query with its own cursor."""

    def entry(rel: str, cursor: str, *, has_results: bool) -> str:
        pairs = [(key, value) for key, value in request.query if key != "cursor"] + [("cursor", cursor)]
        results = str(has_results).lower()
        return f'<{request.url}?{urlencode(pairs)}>; rel="{rel}"; results="{results}"; cursor="{cursor}"'

    previous = entry("previous", f"0:{max(0, offset - size)}:1", has_results=offset > 0)
    return f"{previous}, {entry('next', f'0:{offset + size}:0', has_results=has_next)}"


def paginate(
    request: Request,
    rows: Sequence[T],
    serialize: Callable[[T], object] | None = None,
    *,
    size: int | None = None,
    with_hits: bool = False,
) -> Response:
    """One page of the rows with its `Link` header; `with_hits` adds `X-Hits` and `X-Max-Hits`.

    `size` overrides `per_page` for the endpoint that calls it `limit`.
    """
    size = parse_page_size(request) if size is None else size
    offset = parse_cursor(request)
    page = rows[offset : offset + size]
    headers = {"Link": build_link_header(request, offset, size, has_next=offset + size < len(rows))}
    if with_hits:
        headers |= {"X-Hits": str(min(len(rows), MAX_HITS)), "X-Max-Hits": str(MAX_HITS)}
    return Response([serialize(row) for row in page] if serialize else list(page), 200, headers)
