"""Routes of Explore: attributes and their values, metrics, AI conversations, dropped events and starred spans."""

from collections import Counter
from typing import Any, Final

from dexter_graphql.sandbox.discover.query import AllOf, QueryError, parse_query
from dexter_graphql.sandbox.discover.rows import EventSelection
from dexter_graphql.sandbox.http import (
    HTTPError,
    Request,
    Response,
    Route,
    any_scope,
    raise_bad_request,
    raise_http_error,
)
from dexter_graphql.sandbox.pagination import paginate, take_page
from dexter_graphql.sandbox.time_buckets import choose_interval, split_window
from dexter_graphql.sandbox.time_ranges import parse_time_range
from dexter_graphql.sandbox.world.event_attributes import get_tags, get_trace_id
from dexter_graphql.sandbox.world.model import Event

_READ = any_scope("org:read", "org:write", "org:admin")
_STAR = any_scope("member:read", "member:write")
_ORGANIZATION: Final = "/organizations/{organization}/"
_ITEMS: Final = ("logs", "preprod", "processing_errors", "spans", "tracemetrics")
_ATTRIBUTES: Final = (
    ("span.op", "span.op", "string", "sentry"),
    ("span.duration", "span.duration", "number", "sentry"),
    ("is_transaction", "is_transaction", "boolean", "sentry"),
    ("customer.tier", "customer.tier", "string", "user"),
    ("tags[cart.size,number]", "cart.size", "number", "user"),
    ("tags[cart.items,array]", "cart.items", "array", "user"),
)
_METRICS: Final = (
    ("checkout.amount", "distribution", "dollar", 1200),
    ("checkout.started", "counter", None, 5400),
    ("queue.depth", "gauge", "none", 800),
)
_MODEL: Final = "gpt-5"


def list_attributes(request: Request) -> Response:
    """List the attributes of a kind of trace items."""
    items = request.param("dataset") or request.param("itemType")
    if items not in _ITEMS:
        raise_bad_request("dataset is required")
    parse_time_range(request)
    part, kinds = request.param("substringMatch") or "", request.param_list("attributeType")
    rows = [row for row in _ATTRIBUTES if part in row[1] and (not kinds or row[2] in kinds)]
    return paginate(request, rows if items == "spans" else [], _serialize_attribute)


def get_distributions(request: Request) -> object:
    """Get the most frequent values of the attributes of matching items."""
    if "attributeDistributions" not in request.param_list("statsType"):
        raise_bad_request("statsType is required")
    part = request.param("substringMatch") or ""
    limit = int(request.param("traceItemsLimit") or "1000")
    counts: dict[str, Counter[str]] = {}
    for event in _events(request, is_error=request.param("itemType") != "occurrences")[:limit]:
        for key, value in get_tags(event).items():
            if part in key:
                counts.setdefault(key, Counter())[value] += 1
    page = take_page(request, sorted(counts))
    data = {key: [{"label": label, "value": n} for label, n in counts[key].most_common(5)] for key in page.rows}
    return Response({"data": [{"attributeDistributions": {"data": data}}]}, 200, page.headers)


def list_metrics(request: Request) -> object:
    """List the metrics that applications emit."""
    end = parse_time_range(request).end
    part = (request.param("query") or "").strip("*").lower()
    metrics: list[dict[str, Any]] = [
        {"name": name, "type": kind, "unit": unit, "count": count, "lastSeen": int(end.timestamp() - 60) * 10**9}
        | ({"context": {"brief": f"Values of {name}"}} if "context" in request.param_list("expand") else {})
        for name, kind, unit, count in _METRICS
        if part in name
    ]
    sort = request.param("sort") or "name"
    key = sort.removeprefix("-")
    if key not in {"name", "type", "unit", "count", "lastSeen"}:
        raise_bad_request(f"Invalid sort: {sort}")
    return sorted(metrics, key=lambda metric: str(metric[key]), reverse=sort.startswith("-"))


def list_conversations(request: Request) -> Response:
    """List conversations with language models, newest first."""
    events = _events(request)[:4]
    part = (request.param("query") or "").lower()
    conversation = part.removeprefix("gen_ai.conversation.id:").strip('"')
    rows = [
        row
        for number, event in enumerate(events)
        if part in (row := _conversation(event, number))["title"].lower() or conversation == row["conversationId"]
    ]
    page = take_page(request, rows, size=None if request.param("per_page") else 10)
    return Response(list(page.rows), 200, page.headers)


def get_conversation(request: Request) -> Response:
    """Get the spans of a conversation; none for an unknown one."""
    name = request.path_params["conversation"]
    found = [(n, event) for n, event in enumerate(_events(request)[:4]) if _conversation_id(event) == name]
    spans = [_conversation_span(event, step) for _, event in found for step in range(3)]
    body: dict[str, Any] = {"conversationId": name, "title": "Refund 0" if found else None, "spans": spans}
    page = take_page(request, spans)
    if not request.param("cursor"):
        body["stats"] = {"errors": 0, "errorToolNames": [], "inputTokens": 90, "totalCost": 0.02, "usageByModel": []}
    return Response(body | {"spans": list(page.rows)}, 200, page.headers)


def get_dropped(request: Request) -> object:
    """Get the events that Sentry dropped and those that it accepted, by interval."""
    dataset = request.param("dataset")
    if dataset not in {"errors", "spans", "logs"}:
        raise_bad_request("dataset does not support dropped events; must be one of: errors, logs, spans")
    window = parse_time_range(request)
    text = request.param("interval") or ""
    interval = choose_interval(window.end - window.start)
    buckets = split_window(
        window.start, window.end, interval if not text.isdigit() else interval.__class__(0, int(text))
    )
    outcome, reason = request.param("outcome") or "filtered", request.param("reason") or "browser-extensions"
    counts = buckets.counts(event.at for event in _events(request))
    kind = {"errors": "error", "spans": "span", "logs": "log_item"}[dataset]

    def rows(outcome: str, reason: str, share: int) -> list[dict[str, Any]]:
        return [
            {"type": dataset, "category": kind, "outcome": outcome, "reason": reason}
            | {"start": start * 1000, "end": (start + buckets.interval) * 1000, "count": count // share}
            for start, count in zip(buckets.starts, counts, strict=True)
        ]

    first, last = buckets.starts[0], buckets.starts[-1] + buckets.interval
    return {
        "meta": {"dataset": dataset, "start": first * 1000, "end": last * 1000, "interval": buckets.interval * 1000},
        "droppedEvents": rows(outcome, reason, 10),
        "acceptedEvents": rows("accepted", "accepted", 1),
    }


def star_span(request: Request) -> Response:
    """Star a service span; 403 when it is starred already."""
    body = request.json_object()
    star = _star(request, str(body.get("service_span") or ""), str(body.get("project_id") or ""))
    if star in request.organization.starred_spans:
        raise HTTPError(403, {"detail": "Service span is already starred"})
    request.organization.starred_spans.add(star)
    return Response(None, 200)


def unstar_span(request: Request) -> Response:
    """Unstar a service span, also one that is not starred."""
    star = _star(request, request.param("service_span") or "", request.param("project_id") or "")
    request.organization.starred_spans.discard(star)
    return Response(None, 200)


def _star(request: Request, span: str, project_id: str) -> tuple[str, str]:
    if not span:
        raise_bad_request("service_span is required")
    if not any(project.id == project_id for project in request.organization.projects):
        raise_http_error(400, "project_id is required")
    return span, project_id


def _events(request: Request, *, is_error: bool = True) -> list[Event]:
    window = parse_time_range(request)
    selection = EventSelection(
        request.organization,
        request.selected_projects(),
        request.selected_environments(),
        window.start.timestamp(),
        window.end.timestamp(),
        of_errors=is_error,
    )
    is_search = request.path.endswith("stats/") and request.param("query")
    try:
        where = parse_query(request.param("query") or "") if is_search else AllOf(())
    except QueryError as problem:
        raise_bad_request(str(problem))
    rows = selection.rows(where)
    return sorted((row.event for row in rows), key=lambda event: (-event.at, event.id))


def _serialize_attribute(row: tuple[str, str, str, str]) -> dict[str, object]:
    key, name, kind, source = row
    aliases: dict[str, object] = {"secondaryAliases": ["op"]} if key == "span.op" else {}
    return {"key": key, "name": name, "attributeType": kind, "attributeSource": {"source_type": source}, **aliases}


def _conversation_id(event: Event) -> str:
    return f"session-{event.id[:8]}"


def _conversation(event: Event, number: int) -> dict[str, Any]:
    project, end = event.issue.project, int(event.at * 1000)
    return {
        "conversationId": _conversation_id(event),
        "title": f"Refund {number}",
        "projectId": int(project.id),
        "projects": [{"id": project.id, "slug": project.slug}],
        "webUrl": f"https://sentry.example/conversations/{_conversation_id(event)}/",
        "flow": ["Support agent"],
        "errors": 0,
        "llmCalls": 2,
        "toolCalls": 1,
        "toolErrors": 0,
        "toolNames": ["find_order"],
        "inputTokens": 90,
        "outputTokens": 30,
        "totalTokens": 120,
        "totalCost": 0.02,
        "generationDuration": 1500,
        "startTimestamp": end - 20_000,
        "endTimestamp": end,
        "traceCount": 1,
        "traceIds": [get_trace_id(event)],
        "firstInput": "Where is my order?",
        "lastOutput": "It arrives tomorrow.",
        "user": {"id": "7", "email": "person7@customers.example", "username": None, "ip_address": None},
    }


def _conversation_span(event: Event, step: int) -> dict[str, Any]:
    op, start = ("gen_ai.chat", "gen_ai.execute_tool", "gen_ai.chat")[step], event.at - 20 + step * 5
    return {
        "span_id": f"{(int(event.id[:16], 16) + step) % 2**64:016x}",
        "trace": get_trace_id(event),
        "parent_span": None,
        "precise.start_ts": start,
        "precise.finish_ts": start + 4,
        "project": event.issue.project.slug,
        "project.id": int(event.issue.project.id),
        "span.op": op,
        "span.status": "ok",
        "span.description": f"{op} {_MODEL}",
        "span.name": op,
        "span.duration": 4000,
        "gen_ai.request.model": _MODEL,
        "gen_ai.response.text": "It arrives tomorrow." if step else None,
        "errors": [],
        "occurrences": [],
    }


ROUTES = (
    Route("GET", _ORGANIZATION + "trace-items/attributes/", list_attributes, _READ),
    Route("GET", _ORGANIZATION + "trace-items/stats/", get_distributions, _READ),
    Route("GET", _ORGANIZATION + "trace-items/metrics/", list_metrics, _READ),
    Route("GET", _ORGANIZATION + "agents/conversations/", list_conversations, _READ),
    Route("GET", _ORGANIZATION + "agents/conversations/{conversation}/", get_conversation, _READ),
    Route("GET", _ORGANIZATION + "events-dropped/", get_dropped, _READ),
    Route("POST", _ORGANIZATION + "starred-service-spans/", star_span, _STAR),
    Route("DELETE", _ORGANIZATION + "starred-service-spans/", unstar_span, _STAR),
)
