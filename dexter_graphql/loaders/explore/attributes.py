"""Loaders of tags, attributes and their values, metrics and dropped events."""

from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import fetch_in_range
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import UnresolvedQuery, resolve_query
from dexter_graphql.loaders.time_ranges import TimeRange
from dexter_graphql.sentry.catalogue import events, explore
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.lenient import complete_list, omitted_from
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid


class ExploreOptions(NamedTuple):
    """Filter parameters and time range of a read."""

    query: UnresolvedQuery
    time_range: TimeRange


class ValueCount(msgspec.Struct, frozen=True, gc=False):
    """A value of an attribute with the number of items that have it."""

    label: str | None = None
    value: float | None = None


class Distributions(msgspec.Struct, frozen=True, gc=False):
    """Values by attribute."""

    data: dict[str, list[ValueCount]] = {}


class Statistics(msgspec.Struct, frozen=True, gc=False):
    """One of the requested statistics."""

    attributeDistributions: Distributions | None = None  # noqa: N815  # Sentry's name


STATISTICS = Projection("AttributeDistribution", "list", (Field("data", "data", list[Statistics], is_required=True),))


@fan_out(target="OrganizationTag", uses=(events.TAGS, *REFERENCE_ENDPOINTS))
async def organization_tags(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """The tags of the organization's events; options are ExploreOptions."""
    return await _rows(events.TAGS, organization, load_context)


@fan_out(target="ExploreAttribute", uses=(explore.ATTRIBUTES,))
async def attribute_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of attributes; options are ListOptions."""
    return await fetch_in_range(explore.ATTRIBUTES, parents, load_context)


@fan_out(target="TraceMetric", uses=(explore.METRICS, *REFERENCE_ENDPOINTS))
async def trace_metrics(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """The metrics that applications emit; options are ExploreOptions."""
    return await _rows(explore.METRICS, organization, load_context)


@fan_out(target="DroppedEvents", uses=(explore.DROPPED, *REFERENCE_ENDPOINTS))
async def dropped_events(organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The events that Sentry dropped and those that it accepted; options are ExploreOptions."""
    query = await _query(organization, load_context)
    return await load_context.get(explore.DROPPED, Parents(organization), query=query)


@fan_out(target="AttributeDistribution", uses=(explore.DISTRIBUTIONS, *REFERENCE_ENDPOINTS))
async def attribute_distributions(
    organization: OrganizationRef, load_context: LoadContext
) -> list[tuple[str, list[ValueCount]]]:
    """The attributes with their most frequent values; options are ExploreOptions."""
    query = await _query(organization, load_context)
    answer = await load_context.get(explore.DISTRIBUTIONS, Parents(organization), query=query, projection=STATISTICS)
    if invalid := first_invalid(answer, "data"):
        raise invalid
    found = [each.attributeDistributions for each in answer.data if each.attributeDistributions is not None]
    pairs = [pair for distributions in found for pair in distributions.data.items()]
    return complete_list(pairs, omitted_from(answer.data))


async def _rows(endpoint: Endpoint, organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    query = await _query(organization, load_context)
    return await load_context.get_rows(endpoint, Parents(organization), query=query)


async def _query(organization: OrganizationRef, load_context: LoadContext) -> QueryParameters:
    options: ExploreOptions = load_context.options
    interval = load_context.interval(options.time_range)
    return (*await resolve_query(options.query, organization, load_context), *interval.query)
