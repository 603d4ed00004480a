"""Fetching of lists, and lookups of many keys with few list calls."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from dexter_graphql.loaders.base import CHUNK_SIZE, LoadContext, Loader, each
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.search import UnresolvedQuery, native_query, resolve_query
from dexter_graphql.loaders.time_ranges import TimeRange
from dexter_graphql.sentry.client import NO_PATH
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import ClientError, InvalidValue, NotFound
from dexter_graphql.sentry.pagination import MAX_PAGE, Page, Position, Slice, collect, slice_complete
from dexter_graphql.sentry.pagination_of_matches import collect_matches
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, OtherKind, Record, RowsProjection

MAX_KEY_BYTES = 4000
"""Length of all keys in the URL of one call, at most; URLs stay below 6 kB."""
MAX_ROWS = 1000
"""Rows that are fetched when a complete list is needed, at most."""


class RowFilter(Protocol):
    """A condition on rows that Sentry cannot search for."""

    @property
    def members(self) -> tuple[Field, ...]:
        """The members of a row that it reads."""
        ...

    def __call__(self, row: Any) -> bool:
        """True when the row matches."""
        ...


class ListOptions(NamedTuple):
    """The requested part of a list, the parameters that filter it, and its time range."""

    query: UnresolvedQuery
    first: int
    after: Position | None
    cap: int
    """Rows to fetch, at most."""
    time_range: TimeRange | None = None
    """None means everything that Sentry keeps. Only lists of issues and events have a time range."""
    row_filter: RowFilter | None = None
    """Rows that do not match it are left out."""


class OrganizationKey(Protocol):
    """A key of an object in an organization."""

    @property
    def organization(self) -> OrganizationRef:
        """The organization of the object."""
        ...


KeyType = TypeVar("KeyType", bound=OrganizationKey)
AnyKey = TypeVar("AnyKey")

ALL_ROWS = ListOptions((), MAX_ROWS, None, MAX_ROWS)


async def fetch_list(
    endpoint: Endpoint,
    parents: Parents,
    load_context: LoadContext,
    *,
    options: ListOptions | None = None,
    path: Mapping[str, str] = NO_PATH,
    query: QueryParameters = (),
    projection: RowsProjection | None = None,
) -> Slice:
    """The part of a list that `options`, by default those of the field, request; `query` is sent additionally."""
    part: ListOptions = options or load_context.options
    read_as = projection or load_context.projection("list")

    async def fetch(parameters: QueryParameters) -> Slice:
        async def fetch_page(size: int, cursor: str | None) -> Page:
            return await load_context.get_page(
                endpoint, parents, size=size, cursor=cursor, path=path, query=(*parameters, *query), projection=read_as
            )

        if part.row_filter is not None:
            return await collect_matches(fetch_page, part.row_filter, first=part.first, after=part.after, cap=part.cap)
        return await collect(fetch_page, first=part.first, after=part.after, cap=part.cap)

    return await fetch_with_names(part.query, parents.organization, load_context, fetch)


async def fetch_in_range(endpoint: Endpoint, parents: Parents, load_context: LoadContext) -> Slice:
    """The part of a list that the options of the field request, in their time range."""
    options: ListOptions = load_context.options
    query = () if options.time_range is None else load_context.interval(options.time_range).query
    return await fetch_list(endpoint, parents, load_context, query=query)


async def fetch_all(
    endpoint: Endpoint,
    organization: OrganizationRef,
    load_context: LoadContext,
    *,
    query: QueryParameters = (),
    projection: RowsProjection | None = None,
) -> list[Any]:
    """All rows of an organization's list, at most 1000."""
    page = await fetch_list(
        endpoint, Parents(organization), load_context, options=ALL_ROWS, query=query, projection=projection
    )
    return page.rows


async def fetch_with_names(
    query: UnresolvedQuery,
    organization: OrganizationRef,
    load_context: LoadContext,
    fetch: Callable[[QueryParameters], Awaitable[Slice]],
) -> Slice:
    """What `fetch` returns for the parameters; raises BadUserInput for a name that does not exist.

    Names whose existence follows from a row are checked only when there is none, so that the check costs no call.
    """
    parameters = native_query(query, organization)
    if parameters is None:
        return await fetch(await resolve_query(query, organization, load_context))
    try:
        rows = await fetch(parameters)
    except ClientError:
        await resolve_query(query, organization, load_context)
        raise
    if not rows.rows:
        await resolve_query(query, organization, load_context)
    return rows


def projects_of(parameters: QueryParameters) -> tuple[str, ...]:
    """The slugs and IDs of the projects in parameters."""
    return tuple(value for name, value in parameters if name == "project")


async def find_row(
    endpoint: Endpoint,
    parents: Parents,
    load_context: LoadContext,
    *,
    path: Mapping[str, str],
    query: QueryParameters = (),
    row_id: str,
) -> Any:
    """The row of a list with this ID, for objects that Sentry gives in a list alone.

    None when it is not among the first 1000, or when the list's own object does not exist, and an error when the ID of
    another row cannot be read. No page after that of the row is fetched.
    """
    cursor: str | None = None
    unreadable: InvalidValue | None = None
    try:
        for _ in range(MAX_ROWS // MAX_PAGE):
            page = await load_context.get_page(endpoint, parents, cursor=cursor, path=path, query=query)
            row = rows_by_key((row_id,), page.rows, "id", str)[row_id]
            unreadable = row if isinstance(row, InvalidValue) else unreadable
            if isinstance(row, Record) or page.next is None or page.next == cursor:
                return row or unreadable
            cursor = page.next
    except NotFound:
        return None
    return unreadable


def page_of_rows(rows: Sequence[Any], options: ListOptions) -> Slice:
    """The requested part of a complete list."""
    return slice_complete(rows, min(options.first, options.cap), options.after)


async def by_organization(
    keys: Sequence[KeyType],
    answer: Callable[[OrganizationRef, Sequence[KeyType]], Awaitable[Mapping[KeyType, Any]]],
    *,
    size: int = CHUNK_SIZE,
    length: Callable[[KeyType], int] = lambda _key: 0,
) -> dict[KeyType, Any]:
    """The results of `answer` for chunks of keys of one organization; an exception is the result of its chunk's keys.

    `length` is the length of a key in the URL, for keys that are not short numbers.
    """
    parts: list[tuple[OrganizationRef, tuple[KeyType, ...]]] = []
    for organization in dict.fromkeys(key.organization for key in keys):
        own_keys = [key for key in keys if key.organization == organization]
        parts += [(organization, chunk) for chunk in _split_keys(own_keys, size, length)]

    async def answer_part(part: tuple[OrganizationRef, tuple[KeyType, ...]]) -> Mapping[KeyType, Any]:
        return await answer(*part)

    results: dict[KeyType, Any] = {}
    for (_, chunk), answers in (await each(parts, answer_part)).items():
        results |= dict.fromkeys(chunk, answers) if isinstance(answers, Exception) else answers
    return results


async def by_complete_list(
    keys: Sequence[KeyType],
    load_context: LoadContext,
    complete_list: Loader,
    path: str,
    key_of: Callable[[OrganizationRef, str], KeyType],
) -> dict[KeyType, Any]:
    """The rows with these keys, from one complete list per organization, which the operation reads once.

    `path` is that of the member which identifies a row, and `key_of` makes a key of its value.
    """

    async def answer(organization: OrganizationRef, own_keys: Sequence[KeyType]) -> Mapping[KeyType, Any]:
        rows = await load_context.load(complete_list, organization)
        return rows_by_key(own_keys, rows, path, partial(key_of, organization))

    return await by_organization(keys, answer, size=len(keys))


def rows_by_key(
    keys: Sequence[AnyKey], rows: Sequence[Any], path: str, key_of: Callable[[str], AnyKey]
) -> dict[AnyKey, Any]:
    """The row of each key, and None for a key without one.

    `path` is that of the member which identifies a row. When it cannot be read in one row, that error is the result of
    all keys without a row, because the row may be theirs. A row that embeds null instead of an object has no key.
    """
    matched: dict[AnyKey, Any] = {}
    unreadable: InvalidValue | None = None
    for row in rows:
        value = _identity(row, path)
        if isinstance(value, InvalidValue):
            unreadable = value
        elif value is not None:
            matched[key_of(value)] = row
    return {key: matched.get(key, unreadable) for key in keys}


def _identity(row: Any, path: str) -> str | InvalidValue | None:
    """The member at a dotted path as text; None where the row has no object that could have it."""
    *parents, name = path.split(".")
    for parent in parents:
        row = row if isinstance(row, InvalidValue) else getattr(row, parent)
    if row is None or isinstance(row, OtherKind):
        return None
    value = row if isinstance(row, InvalidValue) else getattr(row, name)
    if value is None:
        return InvalidValue(f"'{path}' in Sentry's answer is null")
    return value if isinstance(value, InvalidValue) else str(value)


def _split_keys(keys: Sequence[KeyType], size: int, length: Callable[[KeyType], int]) -> list[tuple[KeyType, ...]]:
    """Chunks of at most `size` keys that fit a URL together."""
    parts: list[list[KeyType]] = []
    total = 0
    for key in keys:
        total += length(key)
        if not parts or len(parts[-1]) >= size or total > MAX_KEY_BYTES:
            parts.append([])
            total = length(key)
        parts[-1].append(key)
    return [tuple(part) for part in parts]
