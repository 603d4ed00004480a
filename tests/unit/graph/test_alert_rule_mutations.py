"""Mutations of alerts and monitors on servers that have alert rules, alone or beside workflows."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox.alert_backends import brown_out_legacy_rules
from support.alert_mutations import ACME, change, refusals
from support.alerts import web

RULES = "/projects/{organization}/{project}/rules/"
METRIC_RULES = "/organizations/{organization}/alert-rules/"
EMAIL = {"email": {"issueOwners": "NO_ONE"}}


def rule_of(asker):
    """An issue rule of the project `web`."""
    return next(rule for rule in asker.acme.issue_rules if rule.project_id == web(asker).id)


def metric_rule_of(asker):
    """The metric rule of the project `web`."""
    return next(rule for rule in asker.acme.metric_rules if rule.project_id == web(asker).id)


def rule_id(rule):
    """Global ID of an issue rule of `web` as alert."""
    return encode_id("Alert", ACME, f"rule-web-{rule.id}")


def metric_id(rule, typename="Monitor"):
    """Global ID of a metric rule as monitor or alert."""
    return encode_id(typename, ACME, f"metric-{rule.id}")


async def test_issue_rule_keeps_what_is_not_given(asker):
    """A rule that was not migrated is written in its own form, also where workflows exist; parts are translated."""
    rule = rule_of(asker)
    before = (rule.conditions, rule.environment, rule.frequency)

    payload, calls = await change(
        asker,
        "updateAlert",
        "alert { name filters { conditions { type } actions { type } } }",
        id=rule_id(rule),
        name="New issues",
        filters=[
            {
                "logic": "ANY",
                "conditions": [
                    {"age": {"direction": "OLDER", "ageSeconds": 7200}},
                    {"occurrences": 10},
                    {"assignedTo": {"nobody": True}},
                    {"category": {"category": "ERROR"}},
                    {"tag": {"key": "device", "match": "EQUAL", "value": "phone"}},
                    {"attribute": {"attribute": "message", "match": "CONTAINS", "value": "boom"}},
                    {"latestRelease": True},
                    {"raw": {"type": "custom.Moon", "comparison": {"value": "full"}}},
                ],
                "actions": [
                    EMAIL,
                    {"email": {"team": {"slug": "web"}}},
                    {"pagerDuty": {"integration": {"sentryId": "100403"}, "targetId": "1", "priority": "critical"}},
                    {"ticket": {"tracker": "JIRA", "integration": {"sentryId": "100402"}, "fields": {"project": "1"}}},
                    {"app": {"targetId": "46e40990-30f9-4058-bf9d-52f90e8bec94"}},
                    {"webhook": "webhooks"},
                    {"plugins": True},
                    {"raw": {"type": "custom.Pigeon", "data": {"loft": 1}}},
                ],
            }
        ],
    )

    assert payload["userErrors"] == []
    assert [(call.method, call.route) for call in calls if call.route.startswith(RULES)][:2] == [
        ("GET", RULES + "{rule}/"),
        ("PUT", RULES + "{rule}/"),
    ]
    assert (rule.name, rule.filter_match) == ("New issues", "any")
    assert (rule.conditions, rule.environment, rule.frequency) == before
    assert [{**one, "id": one["id"].rpartition(".")[2]} for one in rule.filters] == [
        {"id": "AgeComparisonFilter", "comparison_type": "older", "value": 2, "time": "hour"},
        {"id": "IssueOccurrencesFilter", "value": 10},
        {"id": "AssignedToFilter", "targetType": "Unassigned", "targetIdentifier": ""},
        {"id": "IssueCategoryFilter", "value": 1},
        {"id": "TaggedEventFilter", "key": "device", "match": "eq", "value": "phone"},
        {"id": "EventAttributeFilter", "attribute": "message", "match": "co", "value": "boom"},
        {"id": "LatestReleaseFilter"},
        {"id": "Moon", "value": "full"},
    ]
    assert [{**one, "id": one["id"].rpartition(".")[2]} for one in rule.actions] == [
        {
            "id": "NotifyEmailAction",
            "targetType": "IssueOwners",
            "targetIdentifier": "",
            "fallthroughType": "NoOne",
        },
        {"id": "NotifyEmailAction", "targetType": "Team", "targetIdentifier": web(asker).teams[0].id},
        {"id": "PagerDutyNotifyServiceAction", "account": "100403", "service": "1", "severity": "critical"},
        {"id": "JiraCreateTicketAction", "project": "1", "integration": "100402"},
        {
            "id": "NotifyEventSentryAppAction",
            "sentryAppInstallationUuid": "46e40990-30f9-4058-bf9d-52f90e8bec94",
            "settings": [],
            "hasSchemaFormConfig": True,
        },
        {"id": "NotifyEventServiceAction", "service": "webhooks"},
        {"id": "NotifyEventAction"},
        {"id": "Pigeon", "loft": 1},
    ]


async def test_metric_rule_keeps_its_triggers(asker):
    """New thresholds keep the IDs and the actions of their triggers; seconds become minutes; the status is written."""
    rule = metric_rule_of(asker)
    rule.triggers[0]["actions"] = [{"type": "email", "targetType": "team", "targetIdentifier": "1"}]
    number, query = rule.triggers[0]["id"], rule.query

    payload, _ = await change(
        asker,
        "updateMonitor",
        "monitor { isEnabled ... on MetricMonitor { timeWindowSeconds } }",
        id=metric_id(rule),
        isEnabled=False,
        measure={"timeWindowSeconds": 600},
        detect={"change": {"direction": "BELOW", "high": 10, "resolved": 20, "comparedWithSeconds": 3600}},
    )
    enabled, _ = await change(
        asker, "setMonitorsEnabled", "results { monitor { isEnabled } }", ids=[metric_id(rule)], isEnabled=True
    )
    renamed, _ = await change(asker, "updateAlert", "alert { name }", id=metric_id(rule, "Alert"), name="Errors")
    by_detection = []
    for detect in (
        {"anomaly": {"sensitivity": "LOW", "direction": "BOTH"}},
        {"fixed": {"direction": "ABOVE", "high": 9}},
    ):
        detected, _ = await change(asker, "updateMonitor", "monitor { id }", id=metric_id(rule), detect=detect)
        by_detection.append((detected["userErrors"], rule.triggers[0]["alertThreshold"], rule.resolve_threshold))

    assert payload == {"monitor": {"isEnabled": False, "timeWindowSeconds": 600}, "userErrors": []}
    assert enabled["results"] == [{"monitor": {"isEnabled": True}}]
    assert renamed["alert"] == {"name": "Errors"}
    assert (rule.time_window, rule.query, rule.status) == (10, query, 0)
    assert (rule.triggers[0]["id"], len(rule.triggers[0]["actions"])) == (number, 1)
    assert by_detection == [([], 0, None), ([], 9, 9)]


async def test_creation_where_only_rules_exist(old):
    """A frequency becomes a condition of the rule; the new objects are read back as rules."""
    created, _ = await change(
        old,
        "createAlert",
        "alert { name triggers { conditions { type } } }",
        organization={"slug": "acme"},
        project={"slug": "web"},
        name="Many events",
        filters=[{"conditions": [{"eventFrequency": {"threshold": 10, "intervalSeconds": 900}}], "actions": [EMAIL]}],
    )
    deleted, _ = await change(
        old, "deleteAlerts", "deletedIds unmatched", ids=[rule_id(rule_of(old)), encode_id("Alert", ACME, "rule-web-1")]
    )

    assert created["alert"] == {
        "name": "Many events",
        "triggers": {"conditions": [{"type": "event_frequency_count"}]},
    }
    assert old.acme.issue_rules[-1].conditions == [
        {
            "id": "sentry.rules.conditions.event_frequency.EventFrequencyCondition",
            "value": 10.0,
            "interval": "15m",
            "comparisonType": "count",
        }
    ]
    assert (len(deleted["deletedIds"]), len(deleted["unmatched"])) == (1, 1)


async def test_creation_in_a_brownout_leads_to_the_newer_form(known_old):
    """A server that was upgraded, and switches rules off for a minute, creates a workflow."""
    known_old.server.faults.clear()
    brown_out_legacy_rules(known_old.server.faults)

    payload, calls = await change(
        known_old, "createAlert", "alert { name }", organization={"slug": "acme"}, project={"slug": "web"},
        name="A", triggers=[{"on": "ISSUE_CREATED"}], filters=[{"actions": [EMAIL]}],
    )  # fmt: skip

    assert payload == {"alert": {"name": "A"}, "userErrors": []}
    assert [(call.route, call.status) for call in calls if call.method == "POST"] == [
        (RULES, 410),
        ("/organizations/{organization}/workflows/", 201),
    ]


async def test_what_rules_cannot_express_is_refused(old):
    """The user error has the path of the value, and nothing is written."""
    rule, metric = rule_of(old), metric_rule_of(old)
    filters = {"filters": [{"actions": [], "conditions": [{"priorityAtLeast": "HIGH"}]}]}
    frequency = {"conditions": [{"eventFrequency": {"threshold": 1, "intervalSeconds": 60}}], "actions": []}
    excluded = [{"category": {"category": "ERROR", "exclude": True}}]
    path = ["filters", "0", "conditions", "0"]
    uptime = {"uptime": {"url": "https://acme.example/"}}
    measured = {
        "measure": {"aggregate": "count()", "dataset": "EVENTS", "timeWindowSeconds": 60},
        "detect": {"fixed": {"direction": "ABOVE", "high": 1}},
    }
    new = {"organization": {"slug": "acme"}, "project": {"slug": "web"}, "name": "A"}
    cases = [
        ("updateAlert", {"id": rule_id(rule), "isEnabled": False}, ["isEnabled"]),
        ("updateAlert", {"id": rule_id(rule), **filters}, path),
        ("updateAlert", {"id": rule_id(rule), "filters": [{"actions": [], "conditions": excluded}]}, path),
        ("updateAlert", {"id": rule_id(rule), "filters": [frequency]}, path[:3]),
        ("updateAlert", {"id": rule_id(rule), "filters": [{"actions": []}, {"actions": []}]}, ["filters", "1"]),
        ("updateAlert", {"id": rule_id(rule), "triggers": [{"seer": ["PULL_REQUEST_CREATED"]}]}, ["triggers", "0"]),
        (
            "updateAlert",
            {"id": rule_id(rule), "filters": [{"actions": [{"raw": {"type": "pigeon"}}]}]},
            ["filters", "0", "actions", "0"],
        ),
        ("updateAlert", {"id": metric_id(metric, "Alert"), "triggers": []}, ["triggers"]),
        (
            "connectMonitors",
            {"id": rule_id(rule), "disconnect": [{"id": metric_id(metric)}]},
            ["disconnect", "0", "id"],
        ),
        ("setAlertsEnabled", {"ids": [rule_id(rule)], "isEnabled": False}, ["ids", "0"]),
        ("updateMonitor", {"id": metric_id(metric), "description": "x"}, ["description"]),
        ("updateMonitor", {"id": encode_id("Monitor", ACME, "cron-1"), "name": "x"}, ["id"]),
        ("createAlert", {**new, "project": None, "filters": [{"actions": [EMAIL]}]}, ["project"]),
        ("createAlert", {**new, "isEnabled": False, "filters": [{"actions": [EMAIL]}]}, ["isEnabled"]),
        ("createMonitor", {**new, "settings": uptime}, ["settings"]),
        ("createMonitor", {**new, "isEnabled": False, "settings": {"metric": measured}}, ["isEnabled"]),
    ]

    for name, given, field in cases:
        selection = "results { userErrors { field code } }" if name.startswith("set") else "__typename"
        payload, calls = await change(old, name, selection, **given)
        errors = [*payload["userErrors"], *(payload.get("results") or [{"userErrors": []}])[0]["userErrors"]]
        assert [(error["field"], error["code"]) for error in errors] == [(field, "FEATURE_NOT_AVAILABLE")], name
        assert {call.method for call in calls if call.status < 400} <= {"GET"}


async def test_unknown_rule_is_not_found(old):
    """An ID of a rule that does not exist is a user error, as that of a workflow is."""
    for name, typename, number in (("updateAlert", "Alert", "rule-web-1"), ("updateMonitor", "Monitor", "metric-1")):
        payload, _ = await change(old, name, "__typename", id=encode_id(typename, ACME, number), name="x")

        assert refusals(payload) == [(["id"], "NOT_FOUND")]


@pytest.mark.parametrize("kind", ["issue", "metric"])
async def test_rule_is_snoozed_until_it_is_not(asker, kind):
    """Both kinds of rules are snoozed in their project, and the payload shows the rule as it is then."""
    rule = rule_of(asker) if kind == "issue" else metric_rule_of(asker)
    alert = rule_id(rule) if kind == "issue" else metric_id(rule, "Alert")

    snoozed, calls = await change(asker, "snoozeAlert", "alert { name isSnoozed }", id=alert)
    ended, _ = await change(asker, "unsnoozeAlert", "alert { isSnoozed }", id=alert)
    again, _ = await change(asker, "unsnoozeAlert", "alert { isSnoozed }", id=alert)

    assert snoozed == {"alert": {"name": rule.name, "isSnoozed": True}, "userErrors": []}
    assert [call.method for call in calls if call.method != "GET"] == ["POST"]
    assert ended == {"alert": {"isSnoozed": False}, "userErrors": []}
    assert [error["code"] for error in again["userErrors"]] == ["NOT_FOUND"]


async def test_alerts_that_are_no_rules_cannot_be_snoozed(asker):
    """Sentry has no such operation for workflows: the error says what to do instead, and nothing is called."""
    payload, calls = await change(
        asker, "snoozeAlert", "alert { id }", id=encode_id("Alert", ACME, asker.acme.workflows[0].id)
    )

    [error] = payload["userErrors"]
    assert (error["code"], error["field"]) == ("FEATURE_NOT_AVAILABLE", ["id"])
    assert "disable" in error["message"]
    assert calls == []
