"""Fields of organizations for tags, attributes, metrics, saved queries and dropped events."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.declarations.fields import batch, call
from dexter_graphql.graph.explore.arguments import (
    DEFAULT_RANGE,
    DatasetArgument,
    ExploreRange,
    IntervalArgument,
    Search,
    event_filter,
    interval_seconds,
)
from dexter_graphql.graph.explore.attributes import (
    AttributeDataset,
    AttributeDistribution,
    AttributeType,
    DistributionItems,
    DroppedEvents,
    ExploreAttribute,
    OrganizationTag,
    TagDataset,
    TraceMetric,
)
from dexter_graphql.graph.organizations.organization_field import organization_parents
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import Environments, NameContains, Projects, list_options
from dexter_graphql.graph.saved_queries.references import SavedQueryReference, find_saved_query
from dexter_graphql.graph.saved_queries.types import SavedQuery
from dexter_graphql.graph.stats.enums import UsageOutcome
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.explore.attributes import (
    ExploreOptions,
    attribute_distributions,
    attribute_pages,
    dropped_events,
    organization_tags,
    trace_metrics,
)
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.loaders.saved_queries import saved_queries_by_id, saved_query_pages
from dexter_graphql.loaders.search import UnresolvedQuery

MAX_SAMPLE = 1000


def explore_options(range: TimeRangeInput | None, query: UnresolvedQuery) -> ExploreOptions:
    """Loader options of a read in a time range."""
    return ExploreOptions(tuple(query), time_range_of(range or DEFAULT_RANGE))


def given(name: str, value: str | None) -> QueryParameters:
    """The parameter, unless it has no value."""
    return ((name, value),) if value else ()


@strawberry.type
class AttributeFields:
    """Fields of Organization."""

    @batch(organization_tags)
    def event_tags(
        *,
        dataset: Annotated[TagDataset, strawberry.argument(description="Where to search.")] = TagDataset.DISCOVER,
        uses_flags: Annotated[bool, strawberry.argument(description="True for feature flags instead of tags.")] = False,
        range: ExploreRange = None,
        projects: Projects = None,
        environments: Environments = None,
    ) -> list[OrganizationTag] | None:
        """Tags of the organization's events. One call."""
        flags = (("useFlagsBackend", "1"),) if uses_flags else ()
        return explore_options(range, (("dataset", dataset.value), *flags, *event_filter(projects, environments)))

    @batch(attribute_pages, key=organization_parents, reads={})
    @paged
    def attributes(
        *,
        dataset: Annotated[AttributeDataset, strawberry.argument(description="Items to list attributes of.")],
        types: Annotated[
            list[AttributeType] | None, strawberry.argument(description="Types of values. Default: all types.")
        ] = None,
        name_contains: NameContains = None,
        search: Search = None,
        range: ExploreRange = None,
        page: PageArguments,
    ) -> Connection[ExploreAttribute] | None:
        """Attributes of spans, logs or other items."""
        query = (
            ("dataset", dataset.value),
            *repeated("attributeType", (each.value for each in types or ())),
            *given("substringMatch", name_contains),
            *given("query", search),
        )
        return list_options(page, query, time_range_of(range or DEFAULT_RANGE))

    @batch(attribute_distributions)
    def attribute_distributions(
        *,
        items: Annotated[
            DistributionItems, strawberry.argument(description="Items to look at.")
        ] = DistributionItems.SPANS,
        search: Search = None,
        name_contains: NameContains = None,
        range: ExploreRange = None,
        projects: Projects = None,
        environments: Environments = None,
        sample: Annotated[
            int, strawberry.argument(description=f"Number of items to look at, from 1 to {MAX_SAMPLE}.")
        ] = MAX_SAMPLE,
    ) -> list[AttributeDistribution] | None:
        """The most frequent values of attributes in a sample of items. One call."""
        if not 1 <= sample <= MAX_SAMPLE:
            raise BadUserInput(f"'sample' must be between 1 and {MAX_SAMPLE}")
        query = (
            ("statsType", "attributeDistributions"),
            ("itemType", items.value),
            ("traceItemsLimit", str(sample)),
            *given("substringMatch", name_contains),
            *given("query", search),
        )
        return explore_options(range, (*query, *event_filter(projects, environments)))

    @batch(trace_metrics)
    def trace_metrics(
        *,
        search: Search = None,
        sort: Annotated[
            str, strawberry.argument(description="`name`, `type`, `unit`, `count` or `lastSeen`; `-` for descending.")
        ] = "name",
        range: ExploreRange = None,
        projects: Projects = None,
        environments: Environments = None,
    ) -> list[TraceMetric] | None:
        """Metrics that applications emit, at most 1000. One call."""
        return explore_options(range, (*given("query", search), ("sort", sort), *event_filter(projects, environments)))

    @batch(saved_query_pages, key=organization_parents, reads={})
    @paged
    def saved_queries(
        *,
        name_contains: NameContains = None,
        sort: Annotated[
            str,
            strawberry.argument(description="`name`, `dateCreated`, `dateUpdated` or another order that Sentry names."),
        ] = "name",
        page: PageArguments,
    ) -> Connection[SavedQuery] | None:
        """Saved queries of Discover."""
        return list_options(page, (*given("query", name_contains), ("sortBy", sort)))

    @call(uses=saved_queries_by_id.uses)
    async def saved_query(
        row: Any,
        load_context: LoadContext,
        *,
        reference: Annotated[SavedQueryReference, strawberry.argument(description="Saved query.")],
    ) -> SavedQuery | None:
        """Saved query of Discover; null when it does not exist."""
        return await find_saved_query(reference, row.parents.organization, load_context)

    @batch(dropped_events)
    def dropped_events(
        *,
        dataset: DatasetArgument,
        range: ExploreRange = None,
        interval: IntervalArgument = None,
        projects: Projects = None,
        outcome: Annotated[
            UsageOutcome | None, strawberry.argument(description="Outcome of the dropped events. Default: all.")
        ] = None,
        reason: Annotated[
            str | None, strawberry.argument(description="Reason of the outcome, as named by Sentry.")
        ] = None,
    ) -> DroppedEvents | None:
        """Events that Sentry dropped, and those that it accepted. One call."""
        seconds = interval_seconds(interval)
        query = (
            ("dataset", dataset.value),
            *given("interval", None if seconds is None else str(seconds)),
            *given("outcome", outcome.value if outcome else None),
            *given("reason", reason),
        )
        return explore_options(range, (*query, *event_filter(projects, None)))
