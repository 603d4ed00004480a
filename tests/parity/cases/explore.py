"""Cases of Explore: tables and series of events."""

from parity.case import Case, acme, global_id, mutation

from dexter_graphql.sandbox import Vintage

EVENTS = "/organizations/acme/events/"
SERIES = "/organizations/acme/events-timeseries/"
DAY = 'range: { between: { startsAt: "2026-03-03T00:00:00Z", endsAt: "2026-03-04T00:00:00Z" } }'
SENT_DAY = {"start": "2026-03-03T00:00:00", "end": "2026-03-04T00:00:00"}

CASES = (
    Case(
        "listOrganizationEvents",
        acme(
            """discover(dataset: ERRORS, fields: ["level"], search: "timeout count():>1", projects: [{ id: $project }],
              environments: { name: "production" }, sort: ["-count()", "title"], first: 2, """
            + DAY
            + """) { nodes { string(field: "title") number(field: "count()") issue { shortId } } }""",
            project="ID!",
        ),
        f"GET {EVENTS}",
        {"project": global_id("Project", "101000")},
        query={
            "field": ["level", "title", "count()", "issue.id"],
            "dataset": "errors",
            "query": "timeout count():>1",
            "project": "101000",
            "environment": "production",
            "sort": ["-count()", "title"],
            "per_page": "2",
            **SENT_DAY,
        },
    ),
    Case(
        "listOrganizationEvents",
        acme('discover(dataset: LOGS, filtersAggregates: false, fields: ["message"], first: 1) { table }'),
        f"GET {EVENTS}",
        query={"field": "message", "dataset": "logs", "allowAggregateConditions": "false", "query": ""},
    ),
    Case(
        "listOrganizationEventsTimeseries",
        acme(
            f"""timeSeries(dataset: ERRORS, yAxes: ["count()", "count_unique(user)"], search: "level:error", {DAY},
              projects: [{{ id: $project }}], environments: {{ name: "production" }}, interval: "1h",
              compareWithSeconds: 3600, extrapolates: false) {{ values comparedValues }}""",
            project="ID!",
        ),
        f"GET {SERIES}",
        {"project": global_id("Project", "101000")},
        query={
            "dataset": "errors",
            "yAxis": ["count()", "count_unique(user)"],
            "query": "level:error",
            "project": "101000",
            "environment": "production",
            "interval": "3600",
            "comparisonDelta": "3600",
            "disableAggregateExtrapolation": "1",
            **SENT_DAY,
        },
    ),
    Case(
        "listOrganizationEventsTimeseries",
        acme(
            """timeSeries(dataset: ERRORS,
              top: { count: 2, groupBy: ["title", "level"], sort: ["-count()"], includesOther: false }) { values }"""
        ),
        f"GET {SERIES}",
        query={"topEvents": "2", "groupBy": ["title", "level"], "sort": "-count()", "excludeOther": "1"},
    ),
    Case(
        "GET /organizations/{organization_id_or_slug}/events-stats/",
        acme('timeSeries(dataset: OCCURRENCES, top: { count: 2, groupBy: ["title"], sort: ["-count()"] }) { values }'),
        "GET /organizations/acme/events-stats/",
        query={"topEvents": "2", "field": ["title", "count()"], "orderby": "-count()"},
        vintage=Vintage.V24_1,
    ),
    Case(
        "listOrganizationTraceItemAttributes",
        acme(
            f"""attributes(dataset: SPANS, types: [STRING, NUMBER], nameContains: "span", search: "span.op:db",
              {DAY}) {{ nodes {{ key type source aliases }} }}"""
        ),
        "GET /organizations/acme/trace-items/attributes/",
        query={
            "dataset": "spans",
            "attributeType": ["string", "number"],
            "substringMatch": "span",
            "query": "span.op:db",
            **SENT_DAY,
        },
    ),
    Case(
        "Retrieve Trace Item Statistics",
        acme(
            f"""attributeDistributions(items: OCCURRENCES, search: "level:error", nameContains: "os", sample: 50,
              projects: [{{ id: $project }}], environments: {{ name: "production" }}, {DAY}
            ) {{ key values {{ value count }} }}""",
            project="ID!",
        ),
        "GET /organizations/acme/trace-items/stats/",
        {"project": global_id("Project", "101000")},
        query={
            "environment": "production",
            "statsType": "attributeDistributions",
            "itemType": "occurrences",
            "query": "level:error",
            "substringMatch": "os",
            "traceItemsLimit": "50",
            "project": "101000",
            **SENT_DAY,
        },
    ),
    Case(
        "listOrganizationTraceMetrics",
        acme(f'traceMetrics(search: "checkout", sort: "-count", {DAY}) {{ name type unit count lastSeenAt }}'),
        "GET /organizations/acme/trace-items/metrics/",
        query={"query": "checkout", "sort": "-count", **SENT_DAY},
    ),
    Case(
        "listOrganizationAIConversations",
        acme(
            f"""aiConversations(search: "refund", sort: "-conversation.age", first: 2, {DAY})
              {{ nodes {{ conversationId title totalTokens startedAt }} }}"""
        ),
        "GET /organizations/acme/agents/conversations/",
        query={"query": "refund", "sort": "-conversation.age", "per_page": "2", **SENT_DAY},
    ),
    Case(
        "retrieveOrganizationAIConversation",
        acme(
            """aiConversation(conversationId: "session-7eb35d32")
              { spans(first: 2) { nodes { op attribute(name: "gen_ai.request.model") } } }"""
        ),
        "GET /organizations/acme/agents/conversations/session-7eb35d32/",
        query={"per_page": "2"},
    ),
    Case(
        "listOrganizationEventsDropped",
        acme(
            f"""droppedEvents(dataset: ERRORS, interval: "6h", outcome: FILTERED, reason: "browser-extensions", {DAY})
              {{ dropped {{ category count startsAt }} accepted {{ count }} }}"""
        ),
        "GET /organizations/acme/events-dropped/",
        query={
            "dataset": "errors",
            "interval": "21600",
            "outcome": "filtered",
            "reason": "browser-extensions",
            **SENT_DAY,
        },
    ),
    Case(
        "starOrganizationServiceSpan",
        mutation("setServiceSpanStar", "isStarred"),
        "POST /organizations/acme/starred-service-spans/",
        {"input": {"project": {"id": global_id("Project", "101000")}, "name": "GET /checkout", "isStarred": True}},
        body={"service_span": "GET /checkout", "project_id": 101000},
    ),
    Case(
        "unstarOrganizationServiceSpan",
        mutation("setServiceSpanStar", "isStarred"),
        "DELETE /organizations/acme/starred-service-spans/",
        {"input": {"project": {"id": global_id("Project", "101000")}, "name": "GET /checkout", "isStarred": False}},
        query={"service_span": "GET /checkout", "project_id": "101000"},
    ),
)
