"""Loader of the thresholds of releases."""

from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.loaders.search import UnresolvedQuery, resolve_query
from dexter_graphql.loaders.time_ranges import TimeRange
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import without_invalid_rows


class ThresholdOptions(NamedTuple):
    """Filter parameters and time range of thresholds."""

    query: UnresolvedQuery
    time_range: TimeRange


@fan_out(target="ReleaseThreshold", uses=(catalogue.THRESHOLDS, *REFERENCE_ENDPOINTS))
async def release_thresholds(parents: Parents, load_context: LoadContext) -> list[Any]:
    """The thresholds of an organization's releases; options are ThresholdOptions.

    Sentry groups them by names that are made of project and version; the rows have both as members.
    """
    options: ThresholdOptions = load_context.options
    interval = load_context.interval(options.time_range)
    query = await resolve_query(options.query, parents.organization, load_context)
    reply = await load_context.send(catalogue.THRESHOLDS, parents, query=(*interval.query, *query))
    try:
        groups = msgspec.json.decode(reply.body, type=dict[str, list[msgspec.Raw]])
    except UNREADABLE:
        raise BadResponse("Sentry's answer has no thresholds", title=catalogue.THRESHOLDS.title) from None
    body = msgspec.json.encode([row for rows in groups.values() for row in rows])
    return without_invalid_rows(
        load_context.client.records.decode_list(body, load_context.projection("list"), (), parents)
    )
