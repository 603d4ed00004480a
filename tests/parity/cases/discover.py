"""Cases of Discover: traces."""

from parity.case import Case, acme, global_id

TRACE_ID = "d82dba47d82dba47d82dba47d82dba47"

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
)
