"""Routes of traces."""

from typing import Final

from dexter_graphql.sandbox.http import Request, Route, any_scope
from dexter_graphql.sandbox.time_ranges import parse_time_range
from dexter_graphql.sandbox.traces import Trace, find_trace

_READ = any_scope("org:read", "org:write", "org:admin")
_ORGANIZATION: Final = "/organizations/{organization}/"


def get_trace(request: Request) -> object:
    """Get the items of a trace as trees; an empty list for a trace without any in the time range."""
    trace = _find(request)
    if trace is None:
        return []
    return trace.serialize(
        request.param_list("additional_attributes"), with_uptime=request.bool_param("include_uptime")
    )


def get_trace_meta(request: Request) -> object:
    """Get the numbers of items in a trace by kind."""
    trace = _find(request)
    counts = {} if trace is None else trace.span_counts()
    problems = [] if trace is None else [trace.event.issue.is_error]
    return {
        "errorsCount": sum(problems),
        "logsCount": 0,
        "metricsCount": 0,
        "performanceIssuesCount": len(problems) - sum(problems),
        "spansCount": sum(counts.values()),
        "spansCountMap": counts,
        "transactionChildCountMap": []
        if trace is None
        else [{"transaction.event_id": trace.event.id, "count()": sum(counts.values()) - 1}],
        **({"uptimeCount": 0} if request.bool_param("include_uptime") else {}),
    }


def _find(request: Request) -> Trace | None:
    trace = find_trace(request.organization, request.path_params["trace"])
    if trace is None or not request.token.may_read(trace.event.issue.project.slug):
        return None
    return trace if parse_time_range(request).contains(trace.event.at) else None


ROUTES = (
    Route("GET", _ORGANIZATION + "trace/{trace}/", get_trace, _READ),
    Route("GET", _ORGANIZATION + "trace-meta/{trace}/", get_trace_meta, _READ),
)
