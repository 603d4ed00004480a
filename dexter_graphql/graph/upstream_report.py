"""What a Sentry server and a token lack, in sentences that name the fields of the schema that need it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from graphql import GraphQLSchema

from dexter_graphql.graph.endpoint_usage import Usage, fields_by_endpoint, summarize_fields
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import CATALOGUE
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.host_probe import OLDEST, probe_host, token_scopes
from dexter_graphql.sentry.parents import OrganizationRef

TOO_OLD = f"This Sentry is older than {OLDEST}, the oldest release that is supported; upgrade it."


class UpstreamReport(NamedTuple):
    """`problem` is the reason why the server cannot be used; `notes` are what is missing otherwise."""

    problem: str | None = None
    notes: tuple[str, ...] = ()


async def report_upstream(
    client: SentryClient, call_context: CallContext, organization: OrganizationRef, schema: GraphQLSchema
) -> UpstreamReport:
    """Read the endpoints of an organization that the schema needs, once each, and the scopes of the token.

    sentry.io has all endpoints, so that only the scopes are read there: one call.
    """
    usage = fields_by_endpoint(schema)
    endpoints = [endpoint for endpoint in CATALOGUE.values() if endpoint.title in usage]
    missing: Sequence[Endpoint] = ()
    if not client.is_saas(organization):
        probe = await probe_host(client, call_context, organization, endpoints)
        if probe.is_too_old:
            return UpstreamReport(TOO_OLD)
        missing = probe.missing
    scopes = await token_scopes(client, call_context)
    return UpstreamReport(None, (*_missing_endpoints(missing, usage), *_missing_scopes(scopes, endpoints, usage)))


def _missing_endpoints(missing: Sequence[Endpoint], usage: Usage) -> Iterator[str]:
    for endpoint in missing:
        yield f"This Sentry lacks {endpoint.title}, used by {summarize_fields(usage, [endpoint])}."


def _missing_scopes(scopes: frozenset[str] | None, endpoints: Sequence[Endpoint], usage: Usage) -> Iterator[str]:
    """One sentence per set of scopes of which the token has none."""
    if scopes is None:
        yield "Sentry does not list the scopes of the token."
        return
    denied = [endpoint for endpoint in endpoints if endpoint.scopes and scopes.isdisjoint(endpoint.scopes)]
    for names, group in groupby(sorted(denied, key=_accepted_scopes), _accepted_scopes):
        yield f"The token lacks {' or '.join(names)}, needed by {summarize_fields(usage, group)}."


def _accepted_scopes(endpoint: Endpoint) -> list[str]:
    return sorted(endpoint.scopes)
