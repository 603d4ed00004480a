"""Knows how the wanted part of any of Sentry's lists is fetched; knows no noun."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from dexter_graphql.loaders.base import Lookup, each
from dexter_graphql.sentry.client import NO_PATH
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.paging import Position, Slice, collect
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Form

Query = tuple[tuple[str, str], ...]
CHUNK = 100
"""Keys that one call asks for, at most."""
MAX_BYTES = 4000
"""Length of all keys in the address of one call, at most; addresses stay below 6 kB."""

MAX_WHOLE = 1000
"""Rows of a list that is read whole, at most."""


class Listing(NamedTuple):
    """The part of a list that is wanted, and the parameters that narrow it."""

    query: Query
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

WHOLE = Listing((), MAX_WHOLE, None, MAX_WHOLE)


async def pages(
    endpoint: Endpoint,
    scope: Scope,
    lookup: Lookup,
    *,
    wanted: Listing | None = None,
    path: Mapping[str, str] = NO_PATH,
    query: Query = (),
    shape: Form | None = None,
) -> Slice:
    """The part that the lookup's options (a Listing) or `wanted` names; `query` is sent besides."""
    part: Listing = wanted or lookup.options
    form = shape or lookup.shape("list")
    return await collect(
        lambda size, cursor: lookup.client.page(
            endpoint,
            lookup.ticket,
            form,
            scope=scope,
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
    size: int = CHUNK,
    weigh: Callable[[KeyType], int] = lambda _key: 0,
) -> dict[KeyType, Any]:
    """What `answer` gives for the keys of each organization, `size` at a time; a failure is the answer of its keys.

    `weigh` tells the length of a key in an address, where that may be more than a few characters.
    """
    parts: list[tuple[OrganizationRef, tuple[KeyType, ...]]] = []
    for organization in dict.fromkeys(key.organization for key in keys):
        mine = [key for key in keys if key.organization == organization]
        parts += [(organization, chunk) for chunk in _cut(mine, size, weigh)]

    async def one(part: tuple[OrganizationRef, tuple[KeyType, ...]]) -> Mapping[KeyType, Any]:
        return await answer(*part)

    found: dict[KeyType, Any] = {}
    for (_, chunk), answers in (await each(parts, one)).items():
        found |= dict.fromkeys(chunk, answers) if isinstance(answers, Exception) else answers
    return found


def _cut(keys: Sequence[KeyType], size: int, weigh: Callable[[KeyType], int]) -> list[tuple[KeyType, ...]]:
    """Pieces of at most `size` keys that together fit an address."""
    pieces: list[list[KeyType]] = []
    length = 0
    for key in keys:
        length += weigh(key)
        if not pieces or len(pieces[-1]) >= size or length > MAX_BYTES:
            pieces.append([])
            length = weigh(key)
        pieces[-1].append(key)
    return [tuple(piece) for piece in pieces]
