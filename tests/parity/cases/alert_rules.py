"""Cases of alert rules, the older form of monitors and alerts."""

from parity.case import Case, acme, global_id, mutation

from dexter_graphql.sandbox import Vintage

ISSUE_RULE = global_id("Alert", "rule-web-100718")
METRIC_RULE = global_id("Monitor", "metric-1007029")
RENAME_ISSUE_RULE = (mutation("updateAlert", "alert { name }"), {"input": {"id": ISSUE_RULE, "name": "New issues"}})
RENAME_METRIC_RULE = (mutation("updateMonitor", "monitor { name }"), {"input": {"id": METRIC_RULE, "name": "Errors"}})

SNOOZE = "projects/{organization_id_or_slug}/{project_id_or_slug}/"

CASES = (
    Case(
        f"POST /{SNOOZE}rules/{{rule_id}}/snooze/",
        mutation("snoozeAlert", "alert { isSnoozed }"),
        "POST /projects/acme/web/rules/100718/snooze/",
        {"input": {"id": ISSUE_RULE, "endsAt": "2026-03-05T08:00:00Z"}},
        body={"target": "everyone", "until": "2026-03-05T08:00:00+00:00"},
        vintage=Vintage.V24_1,
    ),
    Case(
        f"POST /{SNOOZE}alert-rules/{{rule_id}}/snooze/",
        mutation("snoozeAlert", "alert { isSnoozed }"),
        "POST /projects/acme/web/alert-rules/1007029/snooze/",
        {"input": {"id": global_id("Alert", "metric-1007029")}},
        body={"target": "everyone"},
        vintage=Vintage.V24_1,
    ),
    Case(
        f"DELETE /{SNOOZE}rules/{{rule_id}}/snooze/",
        mutation("unsnoozeAlert", "alert { isSnoozed }"),
        "DELETE /projects/acme/web/rules/100725/snooze/",
        {"input": {"id": global_id("Alert", "rule-web-100725")}},
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) List an Organization's Metric Alert Rules",
        acme("monitors(first: 3) { nodes { name } }"),
        "GET /organizations/acme/alert-rules/",
        query={"per_page": "100"},
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) List a Project's Issue Alert Rules",
        acme('project(slug: "web") { alerts(first: 2) { nodes { name } } }'),
        "GET /projects/acme/web/rules/",
        query={"per_page": "100"},
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Retrieve an Issue Alert Rule for a Project",
        RENAME_ISSUE_RULE[0],
        "GET /projects/acme/web/rules/100718/",
        RENAME_ISSUE_RULE[1],
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Update an Issue Alert Rule",
        RENAME_ISSUE_RULE[0],
        "PUT /projects/acme/web/rules/100718/",
        RENAME_ISSUE_RULE[1],
        body={
            "conditions": [
                {
                    "id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition",
                    "name": "A new issue is created",
                }
            ],
            "filters": [{"id": "sentry.rules.filters.level.LevelFilter", "match": "gte", "level": "40"}],
            "actions": [
                {
                    "id": "sentry.mail.actions.NotifyEmailAction",
                    "targetType": "IssueOwners",
                    "targetIdentifier": "",
                    "fallthroughType": "ActiveMembers",
                }
            ],
            "actionMatch": "any",
            "filterMatch": "all",
            "frequency": 30,
            "name": "New issues",
            "owner": None,
            "environment": None,
            "projects": ["web"],
        },
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Delete an Issue Alert Rule",
        mutation("deleteAlerts", "deletedIds"),
        "DELETE /projects/acme/web/rules/100718/",
        {"input": {"ids": [ISSUE_RULE]}},
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Create an Issue Alert Rule for a Project",
        mutation("createAlert", "alert { name }"),
        "POST /projects/acme/web/rules/",
        {
            "input": {
                "organization": {"slug": "acme"},
                "project": {"slug": "web"},
                "name": "Slack on regressions",
                "triggers": [{"on": "ISSUE_REGRESSED"}],
                "filters": [
                    {
                        "conditions": [{"level": {"level": "ERROR", "match": "GREATER_OR_EQUAL"}}],
                        "actions": [{"slack": {"integration": {"sentryId": "100400"}, "channelId": "C1"}}],
                    }
                ],
            }
        },
        body={
            "name": "Slack on regressions",
            "environment": None,
            "owner": None,
            "frequency": 30,
            "actionMatch": "any",
            "conditions": [{"id": "sentry.rules.conditions.regression_event.RegressionEventCondition"}],
            "filterMatch": "all",
            "filters": [{"id": "sentry.rules.filters.level.LevelFilter", "level": "40", "match": "gte"}],
            "actions": [
                {
                    "id": "sentry.integrations.slack.notify_action.SlackNotifyServiceAction",
                    "workspace": "100400",
                    "channel_id": "C1",
                    "tags": "",
                    "notes": "",
                }
            ],
        },
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Retrieve a Metric Alert Rule for an Organization",
        RENAME_METRIC_RULE[0],
        "GET /organizations/acme/alert-rules/1007029/",
        RENAME_METRIC_RULE[1],
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Update a Metric Alert Rule",
        RENAME_METRIC_RULE[0],
        "PUT /organizations/acme/alert-rules/1007029/",
        RENAME_METRIC_RULE[1],
        body={
            "name": "Errors",
            "queryType": 0,
            "dataset": "events",
            "query": "level:error",
            "aggregate": "count()",
            "thresholdType": 0,
            "resolveThreshold": 50.0,
            "timeWindow": 60,
            "environment": "production",
            "triggers": [
                {
                    "id": "1007020",
                    "alertRuleId": "1007029",
                    "label": "critical",
                    "thresholdType": 0,
                    "alertThreshold": 100.0,
                    "resolveThreshold": None,
                    "dateCreated": "2024-10-20T12:00:00Z",
                    "actions": [],
                },
                {
                    "id": "1007021",
                    "alertRuleId": "1007029",
                    "label": "warning",
                    "thresholdType": 0,
                    "alertThreshold": 50.0,
                    "resolveThreshold": None,
                    "dateCreated": "2024-10-20T12:00:00Z",
                    "actions": [],
                },
            ],
            "projects": ["web"],
            "owner": "team:100100",
            "comparisonDelta": None,
            "eventTypes": ["error", "default"],
        },
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Delete a Metric Alert Rule",
        mutation("deleteMonitors", "deletedIds"),
        "DELETE /organizations/acme/alert-rules/1007029/",
        {"input": {"ids": [METRIC_RULE]}},
        vintage=Vintage.V24_1,
    ),
    Case(
        "(DEPRECATED) Create a Metric Alert Rule for an Organization",
        mutation("createMonitor", "monitor { name }"),
        "POST /organizations/acme/alert-rules/",
        {
            "input": {
                "organization": {"slug": "acme"},
                "project": {"slug": "web"},
                "name": "Errors of checkout",
                "settings": {
                    "metric": {
                        "measure": {"aggregate": "count()", "dataset": "EVENTS", "timeWindowSeconds": 3600},
                        "detect": {
                            "change": {"direction": "BELOW", "high": 50, "medium": 80, "comparedWithSeconds": 3600}
                        },
                    }
                },
            }
        },
        body={
            "name": "Errors of checkout",
            "owner": None,
            "aggregate": "count()",
            "dataset": "events",
            "query": "",
            "environment": None,
            "eventTypes": ["error", "default"],
            "queryType": 0,
            "timeWindow": 60,
            "comparisonDelta": 60,
            "detectionType": "percent",
            "thresholdType": 1,
            "resolveThreshold": 80.0,
            "triggers": [
                {"actions": [], "label": "critical", "alertThreshold": 50.0},
                {"actions": [], "label": "warning", "alertThreshold": 80.0},
            ],
            "projects": ["web"],
        },
        vintage=Vintage.V24_1,
    ),
)
