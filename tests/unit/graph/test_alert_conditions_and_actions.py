"""The types of alert conditions and actions."""

from support.alerts import ASK, detectors_of_web, workflow

CONDITIONS = [
    ({"type": "first_seen_event", "comparison": True}, {"__typename": "FirstSeenAlertCondition"}),
    ({"type": "regression_event", "comparison": True}, {"__typename": "RegressionAlertCondition"}),
    ({"type": "reappeared_event", "comparison": True}, {"__typename": "ReappearedAlertCondition"}),
    ({"type": "issue_resolved_trigger", "comparison": True}, {"__typename": "ResolvedAlertCondition"}),
    ({"type": "every_event", "comparison": True}, {"__typename": "EveryEventAlertCondition"}),
    (
        {"type": "existing_high_priority_issue", "comparison": True},
        {"__typename": "HighPriorityAlertCondition", "isNewIssue": False},
    ),
    (
        {"type": "event_frequency_count", "comparison": {"value": 100, "interval": "15min"}},
        {
            "__typename": "EventFrequencyAlertCondition",
            "threshold": 100,
            "intervalSeconds": 900,
            "comparison": "COUNT",
            "comparisonIntervalSeconds": None,
        },
    ),
    (
        {
            "type": "event_unique_user_frequency_percent",
            "comparison": {"value": 5.5, "interval": "1hr", "comparison_interval": "1w"},
        },
        {
            "__typename": "UserFrequencyAlertCondition",
            "threshold": 5.5,
            "intervalSeconds": 3600,
            "comparison": "PERCENT",
            "comparisonIntervalSeconds": 604800,
        },
    ),
    (
        {"type": "percent_sessions_count", "comparison": {"value": 1, "interval": "30d"}},
        {
            "__typename": "SessionFrequencyAlertCondition",
            "threshold": 1,
            "intervalSeconds": 2592000,
            "comparison": "COUNT",
            "comparisonIntervalSeconds": None,
        },
    ),
    (
        {"type": "age_comparison", "comparison": {"comparison_type": "older", "value": 3, "time": "day"}},
        {"__typename": "AgeAlertCondition", "direction": "OLDER", "ageSeconds": 259200},
    ),
    (
        {"type": "assigned_to", "comparison": {"targetType": "Unassigned", "targetIdentifier": ""}},
        {"__typename": "AssignedToAlertCondition", "targetKind": "UNASSIGNED", "target": None},
    ),
    (
        {"type": "issue_category", "comparison": {"value": 6}},
        {"__typename": "CategoryAlertCondition", "category": "FEEDBACK", "categoryRaw": 6},
    ),
    (
        {"type": "issue_category", "comparison": {"value": 99}},
        {"__typename": "CategoryAlertCondition", "category": "UNKNOWN", "categoryRaw": 99},
    ),
    (
        {"type": "issue_priority_greater_or_equal", "comparison": 50},
        {"__typename": "PriorityAlertCondition", "priority": "MEDIUM", "isFalling": False},
    ),
    (
        {"type": "issue_priority_deescalating", "comparison": True},
        {"__typename": "PriorityAlertCondition", "priority": None, "isFalling": True},
    ),
    (
        {"type": "level", "comparison": {"level": "30", "match": "lte"}},
        {"__typename": "LevelAlertCondition", "level": "WARNING", "levelRaw": 30, "match": "LESS_OR_EQUAL"},
    ),
    (
        {"type": "issue_occurrences", "comparison": {"value": 10}},
        {"__typename": "OccurrencesAlertCondition", "count": 10},
    ),
    ({"type": "latest_release", "comparison": True}, {"__typename": "LatestReleaseAlertCondition"}),
    (
        {
            "type": "latest_adopted_release",
            "comparison": {"releaseAgeType": "oldest", "ageComparison": "newer", "environment": "production"},
        },
        {
            "__typename": "LatestAdoptedReleaseAlertCondition",
            "releaseAge": "oldest",
            "direction": "NEWER",
            "environment": "production",
        },
    ),
    (
        {"type": "tagged_event", "comparison": {"key": "os", "match": "nsw", "value": "Win"}},
        {
            "__typename": "TaggedEventAlertCondition",
            "key": "os",
            "match": "NOT_STARTS_WITH",
            "matchRaw": "nsw",
            "value": "Win",
        },
    ),
    (
        {"type": "event_attribute", "comparison": {"attribute": "message", "match": "rhymes", "value": "x"}},
        {
            "__typename": "EventAttributeAlertCondition",
            "attribute": "message",
            "match": "UNKNOWN",
            "matchRaw": "rhymes",
            "value": "x",
        },
    ),
    (
        {"type": "full_moon", "comparison": {"phase": 1}},
        {"__typename": "UnknownAlertCondition", "data": {"phase": 1}},
    ),
]


CONDITION = """
  __typename type
  ... on HighPriorityAlertCondition { isNewIssue }
  ... on FrequencyAlertCondition { threshold intervalSeconds comparison comparisonIntervalSeconds }
  ... on AgeAlertCondition { direction ageSeconds }
  ... on AssignedToAlertCondition { targetKind target { __typename } }
  ... on CategoryAlertCondition { category categoryRaw }
  ... on PriorityAlertCondition { priority isFalling }
  ... on LevelAlertCondition { level levelRaw match }
  ... on OccurrencesAlertCondition { count }
  ... on LatestAdoptedReleaseAlertCondition { releaseAge direction environment }
  ... on TaggedEventAlertCondition { key match matchRaw value }
  ... on EventAttributeAlertCondition { attribute match matchRaw value }
  ... on UnknownAlertCondition { data }
"""


async def test_every_kind_of_condition_has_its_type(asker):
    """Stretches of time are seconds, words are enums with Sentry's own beside; what is newer keeps its data."""
    workflow(asker, "Notify").triggers["conditions"] = [condition for condition, _ in CONDITIONS]

    told = await asker.organization(
        f'alerts(projects: [{{ slug: "web" }}], first: 1) {{ nodes {{ triggers {{ conditions {{ {CONDITION} }} }} }} }}'
    )

    [node] = told["alerts"]["nodes"]
    assert node["triggers"]["conditions"] == [{"type": one["type"], **answer} for one, answer in CONDITIONS]


async def test_assignee_of_a_condition_is_found(asker):
    """A team is looked up by the id that the condition holds."""
    team = asker.acme.teams[0]
    compared = {"targetType": "Team", "targetIdentifier": int(team.id)}
    workflow(asker, "Notify").triggers["conditions"] = [{"type": "assigned_to", "comparison": compared}]

    told = await asker.organization(
        'alerts(projects: { slug: "web" }, first: 1) { nodes { triggers { conditions { ... on AssignedToAlertCondition'
        " { targetKind target { ... on Team { slug } } } } } } }"
    )

    [node] = told["alerts"]["nodes"]
    assert node["triggers"]["conditions"] == [{"targetKind": "TEAM", "target": {"slug": team.slug}}]


def action(kind, target=(None, None, None), **data):
    names = ("targetType", "targetDisplay", "targetIdentifier")
    config = dict(zip(names, target, strict=True))
    return {"type": kind, "integrationId": None, "data": data, "config": config, "status": "active"}


ACTIONS = [
    (
        action("email", ("issue_owners", None, None), fallthroughType="NoOne"),
        {"__typename": "EmailAlertAction", "targetKind": "ISSUE_OWNERS", "fallthrough": "NO_ONE", "target": None},
    ),
    (
        action("msteams", ("specific", "General", "t1"), notes="call me"),
        {
            "__typename": "MicrosoftTeamsAlertAction",
            "channel": "General",
            "channelId": "t1",
            "tags": [],
            "notes": "call me",
            "integration": None,
        },
    ),
    (
        action("discord", ("specific", None, 9), tags="os, level"),
        {
            "__typename": "DiscordAlertAction",
            "channel": None,
            "channelId": "9",
            "tags": ["os", "level"],
            "notes": None,
            "integration": None,
        },
    ),
    (
        action("opsgenie", ("specific", "Ops", "o1"), priority="P1"),
        {
            "__typename": "OpsgenieAlertAction",
            "targetName": "Ops",
            "targetId": "o1",
            "priority": "P1",
            "integration": None,
        },
    ),
    (
        action("vsts", project="10"),
        {"__typename": "TicketAlertAction", "fields": {"project": "10"}, "integration": None},
    ),
    (
        action("sentry_app", ("sentry_app", None, "8"), settings=[{"name": "a"}]),
        {"__typename": "AppAlertAction", "targetId": "8", "settings": [{"name": "a"}], "installation": None},
    ),
    (
        action("webhook", (None, None, "webhooks")),
        {"__typename": "WebhookAlertAction", "service": "webhooks"},
    ),
    (action("plugin"), {"__typename": "PluginAlertAction"}),
    (
        action("carrier_pigeon", ("loft", None, "3"), speed="fast"),
        {
            "__typename": "UnknownAlertAction",
            "data": {
                "integrationId": None,
                "config": {"targetType": "loft", "targetDisplay": None, "targetIdentifier": "3"},
                "data": {"speed": "fast"},
            },
        },
    ),
]


ACTION = """
  __typename type
  ... on IntegrationAlertAction { integration { id } }
  ... on EmailAlertAction { targetKind fallthrough target { __typename } }
  ... on ChannelAlertAction { channel channelId tags notes }
  ... on OnCallAlertAction { targetName targetId priority }
  ... on TicketAlertAction { fields }
  ... on AppAlertAction { targetId settings installation { id } }
  ... on WebhookAlertAction { service }
  ... on UnknownAlertAction { data }
"""


async def test_every_kind_of_action_has_its_type(asker):
    """Actions of all filters are one list; what is newer keeps its settings."""
    group = workflow(asker, "Notify").action_filters[0]
    half = len(ACTIONS) // 2
    workflow(asker, "Notify").action_filters = [
        {**group, "actions": [one for one, _ in part]} for part in (ACTIONS[:half], ACTIONS[half:])
    ]

    told = await asker.organization(
        f'alerts(projects: {{slug: "web"}}, first: 1)'
        f" {{ nodes {{ filters {{ actions {{ type }} }} actions {{ {ACTION} }} }} }}"
    )

    [node] = told["alerts"]["nodes"]
    assert node["actions"] == [{"type": one["type"], **answer} for one, answer in ACTIONS]
    assert [len(one["actions"]) for one in node["filters"]] == [half, len(ACTIONS) - half]


async def test_receivers_of_actions_are_found(asker):
    """A team by its id, an installed app by its UUID."""
    team, installed = asker.acme.teams[0], asker.acme.installations[0]
    workflow(asker, "Notify").action_filters[0]["actions"] = [
        action("email", ("team", None, team.id)),
        action("sentry_app", ("sentry_app", None, installed.uuid)),
    ]

    told = await asker.organization(
        'alerts(projects: [{ slug: "web" }], first: 1) { nodes { actions {'
        " ... on EmailAlertAction { target { ... on Team { slug } } }"
        " ... on AppAlertAction { installation { uuid } } } } }"
    )

    [node] = told["alerts"]["nodes"]
    assert node["actions"] == [{"target": {"slug": team.slug}}, {"installation": {"uuid": installed.uuid}}]


async def test_comparison_that_does_not_fit_is_one_error(asker):
    """A comparison of another form is an error of its field, an ID of another form one of the list that lacks it."""
    broken = workflow(asker, "Notify")
    broken.triggers["conditions"] = [{"type": "tagged_event", "comparison": 3}, {"type": "latest_release"}]
    detectors_of_web(asker)[0].workflow_ids = [{"id": "1"}, broken.id]

    told = await asker.ask(
        ASK % 'alerts(projects: { slug: "web" }, first: 1) { nodes { name triggers { conditions { type'
        " ... on TaggedEventAlertCondition { key } } } } }"
        " monitors(first: 1) { nodes { name alerts { nodes { name } } } }"
    )

    [alert] = told["organization"]["alerts"]["nodes"]
    assert alert["triggers"]["conditions"] == [
        {"type": "tagged_event", "key": None},
        {"type": "latest_release"},
    ]
    codes = {tuple(error["path"]): error["extensions"]["code"] for error in told.errors}
    assert codes == {
        ("organization", "alerts", "nodes", 0, "triggers", "conditions", 0, "key"): "UPSTREAM_BAD_RESPONSE",
        ("organization", "monitors", "nodes", 0, "alerts"): "UPSTREAM_BAD_RESPONSE",
    }
    assert told["organization"]["monitors"]["nodes"][0]["alerts"]["nodes"] == [{"name": broken.name}]
