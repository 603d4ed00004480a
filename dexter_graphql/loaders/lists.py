"""Knows how the wanted part of any of Sentry's lists is fetched; knows no noun."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from dexter_graphql.loaders.base import LoadContext, each
from dexter_graphql.sentry.client import NO_PATH
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.pagination import Position, Slice, collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import AnyProjection

QueryParameters = tuple[tuple[str, str], ...]
CHUNK_SIZE = 100
"""Keys that one call asks for, at most."""
MAX_KEY_BYTES = 4000
"""Length of all keys in the address of one call, at most; addresses stay below 6 kB."""

MAX_ROWS = 1000
"""Rows of a list that is read whole, at most."""


class ListOptions(NamedTuple):
    """The part of a list that is wanted, and the parameters that narrow it."""

    query: QueryParameters
    first: int
    after: Position | None
    cap: int


class OrganizationKey(Protocol):
    """A key of something in an organization."""

    @property
    def organization(self) -> OrganizationRef:
        """The organization it is in."""
        ...


KeyType = TypeVar("KeyType", bound=OrganizationKey)

ALL_ROWS = ListOptions((), MAX_ROWS, None, MAX_ROWS)


async def fetch_list(
    endpoint: Endpoint,
    parents: Parents,
    load_context: LoadContext,
    *,
    wanted: ListOptions | None = None,
    path: Mapping[str, str] = NO_PATH,
    query: QueryParameters = (),
    projection: AnyProjection | None = None,
) -> Slice:
    """The part that the lookup's options (a Listing) or `wanted` names; `query` is sent besides."""
    part: ListOptions = wanted or load_context.options
    form = projection or load_context.projection("list")
    return await collect(
        lambda size, cursor: load_context.client.page(
            endpoint,
            load_context.call_context,
            form,
            parents=parents,
            path=path,
            query=(*part.query, *query),
            size=size,
            cursor=cursor,
        ),
        first=part.first,
        after=part.after,
        cap=part.cap,
    )


async def by_organization(
    keys: Sequence[KeyType],
    answer: Callable[[OrganizationRef, Sequence[KeyType]], Awaitable[Mapping[KeyType, Any]]],
    *,
    size: int = CHUNK_SIZE,
    weigh: Callable[[KeyType], int] = lambda _key: 0,
) -> dict[KeyType, Any]:
    """What `answer` gives for the keys of each organization, `size` at a time; a failure is the answer of its keys.

    `weigh` tells the length of a key in an address, where that may be more than a few characters.
    """
    parts: list[tuple[OrganizationRef, tuple[KeyType, ...]]] = []
    for organization in dict.fromkeys(key.organization for key in keys):
        mine = [key for key in keys if key.organization == organization]
        parts += [(organization, chunk) for chunk in _split_keys(mine, size, weigh)]

    async def one(part: tuple[OrganizationRef, tuple[KeyType, ...]]) -> Mapping[KeyType, Any]:
        return await answer(*part)

    found: dict[KeyType, Any] = {}
    for (_, chunk), answers in (await each(parts, one)).items():
        found |= dict.fromkeys(chunk, answers) if isinstance(answers, Exception) else answers
    return found


def _split_keys(keys: Sequence[KeyType], size: int, weigh: Callable[[KeyType], int]) -> list[tuple[KeyType, ...]]:
    """Pieces of at most `size` keys that together fit an address."""
    pieces: list[list[KeyType]] = []
    length = 0
    for key in keys:
        length += weigh(key)
        if not pieces or len(pieces[-1]) >= size or length > MAX_KEY_BYTES:
            pieces.append([])
            length = weigh(key)
        pieces[-1].append(key)
    return [tuple(piece) for piece in pieces]
