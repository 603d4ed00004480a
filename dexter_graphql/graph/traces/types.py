"""Traces."""

from datetime import datetime
from typing import Any, TypeGuard

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.common.web_urls import organization_page_url
from dexter_graphql.graph.declarations.fields import DETAIL, batch, computed, entity, first_of, plain, value_type
from dexter_graphql.graph.declarations.keys import EntityKey
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged, slice_of
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.traces.items import TraceError, TraceItem, TraceSpan
from dexter_graphql.graph.traces.members import as_time
from dexter_graphql.loaders.traces import (
    ErrorRecord,
    SpanRecord,
    TraceItemRecord,
    TraceKey,
    TraceRecord,
    all_items,
    items_of,
    trace_counts,
    traces_by_id,
)
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import complete_list

REFERENCE = "reference"
ITEMS = list[Any]
MAX_TIME = 1e15
"""Seconds since the epoch, at most, that are taken for a time."""


@value_type
class SpanOperationCount:
    """Number of spans with one operation."""

    @computed()
    def op(pair: tuple[str, float]) -> str:
        """Operation, for example `db`."""
        return pair[0]

    @computed()
    def count(pair: tuple[str, float]) -> BigInt:
        """Number of spans."""
        return BigInt(int(pair[1]))


@entity(representations=(DETAIL,))
class TraceCounts:
    """Numbers of items in a trace."""

    span_count: BigInt | None = first_of("spansCount", "span_count", description="Number of spans.")
    error_count: BigInt | None = first_of("errorsCount", "errors", description="Number of errors.")
    performance_issue_count: BigInt | None = first_of(
        "performanceIssuesCount", "performance_issues", description="Number of occurrences of performance issues."
    )
    log_count: BigInt | None = first_of("logsCount", "logs", description="Number of log entries.")
    metric_count: BigInt | None = plain("metricsCount", description="Number of metrics.")
    uptime_check_count: BigInt | None = first_of("uptimeCount", "uptime_checks", description="Number of uptime checks.")

    @computed(spansCountMap=dict[str, float] | None, span_count_map=dict[str, float] | None)
    def spans_by_operation(row: Any) -> list[SpanOperationCount] | None:
        """Numbers of spans by operation, the most frequent first."""
        counts = row.spansCountMap if row.spansCountMap is not None else row.span_count_map
        if counts is None:
            return None
        pairs = [(op, count) for op, count in counts.items() if not isinstance(count, InvalidValue)]
        invalid = [count for count in counts.values() if isinstance(count, InvalidValue)]
        return complete_list(sorted(pairs, key=lambda pair: (-pair[1], pair[0])), invalid)


@entity(
    key=EntityKey(TraceKey, id="traceId"),
    load=traces_by_id,
    representations=(REFERENCE, DETAIL),
)
class Trace(Node):
    """Trace: what happened in all applications on behalf of one request."""

    trace_id: str = plain("traceId", description="ID of the trace: 32 hexadecimal digits.")
    organization: OrganizationType = organization_field()
    counts: TraceCounts | None = batch(trace_counts, description="Numbers of items in the trace. One call per trace.")

    @computed(items=ITEMS, representations=(DETAIL,))
    def roots(row: TraceRecord) -> list[TraceItem] | None:
        """Items that are in no other item, in Sentry's order. One call brings all items of the trace."""
        return items_of(row.items, 0, row.parents)

    @computed(items=ITEMS, representations=(DETAIL,))
    @paged
    def spans(row: TraceRecord, *, page: PageArguments) -> Connection[TraceSpan] | None:
        """All spans in order of their start, however deep they are."""
        spans = [item for item in all_items(row) if isinstance(item, SpanRecord)]
        return slice_of(sorted(spans, key=_start), page)

    @computed(items=ITEMS, representations=(DETAIL,))
    @paged
    def errors(row: TraceRecord, *, page: PageArguments) -> Connection[TraceError] | None:
        """All errors, and occurrences of issues that are not errors, in order of their time."""
        errors = [item for item in all_items(row) if isinstance(item, ErrorRecord)]
        return slice_of(sorted(errors, key=_start), page)

    @computed(items=ITEMS, representations=(DETAIL,))
    def started_at(row: TraceRecord) -> datetime | None:
        """Time when the first item started."""
        return as_time(min(_times(row, "start_timestamp"), default=None))

    @computed(items=ITEMS, representations=(DETAIL,))
    def duration_ms(row: TraceRecord) -> float | None:
        """Time from the start of the first item to the end of the last one, in milliseconds."""
        starts, ends = _times(row, "start_timestamp"), _times(row, "end_timestamp")
        return (max(ends) - min(starts)) * 1000 if starts and ends else None

    @computed(traceId=str)
    def web_url(row: Any) -> str | None:
        """URL of the trace in Sentry; null when the web address of the organization is unknown."""
        return organization_page_url(row.parents.organization, "performance", "trace", row.traceId)


def _start(item: TraceItemRecord) -> float:
    value = item.node.get("start_timestamp")
    return float(value) if _is_time(value) else 0.0


def _times(row: TraceRecord, member: str) -> list[float]:
    """The times in a member of all items."""
    return [float(value) for item in all_items(row) if _is_time(value := item.node.get(member))]


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MAX_TIME
