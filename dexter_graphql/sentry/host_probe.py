"""What a server lacks and what a token may not do, found by calling endpoints of an organization once."""

import asyncio
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import events, issues, organizations, stats
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.endpoint import Endpoint, Pagination
from dexter_graphql.sentry.errors import FeatureUnavailable, NotFound, SentryError
from dexter_graphql.sentry.parents import OrganizationRef, Parents

SINCE_20_12 = frozenset({issues.STATS, stats.USAGE, stats.SESSIONS})
"""Endpoints that came with 20.12 or shortly before. A server without all of them is older."""
OLDEST = "20.12"
CONCURRENT_CALLS = 4
QUERIES: Mapping[Endpoint, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        stats.USAGE: (("field", "sum(quantity)"), ("groupBy", "outcome"), ("statsPeriod", "1h")),
        stats.SESSIONS: (("field", "sum(session)"), ("statsPeriod", "1h"), ("interval", "1h")),
        events.DISCOVER: (("field", "id"), ("statsPeriod", "1h")),
    }
)
"""Required parameters. Without them a server that has the endpoint answers 400, which would do, but is an error."""


class _Authentication(msgspec.Struct, frozen=True):
    scopes: list[str]


class _Root(msgspec.Struct, frozen=True):
    auth: _Authentication | None = None


class HostReport(NamedTuple):
    """The endpoints that a server lacks, in the order in which they were given."""

    missing: tuple[Endpoint, ...]

    @property
    def is_too_old(self) -> bool:
        """True when the server is older than the oldest supported release."""
        return set(self.missing) >= SINCE_20_12


async def probe_host(
    client: SentryClient, call_context: CallContext, organization: OrganizationRef, endpoints: Iterable[Endpoint]
) -> HostReport:
    """Read each of the endpoints that need no more than an organization, a row at most."""
    probed = [endpoint for endpoint in endpoints if is_probed(endpoint)]
    permits = asyncio.Semaphore(CONCURRENT_CALLS)

    async def probe(endpoint: Endpoint) -> bool:
        async with permits:
            return await _is_missing(client, call_context, organization, endpoint)

    missing = await asyncio.gather(*map(probe, probed))
    return HostReport(tuple(endpoint for endpoint, is_missing in zip(probed, missing, strict=True) if is_missing))


def is_probed(endpoint: Endpoint) -> bool:
    """True for reads whose path names an organization and nothing else: there, 404 means the endpoint."""
    return endpoint.is_read and "{organization}" in endpoint.path and endpoint.path.count("{") == 1


async def token_scopes(client: SentryClient, call_context: CallContext) -> frozenset[str] | None:
    """The scopes of the token; None when Sentry does not list them."""
    reply = await client.send(organizations.ROOT, call_context, parents=None)
    try:
        root = msgspec.json.decode(reply.body, type=_Root)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if root.auth is None else frozenset(root.auth.scopes)


async def _is_missing(
    client: SentryClient, call_context: CallContext, organization: OrganizationRef, endpoint: Endpoint
) -> bool:
    size = () if endpoint.pages is Pagination.NONE else ((endpoint.pages.value, "1"),)
    query = (*QUERIES.get(endpoint, ()), *size)
    try:
        await client.send(endpoint, call_context, parents=Parents(organization), query=query)
    except (NotFound, FeatureUnavailable) as error:
        return error.status == HTTPStatus.NOT_FOUND
    except SentryError:
        pass
    return False
