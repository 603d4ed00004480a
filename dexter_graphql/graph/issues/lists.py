"""Lists of issues, and what happened to an issue within a list's range."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.series import Series, TimeSeries, series_of_buckets
from dexter_graphql.graph.common.time_ranges import UsedRange
from dexter_graphql.graph.declarations.fields import ID, computed, entity, value_type
from dexter_graphql.graph.declarations.wire_types import whole_number
from dexter_graphql.graph.relay.connections import Edge, EdgeRow, PageInfo, edges_of
from dexter_graphql.loaders.issues import IssuePage

if TYPE_CHECKING:
    from dexter_graphql.graph.issues.types import Issue

IssueType = Annotated["Issue", strawberry.lazy("dexter_graphql.graph.issues.types")]


class Counts(msgspec.Struct, frozen=True, gc=False):
    """Counts of one stretch of time, as issue lists embed them. `count` is text on the wire."""

    count: int | str | None = None
    userCount: int | None = None  # noqa: N815  # Sentry's name
    firstSeen: datetime | None = None  # noqa: N815  # Sentry's name
    lastSeen: datetime | None = None  # noqa: N815  # Sentry's name
    stats: dict[str, list[tuple[float, float | None]]] | None = None


Buckets = dict[str, list[tuple[float, float | None]]]


@entity(representations=("list",), always_reads={"id": ID})
class IssueInRange:
    """What happened to an issue within the range, and with the filters, of the list it stands in."""

    @computed(filtered=Counts | None, count=int | str | None)
    def event_count(row: Any) -> BigInt | None:
        """Number of events in the range that match the filter."""
        value = row.filtered.count if row.filtered else row.count
        return None if value is None else BigInt(whole_number(value))

    @computed(filtered=Counts | None, userCount=int | None)
    def user_count(row: Any) -> BigInt | None:
        """Number of different users affected in the range by events that match the filter."""
        value = row.filtered.userCount if row.filtered else row.userCount
        return None if value is None else BigInt(value)

    @computed(filtered=Counts | None, firstSeen=datetime | None)
    def first_seen(row: Any) -> datetime | None:
        """First matching event in the range."""
        return row.filtered.firstSeen if row.filtered else row.firstSeen

    @computed(filtered=Counts | None, lastSeen=datetime | None)
    def last_seen(row: Any) -> datetime | None:
        """Newest matching event in the range."""
        return row.filtered.lastSeen if row.filtered else row.lastSeen

    @computed(filtered=Counts | None, stats=Buckets | None)
    def series(row: Any) -> TimeSeries | None:
        """Events over the range that match the filter."""
        return issue_series((row.filtered and row.filtered.stats) or row.stats)


@value_type
class IssueEdge(Edge[IssueType]):
    """An issue in a list, and what happened to it in the list's range."""

    @computed()
    def in_range(edge: EdgeRow) -> IssueInRange | None:
        """Counts and series within the range and the filters of this list."""
        return edge.row


@value_type
class IssueConnection:
    """A page of issues."""

    @computed()
    def edges(page: IssuePage) -> list[IssueEdge]:
        """Issues with their cursors and what happened in the range."""
        return edges_of(page)

    @computed()
    def nodes(page: IssuePage) -> list[IssueType | None]:
        """Issues alone."""
        return page.rows

    @computed()
    def page_info(page: IssuePage) -> PageInfo:
        """Where this page stands in the list."""
        return page

    @computed()
    def total_count(page: IssuePage) -> BigInt | None:
        """How many issues match; Sentry stops counting at about a thousand."""
        return None if page.hits is None else BigInt(page.hits)

    @computed()
    def range(page: IssuePage) -> UsedRange | None:
        """The stretch that was looked at; null when the list had no `range`: then it is the last 90 days."""
        return page.interval

    @computed()
    def is_truncated(page: IssuePage) -> bool:
        """True when fetching stopped at the largest number of rows that one request may compose, before all wanted."""
        return page.stopped


def issue_series(stats: Buckets | None) -> Series | None:
    """The series in a `stats` member, which has one period as its key; the longest when it has several."""
    if not stats:
        return None
    return series_of_buckets("count()", max(stats.values(), key=len))
