"""Loaders of traces. A trace is read as a whole, and its items are looked at when they are selected."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.issues.parameters import RETENTION
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.sentry.catalogue import traces as catalogue
from dexter_graphql.sentry.errors import BadResponse, InvalidValue, NotFound
from dexter_graphql.sentry.lenient import UNREADABLE, complete_list
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Record

WITH_UPTIME: QueryParameters = (("include_uptime", "1"),)
ATTRIBUTE_TYPES = ("TraceSpan", "TraceUptimeCheck")
NESTED = ("children", "errors", "occurrences")


class TraceKey(NamedTuple):
    """A trace by its ID, 32 hexadecimal digits."""

    organization: OrganizationRef
    id: str


class TraceReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """A trace of which only the ID is known."""

    typename = "Trace"
    representation = "reference"
    members = frozenset({"traceId"})

    traceId: str  # noqa: N815  # the name of the member in the graph


class TraceRecord(TraceReference, frozen=True, eq=False, gc=False, kw_only=True):
    """A trace with its root items as Sentry sends them."""

    representation = "detail"
    members = frozenset({"traceId", "items"})

    items: list[Any]


class TraceItemRecord(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """An item of a trace: the object that Sentry sends, and the number of items above it."""

    representation = "embedded"

    node: Mapping[str, Any]
    depth: int

    def below(self, name: str) -> list[Any]:
        """The items in a member, with the errors of those that are not objects."""
        return items_of(self.node.get(name), self.depth + 1, self.parents)


class SpanRecord(TraceItemRecord, frozen=True, eq=False, gc=False, kw_only=True):
    """A span."""

    typename = "TraceSpan"


class ErrorRecord(TraceItemRecord, frozen=True, eq=False, gc=False, kw_only=True):
    """An error, or an occurrence of an issue that is not an error."""

    typename = "TraceError"


class UptimeCheckRecord(TraceItemRecord, frozen=True, eq=False, gc=False, kw_only=True):
    """An uptime check."""

    typename = "TraceUptimeCheck"


RECORDS: Mapping[Any, type[TraceItemRecord]] = {
    "error": ErrorRecord,
    "occurrence": ErrorRecord,
    "uptime_check": UptimeCheckRecord,
}
"""`event_type` → class of the item; children have no type where they are spans."""


@fan_out(target="Trace", uses=(catalogue.DETAIL,), is_shared=True)
async def traces_by_id(key: TraceKey, load_context: LoadContext) -> TraceRecord | None:
    """The trace with all of its items; None when Sentry has no item of it."""
    query = (*RETENTION, *WITH_UPTIME, *repeated("additional_attributes", _attributes(load_context)))
    parents = Parents(key.organization)
    try:
        reply = await load_context.send(catalogue.DETAIL, parents, path={"trace": key.id}, query=query)
    except NotFound:
        return None
    try:
        items = msgspec.json.decode(reply.body, type=list[Any])
    except UNREADABLE:
        message = "The trace in Sentry's answer cannot be read: it is no list, or its spans are nested too deeply"
        raise BadResponse(message, title=catalogue.DETAIL.title, status=reply.status) from None
    return TraceRecord(traceId=key.id, items=items, parents=parents) if items else None


@fan_out(target="TraceCounts", uses=(catalogue.META,))
async def trace_counts(key: TraceKey, load_context: LoadContext) -> Any:
    """The numbers of items in a trace."""
    path, query = {"trace": key.id}, (*RETENTION, *WITH_UPTIME)
    return await load_context.get_or_none(catalogue.META, Parents(key.organization), path=path, query=query)


def items_of(nodes: Any, depth: int, parents: Parents) -> list[Any]:
    """The items in a list, with the errors of those that are not objects."""
    if nodes is None:
        return []
    if not isinstance(nodes, list):
        raise InvalidValue("Sentry sent something else instead of a list of items")
    records = [_record(node, depth, parents) for node in nodes if isinstance(node, dict)]
    invalid = [InvalidValue("An item of Sentry's trace is not an object")] * (len(nodes) - len(records))
    return complete_list(records, invalid)


def all_items(trace: TraceRecord) -> Iterator[TraceItemRecord]:
    """All items of a trace, each before those in it. However deep the trace is, this is a loop."""
    pending: list[tuple[Any, int]] = [(node, 0) for node in reversed(trace.items)]
    while pending:
        node, depth = pending.pop()
        if not isinstance(node, dict):
            continue
        yield _record(node, depth, trace.parents)
        below = (node.get(name) for name in reversed(NESTED))
        pending += [(child, depth + 1) for nodes in below if isinstance(nodes, list) for child in reversed(nodes)]


def _record(node: Mapping[str, Any], depth: int, parents: Parents) -> TraceItemRecord:
    kind = node.get("event_type")
    record_class = RECORDS.get(kind, SpanRecord) if isinstance(kind, str) else SpanRecord
    return record_class(node=node, depth=depth, parents=parents)


def _attributes(load_context: LoadContext) -> Sequence[str]:
    """The attributes that the operation selects on items."""
    names: dict[str, None] = {}
    for typename in ATTRIBUTE_TYPES:
        selection = load_context.all_on_type(typename).selection
        for selected in () if selection is None else selection.occurrences(typename):
            if selected.name == "attribute":
                name = load_context.arguments(selected).get("name")
                names |= {name: None} if isinstance(name, str) else {}
    return sorted(names)
