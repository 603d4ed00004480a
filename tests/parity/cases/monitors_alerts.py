"""Cases of monitors and alerts: detectors and workflows."""

from parity.case import ACME, Case, acme, global_id, mutation

PROJECT = global_id("Project", "101000")
ALERTS = [global_id("Alert", "100712"), global_id("Alert", "100719")]
MONITORS = [global_id("Monitor", "100702"), global_id("Monitor", "101022")]
SET_ENABLED = "results { userErrors { message } } unmatched"
RENAME_ALERT = (mutation("updateAlert", "alert { name }"), {"input": {"id": ALERTS[0], "name": "New issues"}})
RENAME_MONITOR = (mutation("updateMonitor", "monitor { name }"), {"input": {"id": MONITORS[0], "name": "Errors"}})
WORKFLOW = {
    "name": "New issues",
    "enabled": True,
    "environment": None,
    "owner": None,
    "config": {"frequency": 30},
    "detectorIds": ["100700"],
    "triggers": {
        "id": "100713",
        "organizationId": ACME,
        "logicType": "any-short",
        "conditions": [{"id": "100714", "type": "first_seen_event", "comparison": True, "conditionResult": True}],
        "actions": [],
    },
    "actionFilters": [
        {
            "id": "100715",
            "organizationId": ACME,
            "logicType": "all",
            "conditions": [
                {
                    "id": "100716",
                    "type": "level",
                    "comparison": {"level": 40, "match": "gte"},
                    "conditionResult": True,
                }
            ],
            "actions": [
                {
                    "id": "100717",
                    "type": "email",
                    "integrationId": None,
                    "data": {"fallthroughType": "ActiveMembers"},
                    "config": {"targetType": "issue_owners", "targetDisplay": None, "targetIdentifier": None},
                    "status": "active",
                }
            ],
        }
    ],
}
"""An alert with its new name and everything that it had."""
DETECTOR = {
    "name": "Errors",
    "description": None,
    "type": "metric_issue",
    "enabled": True,
    "owner": "team:100100",
    "workflowIds": ["100726"],
    "config": {"detectionType": "static", "comparisonDelta": None},
    "dataSources": [
        {
            "queryType": 0,
            "dataset": "events",
            "query": "level:error",
            "aggregate": "count()",
            "timeWindow": 3600,
            "environment": "production",
            "eventTypes": ["error", "default"],
            "extrapolationMode": "unknown",
        }
    ],
    "conditionGroup": {
        "id": "100708",
        "organizationId": ACME,
        "logicType": "any",
        "conditions": [
            {"id": "100709", "type": "gt", "comparison": 100, "conditionResult": 75},
            {"id": "100710", "type": "gt", "comparison": 50, "conditionResult": 50},
            {"id": "100711", "type": "lte", "comparison": 50, "conditionResult": 0},
        ],
        "actions": [],
    },
}
"""A monitor with its new name and everything that it had."""

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
    Case("getOrganizationWorkflow", RENAME_ALERT[0], "GET /organizations/acme/workflows/100712/", RENAME_ALERT[1]),
    Case(
        "updateOrganizationWorkflow",
        RENAME_ALERT[0],
        "PUT /organizations/acme/workflows/100712/",
        RENAME_ALERT[1],
        body=WORKFLOW,
    ),
    Case(
        "updateOrganizationWorkflows",
        mutation("setAlertsEnabled", SET_ENABLED),
        "PUT /organizations/acme/workflows/",
        {"input": {"ids": ALERTS, "isEnabled": False}},
        query={"id": ["100712", "100719"]},
        body={"enabled": False},
    ),
    Case(
        "deleteOrganizationWorkflow",
        mutation("deleteAlerts", "deletedIds"),
        "DELETE /organizations/acme/workflows/100712/",
        {"input": {"ids": ALERTS[:1]}},
    ),
    Case(
        "deleteOrganizationWorkflows",
        mutation("deleteAlerts", "deletedIds"),
        "DELETE /organizations/acme/workflows/",
        {"input": {"ids": ALERTS}},
        query={"id": ["100712", "100719"]},
    ),
    Case("getOrganizationDetector", RENAME_MONITOR[0], "GET /organizations/acme/detectors/100702/", RENAME_MONITOR[1]),
    Case(
        "updateOrganizationDetector",
        RENAME_MONITOR[0],
        "PUT /organizations/acme/detectors/100702/",
        RENAME_MONITOR[1],
        body=DETECTOR,
    ),
    Case(
        "updateOrganizationDetectors",
        mutation("setMonitorsEnabled", SET_ENABLED),
        "PUT /organizations/acme/detectors/",
        {"input": {"ids": MONITORS, "isEnabled": False}},
        query={"id": ["100702", "101022"]},
        body={"enabled": False},
    ),
    Case(
        "deleteOrganizationDetector",
        mutation("deleteMonitors", "deletedIds"),
        "DELETE /organizations/acme/detectors/100702/",
        {"input": {"ids": MONITORS[:1]}},
    ),
    Case(
        "deleteOrganizationDetectors",
        mutation("deleteMonitors", "deletedIds"),
        "DELETE /organizations/acme/detectors/",
        {"input": {"ids": MONITORS}},
        query={"id": ["100702", "101022"]},
    ),
)
