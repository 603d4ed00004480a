"""Cases of Discover: traces."""

from parity.case import Case, acme, global_id, mutation

TRACE_ID = "d82dba47d82dba47d82dba47d82dba47"

SAVED = "/organizations/acme/discover/saved/"
QUERY_ID = global_id("SavedQuery", "100950")

CASES = (
    Case(
        "listOrganizationEvents",
        acme("issues(first: 3, sort: USERS) { nodes { latestEvent { eventId } } }"),
        "GET /organizations/acme/events/",
        query={"dataset": "errors"},
    ),
    Case(
        "getOrganizationTrace",
        acme(
            f"""trace(traceId: "{TRACE_ID}") {{ roots {{ ... on TraceSpan {{ op attribute(name: "sdk.name")
              other: attribute(name: "environment") }} ... on TraceUptimeCheck {{ name }} }} }}"""
        ),
        f"GET /organizations/acme/trace/{TRACE_ID}/",
        query={"statsPeriod": "90d", "include_uptime": "1", "additional_attributes": ["environment", "sdk.name"]},
    ),
    Case(
        "getOrganizationTraceMeta",
        "query ($id: ID!) { node(id: $id) { ... on Trace { counts { spanCount } } } }",
        f"GET /organizations/acme/trace-meta/{TRACE_ID}/",
        {"id": global_id("Trace", TRACE_ID)},
        query={"statsPeriod": "90d", "include_uptime": "1"},
    ),
    Case(
        "listOrganizationTags",
        acme(
            """eventTags(dataset: EVENTS, usesFlags: true, environments: { name: "production" },
              range: { between: { startsAt: "2026-03-03T00:00:00Z", endsAt: "2026-03-04T00:00:00Z" } })
              { key totalValues }"""
        ),
        "GET /organizations/acme/tags/",
        query={
            "dataset": "events",
            "useFlagsBackend": "1",
            "environment": "production",
            "start": "2026-03-03T00:00:00",
        },
    ),
    Case(
        "listOrganizationDiscoverSavedQueries",
        acme('savedQueries(nameContains: "errors", sort: "-dateCreated", first: 2) { nodes { name fields search } }'),
        f"GET {SAVED}",
        query={"query": "errors", "sortBy": "-dateCreated", "per_page": "2"},
    ),
    Case(
        "getOrganizationDiscoverSavedQuery",
        "query ($id: ID!) { node(id: $id) { ... on SavedQuery { name queryDataset table(first: 2) { table } } } }",
        f"GET {SAVED}100950/",
        {"id": QUERY_ID},
    ),
    Case(
        "listOrganizationEventsTimeseries",
        acme(
            """savedQuery(reference: { sentryId: "100951" }) {
              timeSeries(range: { last: "2d" }) { values group { key value } } }"""
        ),
        "GET /organizations/acme/events-timeseries/",
        query={
            "dataset": "errors",
            "yAxis": "count()",
            "topEvents": "3",
            "groupBy": "release",
            "sort": "-count()",
            "interval": "21600",
            "start": "2026-03-02T12:00:00",
        },
    ),
    Case(
        "createOrganizationDiscoverSavedQuery",
        mutation("createSavedQuery", "savedQuery { name queryDataset sort }"),
        f"POST {SAVED}",
        {
            "input": {
                "organization": {"slug": "acme"},
                "name": "By level",
                "dataset": "ERROR_EVENTS",
                "fields": ["level", "count()"],
                "sort": "-count",
            }
        },
        body={
            "name": "By level",
            "queryDataset": "error-events",
            "fields": ["level", "count()"],
            "orderby": "-count",
        },
    ),
    Case(
        "updateOrganizationDiscoverSavedQuery",
        mutation("updateSavedQuery", "savedQuery { name search }"),
        f"PUT {SAVED}100951/",
        {"input": {"id": global_id("SavedQuery", "100951"), "search": "level:fatal"}},
        body={
            "name": "Errors of releases",
            "projects": [],
            "queryDataset": "error-events",
            "range": "7d",
            "fields": ["release", "count()"],
            "orderby": "-count",
            "query": "level:fatal",
            "yAxis": ["count()"],
            "display": "top5",
            "topEvents": 3,
            "interval": "6h",
        },
    ),
    Case(
        "deleteOrganizationDiscoverSavedQuery",
        mutation("deleteSavedQuery", "deletedId"),
        f"DELETE {SAVED}100950/",
        {"input": {"id": QUERY_ID}},
    ),
)
