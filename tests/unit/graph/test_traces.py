"""Traces: trees and flat lists of their items, attributes by selection, counts, and traces that do not exist."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexter_graphql.loaders.traces import SpanRecord, TraceRecord, all_items
from dexter_graphql.sandbox import Vintage
from dexter_graphql.sandbox.world.event_attributes import get_span_id, get_trace_id
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from support.graph import graph_client_of_release

TRACE = "/organizations/{organization}/trace/{trace}/"
META = "/organizations/{organization}/trace-meta/{trace}/"
PARENTS = Parents(OrganizationRef("1", "acme"))


@pytest.fixture
def event(asker):
    """An error in a trace that an uptime check began."""
    issue = asker.acme.find_issue("WEB-9")
    events = reversed(list(asker.acme.events.values()))
    return next(e for e in events if e.issue.project is issue.project and e.issue.is_error and e.variant % 2 == 0)


async def read_trace(asker, event, selection):
    """The selection on the trace of an event, and the calls that it costs."""
    answer = await asker.organization(f'trace(traceId: "{get_trace_id(event)}") {{ {selection} }}')
    return answer["trace"], answer


async def test_roots_are_trees(asker, event):
    """The items of all kinds are in their places; the error leads to its issue and its event."""
    trace, answer = await read_trace(
        asker,
        event,
        """traceId roots { __typename depth description project { slug }
          ... on TraceSpan { spanId op durationMs isTransaction measurements { name value } transactionEvent { eventId }
            errors { shortId level isOccurrence issue { shortId } event { eventId } }
            children { depth ... on TraceSpan { op parentSpanId children { ... on TraceSpan { op } } } } }
          ... on TraceUptimeCheck { regionName name durationMs } }""",
    )

    span, check = trace["roots"]
    assert answer.routes.count(TRACE) == 1
    assert (span["__typename"], span["spanId"], span["durationMs"]) == ("TraceSpan", get_span_id(event), 250)
    assert span["measurements"] == [{"name": "measurements.frames_slow_rate", "value": 0.02}]
    assert span["project"] == {"slug": "web"}
    assert span["transactionEvent"] == {"eventId": get_span_id(event) * 2}
    assert [child["op"] for child in span["children"]] == ["middleware.handle", "serialize"]
    assert [child["parentSpanId"] for child in span["children"]] == [span["spanId"]] * 2
    assert [inner["op"] for inner in span["children"][0]["children"]] == ["db", "cache.get", "http.client"]
    assert span["errors"] == [
        {
            "shortId": event.issue.short_id,
            "level": event.issue.level.upper(),
            "isOccurrence": False,
            "issue": {"shortId": event.issue.short_id},
            "event": {"eventId": event.id},
        }
    ]
    assert (check["__typename"], check["regionName"]) == ("TraceUptimeCheck", "Europe")


async def test_flat_lists_have_all_levels(asker, event):
    """Spans are in order of their start, with their depth; errors and the times of the trace cover all items."""
    trace, answer = await read_trace(
        asker,
        event,
        """spans(first: 3) { nodes { op depth } pageInfo { hasNextPage endCursor } } startedAt durationMs webUrl
        errors { nodes { eventId depth } }""",
    )
    cursor = trace["spans"]["pageInfo"]["endCursor"]
    rest, _ = await read_trace(asker, event, f'spans(first: 9, after: "{cursor}") {{ nodes {{ op depth }} }}')

    assert answer.routes == [TRACE]
    spans = trace["spans"]["nodes"] + rest["spans"]["nodes"]
    assert [(span["op"], span["depth"]) for span in spans] == [
        ("http.server", 0),
        ("middleware.handle", 1),
        ("db", 2),
        ("cache.get", 2),
        ("http.client", 2),
        ("serialize", 1),
    ]
    assert trace["errors"]["nodes"] == [{"eventId": event.id, "depth": 1}]
    assert round(trace["durationMs"]) == 270


async def test_attributes_are_requested_with_the_trace(asker, event):
    """Attributes anywhere in the operation are parameters of the one call, also under the same alias."""
    trace, answer = await read_trace(
        asker,
        event,
        """roots { ... on TraceSpan { value: attribute(name: "environment") } }
        spans(first: 1) { nodes { value: attribute(name: "sdk.name") other: attribute(name: "no-such") } }""",
    )

    [query] = answer.queries(TRACE)
    assert [value for name, value in query if name == "additional_attributes"] == ["environment", "no-such", "sdk.name"]
    assert trace["roots"][0] == {"value": event.environment}
    [span] = trace["spans"]["nodes"]
    assert (span["value"].startswith("sentry."), span["other"]) == (True, None)


async def test_counts_cost_a_call_of_their_own(asker, event):
    """They are read where they are selected."""
    trace, answer = await read_trace(
        asker, event, "counts { spanCount errorCount logCount uptimeCheckCount spansByOperation { op count } }"
    )

    assert answer.routes == sorted([TRACE, META])
    assert (trace["counts"]["spanCount"], trace["counts"]["errorCount"]) == (6, 1)
    assert {"op": "db", "count": 1} in trace["counts"]["spansByOperation"]


async def test_rows_and_ids_lead_to_traces(asker, event):
    """A row of a table has the ID of its trace without a call; the global ID finds the trace."""
    table = await asker.organization(
        f'discover(dataset: ERRORS, search: "id:{event.id}", range: {{ last: "90d" }}, first: 1)'
        " { nodes { trace { id traceId } } }"
    )
    [row] = table["discover"]["nodes"]
    found = await asker.ask(
        "query ($id: ID!) { node(id: $id) { ... on Trace { traceId spans(first: 1) { nodes { op } } } } }",
        id=row["trace"]["id"],
    )

    assert TRACE not in table.routes
    assert row["trace"]["traceId"] == found["node"]["traceId"] == get_trace_id(event)
    assert found["node"]["spans"]["nodes"] == [{"op": "http.server"}]


async def test_unknown_traces_are_null(asker):
    """Sentry answers with no items; something else than an ID is a mistake before any call."""
    unknown = await asker.organization(f'trace(traceId: "{"0" * 32}") {{ traceId }}')
    wrong = await asker.ask('{ organization(slug: "acme") { trace(traceId: "../x") { traceId } } }')

    assert (unknown["trace"], unknown.routes) == (None, [TRACE])
    assert [error["extensions"]["code"] for error in wrong.errors] == ["BAD_USER_INPUT"]
    assert TRACE not in wrong.routes


async def test_older_releases_have_no_traces(graph, event):
    """The error names the endpoint that the release lacks."""
    async with graph_client_of_release(graph, Vintage.V24_1) as asker:
        answer = await asker.ask(
            'query ($id: String!) { organization(slug: "acme") { trace(traceId: $id) { traceId } } }',
            id=get_trace_id(event),
        )

    [error] = answer.errors
    assert error["extensions"]["code"] == "FEATURE_NOT_AVAILABLE"


NODES = st.recursive(
    st.just({}), lambda below: st.fixed_dictionaries({"children": st.lists(below, max_size=3)}), max_leaves=12
)


def preorder(node, depth=0):
    """The depths of a node and of those in it."""
    return [depth, *(each for child in node.get("children", ()) for each in preorder(child, depth + 1))]


@settings(max_examples=25)
@given(st.lists(NODES, max_size=3))
def test_items_come_before_those_in_them(nodes):
    """The order is that of a recursive walk."""
    trace = TraceRecord(traceId="0" * 32, items=nodes, parents=PARENTS)

    assert [item.depth for item in all_items(trace)] == [depth for node in nodes for depth in preorder(node)]


def test_depth_is_not_bounded_by_recursion():
    """A chain of 100,000 spans is walked in a loop."""
    node = {}
    for _ in range(100_000):
        node = {"children": [node]}
    trace = TraceRecord(traceId="0" * 32, items=[node], parents=PARENTS)

    assert sum(isinstance(item, SpanRecord) for item in all_items(trace)) == 100_001
    while node:
        (node,) = node.pop("children", [{}])  # freed level by level


def test_nesting_that_cannot_be_decoded_is_no_internal_error():
    """The decoder refuses what is nested more deeply than the interpreter allows."""
    with pytest.raises(RecursionError):
        msgspec.json.decode(b'[{"children":' * 5000 + b"[]" + b"}]" * 5000)
