"""Cases of feature flags."""

from parity.case import Case, acme, global_id

LOG = "/organizations/acme/flags/logs/"

CASES = (
    Case(
        "listOrganizationFlagLogs",
        acme(
            """flagChanges(flags: ["dark-mode"], providers: ["unleash"], sort: OLDEST, first: 2, range: {
              between: { startsAt: "2026-02-01T00:00:00Z", endsAt: "2026-03-01T00:00:00Z" } }) { nodes { flag } }"""
        ),
        f"GET {LOG}",
        query={
            "flag": "dark-mode",
            "provider": "unleash",
            "sort": "created_at",
            "start": "2026-02-01T00:00:00",
            "end": "2026-03-01T00:00:00",
            "per_page": "2",
        },
    ),
    Case(
        "retrieveOrganizationFlagLog",
        "query ($id: ID!) { node(id: $id) { ... on FlagChange { flag flagAction } } }",
        f"GET {LOG}100900/",
        {"id": global_id("FlagChange", "100900")},
    ),
)
