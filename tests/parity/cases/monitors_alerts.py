"""Cases of monitors and alerts: detectors and workflows."""

from parity.case import Case, acme, global_id

PROJECT = global_id("Project", "101000")

CASES = (
    Case(
        "listOrganizationWorkflows",
        acme('alerts(first: 2, nameContains: "a", projects: [{ id: $project }]) { nodes { name } }', project="ID!"),
        "GET /organizations/acme/workflows/",
        {"project": PROJECT},
        query={"sortBy": "id", "query": "a", "project": "101000", "per_page": "2"},
    ),
    Case(
        "listOrganizationDetectors",
        acme("monitors(first: 5, types: [CRON], projects: [{ id: $project }]) { nodes { name } }", project="ID!"),
        "GET /organizations/acme/detectors/",
        {"project": PROJECT},
        query={"sortBy": "id", "query": "type:monitor_check_in_failure", "project": "101000", "per_page": "5"},
    ),
)
