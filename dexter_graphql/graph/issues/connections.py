"""Issue connections and the figures of an issue within the range of a list."""

from datetime import datetime
from typing import Any

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.series import TimeSeries, series_of_buckets
from dexter_graphql.graph.common.time_ranges import UsedRange
from dexter_graphql.graph.declarations.fields import ID, computed, entity, first_of, value_type
from dexter_graphql.graph.declarations.resolvers.rows import with_errors
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.relay.connections import Edge, EdgeRow, PageInfo, edges_of
from dexter_graphql.loaders.issues.lists import IssuePage
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import omitted_from

Bucket = tuple[float, float | None]
DecodedBuckets = dict[str, Any]
"""Buckets of which some parts may be an InvalidValue."""
Buckets = dict[str, list[Bucket | None]]
"""Period → its buckets: time and value. A bucket that does not fit is null, so that the others keep their place."""


def issue_series(stats: DecodedBuckets | None) -> Any:
    """The series in a `stats` member. Its keys are periods; the longest series is used.

    Parts that do not fit are null in it, with their errors; raises InvalidValue when a whole series does not fit.
    """
    if not stats:
        return None
    if invalid := [buckets for buckets in stats.values() if isinstance(buckets, InvalidValue)]:
        raise invalid[0]
    longest = max(stats.values(), key=len)
    errors = [item for bucket in longest for item in bucket or () if isinstance(item, InvalidValue)]
    series = series_of_buckets("count()", _with_times([_fitting(bucket) for bucket in longest]))
    return with_errors(series, [*omitted_from(longest), *errors])


def _fitting(bucket: Any) -> Bucket | None:
    """The bucket, without a value that does not fit; None when its time does not."""
    if bucket is None or isinstance(bucket[0], InvalidValue):
        return None
    return (bucket[0], None) if isinstance(bucket[1], InvalidValue) else bucket


def _with_times(buckets: list[Bucket | None]) -> list[Bucket]:
    """The buckets, with a null value and the time that follows from the others in the place of those that are null."""
    known = [(index, bucket[0]) for index, bucket in enumerate(buckets) if bucket is not None]
    if len(known) == len(buckets) or len(known) < 2:  # noqa: PLR2004  # an interval is the distance of two
        return [bucket for bucket in buckets if bucket is not None]
    (first, first_time), (second, second_time) = known[:2]
    interval = (second_time - first_time) / (second - first)
    return [
        (first_time + (index - first) * interval, None) if bucket is None else bucket
        for index, bucket in enumerate(buckets)
    ]


@entity(representations=("list",), always_reads={"id": ID})
class IssueInRange:
    """Figures of an issue within a time range and, in a list, within the filters of the list."""

    event_count: BigInt | None = first_of(
        "filtered.count", "count", description="Number of matching events in the range."
    )
    user_count: BigInt | None = first_of(
        "filtered.userCount",
        "userCount",
        description="Number of distinct users affected by matching events in the range.",
    )
    first_seen_at: datetime | None = first_of(
        "filtered.firstSeen", "firstSeen", description="Time of the first matching event in the range."
    )
    last_seen_at: datetime | None = first_of(
        "filtered.lastSeen", "lastSeen", description="Time of the newest matching event in the range."
    )
    series: TimeSeries | None = first_of(
        "filtered.stats",
        "stats",
        type=Buckets,
        convert=issue_series,
        description="Matching events over the range; null when Sentry sends no series.",
    )


@value_type
class IssueEdge(Edge[IssueType]):
    """Edge of an issue connection."""

    @computed()
    def in_range(edge: EdgeRow) -> IssueInRange | None:
        """Figures of the issue within the range and the filters of this list."""
        return edge.row


@value_type
class IssueConnection:
    """Page of an issue list."""

    @computed()
    def edges(page: IssuePage) -> list[IssueEdge]:
        """Edges with cursors and figures within the range."""
        return edges_of(page)

    @computed()
    def nodes(page: IssuePage) -> list[IssueType | None]:
        """Issues of the page."""
        return page.rows

    @computed()
    def page_info(page: IssuePage) -> PageInfo:
        """Position of this page in the list."""
        return page

    @computed()
    def total_count(page: IssuePage) -> BigInt | None:
        """Number of matching issues; null when Sentry does not count them. Sentry stops counting at about 1000."""
        return None if page.hits is None else BigInt(page.hits)

    @computed()
    def range(page: IssuePage) -> UsedRange | None:
        """Time range of the list; null when no `range` was given, which means the last 90 days."""
        return page.interval

    @computed()
    def is_truncated(page: IssuePage) -> bool:
        """True when fewer rows than requested were fetched because of the limit on rows per request."""
        return page.stopped
