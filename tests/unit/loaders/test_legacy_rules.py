"""Old alert rules, and what they say as workflows and detectors."""

import pytest

from dexter_graphql.loaders.alert_rules.actions import metric_action, rule_action
from dexter_graphql.loaders.alert_rules.workflows import (
    condition,
    detector_of_metric_rule,
    workflow_of_issue_rule,
    workflow_of_metric_rule,
)

CONDITIONS = "sentry.rules.conditions."
FILTERS = "sentry.rules.filters."
ISSUE_RULE = {
    "id": "12",
    "name": "Tell the channel",
    "conditions": [{"id": CONDITIONS + "first_seen_event.FirstSeenEventCondition", "name": "A new issue is created"}],
    "filters": [{"id": FILTERS + "level.LevelFilter", "match": "gte", "level": "40"}],
    "actions": [{"id": "sentry.rules.actions.notify_event.NotifyEventAction"}],
    "actionMatch": "any",
    "filterMatch": "none",
    "frequency": 30,
    "environment": "production",
    "owner": "team:2",
    "projects": ["front-end"],
    "createdBy": {"id": 7, "name": "Ada", "email": "ada@acme.example"},
    "dateCreated": "2026-01-01T00:00:00Z",
    "status": "active",
    "lastTriggered": "2026-02-01T00:00:00Z",
}
METRIC_RULE = {
    "id": "34",
    "name": "Too many errors",
    "dataset": "events",
    "query": "level:error",
    "aggregate": "count()",
    "eventTypes": ["error"],
    "thresholdType": 0,
    "resolveThreshold": 10.0,
    "timeWindow": 60,
    "comparisonDelta": None,
    "environment": None,
    "triggers": [
        {"label": "critical", "alertThreshold": 100.0, "actions": [{"type": "email", "targetType": "user",
                                                                   "targetIdentifier": "7"}]},
        {"label": "warning", "alertThreshold": 50.0, "actions": []},
    ],
    "projects": ["web"],
    "owner": "user:7",
    "createdBy": {},
    "dateCreated": "2026-01-01T00:00:00Z",
    "dateModified": "2026-01-02T00:00:00Z",
}  # fmt: skip


def test_issue_rule_is_a_workflow_without_detectors():
    """Everything that a rule says stands in the workflow, and its id tells project and rule."""
    workflow = workflow_of_issue_rule(ISSUE_RULE)

    assert workflow == {
        "id": "rule-front-end-12",
        "name": "Tell the channel",
        "enabled": True,
        "environment": "production",
        "config": {"frequency": 30},
        "lastTriggered": "2026-02-01T00:00:00Z",
        "dateCreated": "2026-01-01T00:00:00Z",
        "dateUpdated": None,
        "owner": "team:2",
        "createdBy": 7,
        "triggers": {
            "logicType": "any-short",
            "conditions": [{"type": "first_seen_event", "comparison": True}],
            "actions": [],
        },
        "actionFilters": [
            {
                "logicType": "none",
                "conditions": [{"type": "level", "comparison": {"level": 40, "match": "gte"}}],
                "actions": [rule_action(ISSUE_RULE["actions"][0])],
            }
        ],
        "detectorIds": [],
        "projects": ["front-end"],
        "snooze": None,
    }


@pytest.mark.parametrize(("status", "enabled"), [("active", True), ("disabled", False), (None, True)])
def test_only_a_disabled_rule_is_switched_off(status, enabled):
    """A rule that does not say where it stands is on."""
    assert workflow_of_issue_rule({**ISSUE_RULE, "status": status})["enabled"] is enabled


def test_metric_rule_is_a_detector():
    """Minutes are seconds, triggers are conditions that result in a priority, and the window is in the query."""
    detector = detector_of_metric_rule(METRIC_RULE)

    assert detector == {
        "id": "metric-34",
        "projectId": "web",
        "name": "Too many errors",
        "description": None,
        "type": "metric_issue",
        "enabled": True,
        "owner": {"type": "user", "id": "7"},
        "createdBy": None,
        "dateCreated": "2026-01-01T00:00:00Z",
        "dateUpdated": "2026-01-02T00:00:00Z",
        "workflowIds": ["metric-34"],
        "dataSources": [
            {
                "type": "snuba_query_subscription",
                "queryObj": {
                    "snubaQuery": {
                        "aggregate": "count()",
                        "dataset": "events",
                        "environment": None,
                        "eventTypes": ["error"],
                        "query": "level:error",
                        "timeWindow": 3600,
                    }
                },
            }
        ],
        "conditionGroup": {
            "logicType": "any",
            "conditions": [
                {"type": "gt", "comparison": 100.0, "conditionResult": 75},
                {"type": "gt", "comparison": 50.0, "conditionResult": 50},
                {"type": "lte", "comparison": 10.0, "conditionResult": 0},
            ],
            "actions": [],
        },
        "config": {"detectionType": "static", "comparisonDelta": None},
        "latestGroup": None,
    }


def test_metric_rule_is_also_a_workflow_with_a_filter_for_each_trigger():
    """Critical is high priority, warning medium, each with its actions; detector and workflow name each other."""
    workflow = workflow_of_metric_rule(METRIC_RULE)

    assert (workflow["id"], workflow["detectorIds"], workflow["projects"]) == ("metric-34", ["metric-34"], ["web"])
    assert [
        (one["conditions"], [action["type"] for action in one["actions"]]) for one in workflow["actionFilters"]
    ] == [
        ([{"type": "issue_priority_greater_or_equal", "comparison": 75}], ["email"]),
        ([{"type": "issue_priority_greater_or_equal", "comparison": 50}], []),
    ]


def test_thresholds_below_turn_the_comparison_round():
    """A rule about too little alerts below its threshold and is fine again above the other."""
    group = detector_of_metric_rule({**METRIC_RULE, "thresholdType": 1})["conditionGroup"]

    assert [one["type"] for one in group["conditions"]] == ["lt", "lt", "gte"]


def test_rules_about_change_compare_in_percent():
    """The delta of a rule is in minutes, that of a detector in seconds."""
    config = detector_of_metric_rule({**METRIC_RULE, "comparisonDelta": 1440})["config"]

    assert config == {"detectionType": "percent", "comparisonDelta": 86400}


def test_rules_about_the_unusual_have_one_condition():
    """A dynamic rule has no numbers: what is compared with is how sensitive it is."""
    rule = {**METRIC_RULE, "detectionType": "dynamic", "sensitivity": "high", "seasonality": "auto"}

    assert detector_of_metric_rule(rule)["conditionGroup"]["conditions"] == [
        {
            "type": "anomaly_detection",
            "comparison": {"seasonality": "auto", "sensitivity": "high", "thresholdType": 0},
            "conditionResult": 75,
        }
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"id": CONDITIONS + "regression_event.RegressionEventCondition"}, ("regression_event", True)),
        ({"id": CONDITIONS + "reappeared_event.ReappearedEventCondition"}, ("reappeared_event", True)),
        ({"id": CONDITIONS + "every_event.EveryEventCondition"}, ("every_event", True)),
        (
            {"id": CONDITIONS + "new_high_priority_issue.NewHighPriorityIssueCondition"},
            ("new_high_priority_issue", True),
        ),
        (
            {"id": CONDITIONS + "event_frequency.EventFrequencyCondition", "value": "100", "interval": "1h"},
            ("event_frequency_count", {"value": 100, "interval": "1h", "comparisonInterval": None}),
        ),
        (
            {"id": CONDITIONS + "event_frequency.EventUniqueUserFrequencyCondition", "value": 5, "interval": "15m",
             "comparisonType": "percent", "comparisonInterval": "1d"},
            ("event_unique_user_frequency_percent", {"value": 5, "interval": "15m", "comparisonInterval": "1d"}),
        ),
        (
            {"id": CONDITIONS + "event_frequency.EventFrequencyPercentCondition", "value": "2.5", "interval": "5m"},
            ("percent_sessions_count", {"value": 2.5, "interval": "5m", "comparisonInterval": None}),
        ),
        (
            {"id": FILTERS + "age_comparison.AgeComparisonFilter", "comparison_type": "older", "value": "3",
             "time": "week"},
            ("age_comparison", {"comparisonType": "older", "value": 3, "time": "week"}),
        ),
        ({"id": FILTERS + "issue_occurrences.IssueOccurrencesFilter", "value": "10"},
         ("issue_occurrences", {"value": 10})),
        (
            {"id": FILTERS + "assigned_to.AssignedToFilter", "targetType": "Team", "targetIdentifier": 2},
            ("assigned_to", {"targetType": "Team", "targetIdentifier": 2}),
        ),
        ({"id": FILTERS + "latest_release.LatestReleaseFilter"}, ("latest_release", True)),
        ({"id": FILTERS + "issue_category.IssueCategoryFilter", "value": "1"}, ("issue_category", {"value": 1})),
        (
            {"id": CONDITIONS + "event_attribute.EventAttributeCondition", "attribute": "message", "match": "co",
             "value": "x"},
            ("event_attribute", {"attribute": "message", "match": "co", "value": "x"}),
        ),
        (
            {"id": FILTERS + "tagged_event.TaggedEventFilter", "key": "browser", "match": "is"},
            ("tagged_event", {"key": "browser", "match": "is", "value": None}),
        ),
        ({"id": FILTERS + "mood.MoodFilter", "name": "In a mood", "mood": "bad"},
         (FILTERS + "mood.MoodFilter", {"mood": "bad"})),
    ],
)  # fmt: skip
def test_conditions_and_filters_have_new_words(old, new):
    """Each keeps what it compares with, numbers as numbers; an unknown one keeps its id and its members."""
    kind, comparison = new

    assert condition(old) == {"type": kind, "comparison": comparison}


INTEGRATIONS = "sentry.integrations."


@pytest.mark.parametrize(
    ("old", "kind", "integration", "target", "data"),
    [
        (
            {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "Member", "targetIdentifier": 7,
             "fallthroughType": "NoOne"},
            "email", None, ("user", None, 7), {"fallthroughType": "NoOne"},
        ),
        (
            {"id": INTEGRATIONS + "slack.notify_action.SlackNotifyServiceAction", "workspace": 1, "channel": "#a",
             "channel_id": "C1", "tags": "level", "notes": "call me"},
            "slack", "1", ("specific", "#a", "C1"), {"tags": "level", "notes": "call me"},
        ),
        (
            {"id": INTEGRATIONS + "msteams.notify_action.MsTeamsNotifyServiceAction", "team": "2",
             "channel": "General"},
            "msteams", "2", ("specific", "General", None), {"tags": None, "notes": None},
        ),
        (
            {"id": INTEGRATIONS + "discord.notify_action.DiscordNotifyServiceAction", "server": "3", "channel_id": "9"},
            "discord", "3", ("specific", None, "9"), {"tags": None, "notes": None},
        ),
        (
            {"id": INTEGRATIONS + "pagerduty.notify_action.PagerDutyNotifyServiceAction", "account": "4",
             "service": "77", "severity": "critical"},
            "pagerduty", "4", ("specific", None, "77"), {"priority": "critical"},
        ),
        (
            {"id": INTEGRATIONS + "opsgenie.notify_action.OpsgenieNotifyTeamAction", "account": "5", "team": "x",
             "priority": "P1"},
            "opsgenie", "5", ("specific", None, "x"), {"priority": "P1"},
        ),
        (
            {"id": INTEGRATIONS + "jira.notify_action.JiraCreateTicketAction", "integration": "6", "project": "10"},
            "jira", "6", (None, None, None), {"project": "10"},
        ),
        (
            {"id": "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction",
             "sentryAppInstallationUuid": "u", "settings": [{"name": "a"}]},
            "sentry_app", None, ("sentry_app", None, "u"), {"settings": [{"name": "a"}]},
        ),
        (
            {"id": "sentry.rules.actions.notify_event_service.NotifyEventServiceAction", "service": "webhooks"},
            "webhook", None, (None, None, "webhooks"), {},
        ),
        ({"id": "sentry.rules.actions.notify_event.NotifyEventAction"}, "plugin", None, (None, None, None), {}),
        ({"id": "acme.Sing", "name": "Sing", "song": "x"}, "acme.Sing", None, (None, None, None), {"song": "x"}),
    ],
)  # fmt: skip
def test_actions_have_new_words(old, kind, integration, target, data):
    """Who is told stands in the target, how in the data; an unknown action keeps its id and its members."""
    names = ("targetType", "targetDisplay", "targetIdentifier")

    assert rule_action(old) == {
        "type": kind,
        "integrationId": integration,
        "data": data,
        "config": dict(zip(names, target, strict=True)),
        "status": "active",
    }


@pytest.mark.parametrize(
    ("old", "target"),
    [
        ({"type": "slack", "targetType": "specific", "targetIdentifier": "#a", "inputChannelId": "C1"}, ("#a", "C1")),
        ({"type": "pagerduty", "targetType": "specific", "targetIdentifier": "77"}, (None, "77")),
        ({"type": "sentry_app", "targetType": "sentry_app", "targetIdentifier": "3", "sentryAppId": 8}, (None, 8)),
    ],
)
def test_actions_of_metric_rules_name_their_target(old, target):
    """A channel is known by name and id, a service by its id, an app by its own id."""
    config = metric_action(old)["config"]

    assert (config["targetDisplay"], config["targetIdentifier"]) == target


@pytest.mark.parametrize("translate", [workflow_of_issue_rule, workflow_of_metric_rule, detector_of_metric_rule])
def test_rule_that_says_nothing_but_its_id_is_translated(translate):
    """Members that lack, or have another form, do not stop the translation."""
    bare = translate({"id": "1"})
    broken = translate(
        {"id": "1", "conditions": "no", "actions": [3], "triggers": {}, "projects": None, "timeWindow": "x"}
    )

    assert bare["id"] == broken["id"]
    assert bare["name"] is None
