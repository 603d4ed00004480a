"""Cases of usage statistics."""

from parity.case import Case, acme, global_id

CASES = (
    Case(
        "listOrganizationStatsV2",
        acme(
            """usage(
              categories: [ERROR, TRANSACTION], outcomes: [ACCEPTED], projects: [{ id: $project }],
              groupBy: [CATEGORY, OUTCOME], interval: "1d", range: { last: "14d" }
            ) { groups { total } }""",
            project="ID!",
        ),
        "GET /organizations/acme/stats_v2/",
        {"project": global_id("Project", "101000")},
        query={
            "field": "sum(quantity)",
            "groupBy": ["category", "outcome"],
            "category": ["error", "transaction"],
            "outcome": "accepted",
            "project": "101000",
            "interval": "1d",
            "start": "2026-02-18T00:00:00",
            "end": "2026-03-05T00:00:00",
        },
    ),
    Case(
        "listOrganizationStatsV2",
        acme(
            """usage(
              groupBy: [OUTCOME], measure: TIMES_SEEN, categories: [ATTACHMENT], reason: "key_quota"
            ) { groups { total } }"""
        ),
        "GET /organizations/acme/stats_v2/",
        query={"field": "sum(times_seen)", "groupBy": "outcome", "category": "attachment", "reason": "key_quota"},
    ),
    Case(
        "getOrganizationStatsSummary",
        acme(
            """usageSummary(
              category: REPLAY, outcome: RATE_LIMITED, reason: "key_quota", projects: [{ id: $project }],
              measure: TIMES_SEEN, range: { last: "14d" }
            ) { projects { categories { category total dropped outcomes { outcome total } } } }""",
            project="ID!",
        ),
        "GET /organizations/acme/stats-summary/",
        {"project": global_id("Project", "101000")},
        query={
            "field": "sum(times_seen)",
            "category": "replays",
            "outcome": "rate_limited",
            "reason": "key_quota",
            "project": "101000",
            "start": "2026-02-18T12:00:00",
            "end": "2026-03-04T13:00:00",
        },
    ),
    Case(
        "listProjectStats",
        acme('project(slug: "web") { eventCounts(stat: REJECTED, interval: "1d", range: { last: "2d" }) { values } }'),
        "GET /projects/acme/101000/stats/",
        query={"stat": "rejected", "resolution": "1d", "since": "1772409600", "until": "1772668799"},
    ),
)
