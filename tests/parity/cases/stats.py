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
)
