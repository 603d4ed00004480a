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
            {"id": "100711", "type": "lte", "comparison": 50, "conditionResult": 0},
            {"id": "100710", "type": "gt", "comparison": 50, "conditionResult": 50},
            {"id": "100709", "type": "gt", "comparison": 100, "conditionResult": 75},
        ],
        "actions": [],
    },
}
"""A monitor with its new name and everything that it had."""
NEW_MONITOR = {
    "organization": {"slug": "acme"},
    "project": {"slug": "web"},
    "name": "Errors of checkout",
    "alerts": [{"id": ALERTS[0]}],
}
METRIC = {
    "measure": {
        "aggregate": "count()",
        "dataset": "EVENTS",
        "search": "transaction:checkout",
        "timeWindowSeconds": 3600,
    },
    "detect": {"fixed": {"direction": "ABOVE", "high": 100, "medium": 50.5}},
}

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
    Case(
        "listOrganizationWorkflows",
        acme("alerts(first: 2, sort: CREATED) { nodes { name } }"),
        "GET /organizations/acme/workflows/",
        query={"sortBy": "-dateCreated"},
    ),
    Case(
        "listOrganizationDetectors",
        acme("monitors(first: 2, sort: OPEN_ISSUES) { nodes { name } }"),
        "GET /organizations/acme/detectors/",
        query={"sortBy": "-openIssues"},
    ),
    Case(
        "listOrganizationWorkflows",
        acme('alert(reference: { sentryId: "100712" }) { name }'),
        "GET /organizations/acme/workflows/",
        query={"id": "100712"},
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
    Case(
        "createOrganizationWorkflow",
        mutation("createAlert", "alert { name }"),
        "POST /organizations/acme/workflows/",
        {
            "input": {
                "organization": {"slug": "acme"},
                "name": "Slack on regressions",
                "environment": {"name": "production"},
                "monitors": [{"id": MONITORS[0]}],
                "triggers": [{"on": "ISSUE_REGRESSED"}],
                "filters": [
                    {
                        "conditions": [{"eventFrequency": {"threshold": 10, "intervalSeconds": 3600}}],
                        "actions": [{"slack": {"integration": {"sentryId": "100400"}, "channelId": "C1"}}],
                    }
                ],
            }
        },
        body={
            "name": "Slack on regressions",
            "enabled": True,
            "config": {"frequency": 30},
            "environment": "production",
            "owner": None,
            "detectorIds": ["100702"],
            "triggers": {
                "logicType": "any-short",
                "actions": [],
                "conditions": [{"type": "regression_event", "comparison": True, "conditionResult": True}],
            },
            "actionFilters": [
                {
                    "logicType": "all",
                    "conditions": [
                        {
                            "type": "event_frequency_count",
                            "comparison": {"value": 10.0, "interval": "1h"},
                            "conditionResult": True,
                        }
                    ],
                    "actions": [
                        {
                            "type": "slack",
                            "integrationId": "100400",
                            "data": {"tags": "", "notes": ""},
                            "config": {
                                "targetType": "specific",
                                "targetDisplay": None,
                                "targetIdentifier": "C1",
                            },
                            "status": "active",
                        }
                    ],
                }
            ],
        },
    ),
    Case(
        "createOrganizationProjectDetector",
        mutation("createMonitor", "monitor { name }"),
        "POST /organizations/acme/projects/web/detectors/",
        {"input": {**NEW_MONITOR, "settings": {"metric": METRIC}}},
        body={
            "name": "Errors of checkout",
            "type": "metric_issue",
            "description": None,
            "enabled": True,
            "owner": None,
            "workflowIds": ["100712"],
            "config": {"detectionType": "static", "comparisonDelta": None},
            "dataSources": [
                {
                    "aggregate": "count()",
                    "dataset": "events",
                    "query": "transaction:checkout",
                    "timeWindow": 3600,
                    "environment": None,
                    "eventTypes": ["error", "default"],
                    "queryType": 0,
                }
            ],
            "conditionGroup": {
                "logicType": "any",
                "conditions": [
                    {"type": "gt", "comparison": 100.0, "conditionResult": 75},
                    {"type": "gt", "comparison": 50.5, "conditionResult": 50},
                    {"type": "lte", "comparison": 50.5, "conditionResult": 0},
                ],
            },
        },
    ),
    Case(
        "createOrganizationProjectDetector",
        mutation("createMonitor", "monitor { name ... on CronMonitor { checkInSlug } }"),
        "POST /organizations/acme/projects/web/detectors/",
        {"input": {**NEW_MONITOR, "settings": {"cron": {"schedule": {"crontab": "0 * * * *"}, "marginSeconds": 300}}}},
        body={
            "name": "Errors of checkout",
            "type": "monitor_check_in_failure",
            "description": None,
            "enabled": True,
            "owner": None,
            "workflowIds": ["100712"],
            "config": {},
            "dataSources": [
                {
                    "name": "Errors of checkout",
                    "config": {"checkin_margin": 5, "schedule_type": "crontab", "schedule": "0 * * * *"},
                }
            ],
        },
    ),
    Case(
        "createOrganizationProjectDetector",
        mutation("createMonitor", "monitor { name ... on UptimeMonitor { url } }"),
        "POST /organizations/acme/projects/web/detectors/",
        {"input": {**NEW_MONITOR, "settings": {"uptime": {"url": "https://acme.example/"}}}},
        body={
            "name": "Errors of checkout",
            "type": "uptime_domain_failure",
            "description": None,
            "enabled": True,
            "owner": None,
            "workflowIds": ["100712"],
            "config": {"mode": 1, "environment": None, "downtimeThreshold": 3, "recoveryThreshold": 1},
            "dataSources": [
                {
                    "url": "https://acme.example/",
                    "method": "GET",
                    "body": None,
                    "headers": [],
                    "intervalSeconds": 60,
                    "timeoutMs": 5000,
                    "traceSampling": False,
                }
            ],
        },
    ),
    Case(
        "updateOrganizationDetector",
        mutation("updateMonitor", "monitor { name ... on UptimeMonitor { url intervalSeconds } }"),
        "PUT /organizations/acme/detectors/100731/",
        {
            "input": {
                "id": global_id("Monitor", "100731"),
                "check": {"url": "https://web.example/up", "intervalSeconds": 300, "downtimeThreshold": 2},
            }
        },
        body={
            "name": "Uptime of web.example",
            "description": None,
            "type": "uptime_domain_failure",
            "enabled": True,
            "owner": None,
            "workflowIds": [],
            "config": {"mode": 1, "environment": "production", "recoveryThreshold": 1, "downtimeThreshold": 2},
            "dataSources": [
                {
                    "url": "https://web.example/up",
                    "method": "GET",
                    "body": None,
                    "headers": [],
                    "intervalSeconds": 300,
                    "timeoutMs": 5000,
                    "traceSampling": False,
                }
            ],
        },
    ),
    Case(
        "updateOrganizationWorkflow",
        mutation("connectMonitors", "alert { name }"),
        "PUT /organizations/acme/workflows/100712/",
        {"input": {"id": ALERTS[0], "connect": [{"id": MONITORS[0]}], "disconnect": [{"sentryId": "100700"}]}},
        body={**WORKFLOW, "name": "Notify the owners of new issues", "detectorIds": ["100702"]},
    ),
    Case(
        "fetchOrganizationAvailableActions",
        acme('availableAlertActions(types: ["slack", "email"]) { type integrations { name } }'),
        "GET /organizations/acme/available-actions/",
        query={"type": ["slack", "email"]},
    ),
)
