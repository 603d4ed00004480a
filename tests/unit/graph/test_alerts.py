"""Alerts and monitors: what is told of them on either back end, what it costs, and what happens between the two.

Long, because nearly all of it is said of both back ends, by the fixtures at its beginning.
"""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.alert_backends import brown_out_legacy_rules, disable_legacy_rules, disable_workflow_engine

WORKFLOWS = "/organizations/{organization}/workflows/"
DETECTORS = "/organizations/{organization}/detectors/"
RULES = "/projects/{organization}/{project}/rules/"
METRIC_RULES = "/organizations/{organization}/alert-rules/"
PROJECTS = "/organizations/{organization}/projects/"
ALERTS_OF_WEB = """
  alerts(projects: ["web"], first: 50) {
    nodes {
      id name enabled triggers { logic conditions { __typename type } } actions { __typename type }
      monitors { __typename name } lastTriggered
    }
  }
"""
ASK = '{ organization(slug: "acme") { %s } }'


@pytest.fixture
async def old(asker):
    """An old server, which has rules and nothing newer."""
    disable_workflow_engine(asker.server.faults)
    await asker.ask(ASK % "slug")
    return asker


@pytest.fixture
async def known_old(old):
    """An old server that was found to be one."""
    await old.organization("monitors(first: 1) { nodes { id } }")
    old.client.invalidate(["alerts/acme"])
    return old


def web(asker):
    return next(project for project in asker.acme.projects if project.slug == "web")


def detectors_of_web(asker):
    return [one for one in asker.acme.detectors if one.project_id == web(asker).id]


def workflow(asker, name):
    """The workflow of that name that belongs to the project `web`."""
    ids = {one.id for one in detectors_of_web(asker)}
    return next(one for one in asker.acme.workflows if one.name.startswith(name) and ids & set(one.detector_ids))


async def test_alerts_of_a_project_cost_two_calls(asker):
    """One list of workflows, and one of the detectors that all of them name."""
    told = await asker.organization(ALERTS_OF_WEB)

    assert told.routes == [DETECTORS, WORKFLOWS]
    assert told.queries(WORKFLOWS) == [[("sortBy", "id"), ("project", "web"), ("per_page", "50")]]
    found = [
        (node["name"], node["enabled"], [one["__typename"] for one in node["actions"]], node["monitors"])
        for node in told["alerts"]["nodes"]
    ]
    assert found == [
        (
            "Notify the owners of new issues",
            True,
            ["EmailAlertAction"],
            [{"__typename": "ErrorMonitor", "name": "Error Monitor"}],
        ),
        (
            "Tell the channel about regressions",
            True,
            ["SlackAlertAction"],
            [{"__typename": "IssueStreamMonitor", "name": "Issue Stream"}],
        ),
        (
            "Page when errors pile up in web",
            True,
            ["PagerDutyAlertAction"],
            [{"__typename": "MetricMonitor", "name": "High error rate in web"}],
        ),
    ]
    assert told["alerts"]["nodes"][0]["triggers"] == {
        "logic": "ANY_SHORT",
        "conditions": [{"__typename": "FirstSeenAlertCondition", "type": "first_seen_event"}],
    }


async def test_old_server_costs_as_much_once_it_is_known(old):
    """The first question finds out with one refused call; the second asks for rules alone, and for nothing again."""
    first = await old.organization(ALERTS_OF_WEB)
    warm = await old.organization(ALERTS_OF_WEB)
    old.client.invalidate(["alerts/acme"])
    second = await old.organization(ALERTS_OF_WEB)

    assert first.routes == sorted([WORKFLOWS, METRIC_RULES, RULES])
    assert warm.calls == []
    assert second.routes == sorted([METRIC_RULES, RULES])
    assert second.data == first.data


async def test_rules_read_like_alerts(old):
    """Issue rules have no monitors, a metric rule has one; conditions and actions have the types of newer servers."""
    told = await old.organization(ALERTS_OF_WEB)

    found = [
        (
            node["name"],
            [one["__typename"] for one in node["triggers"]["conditions"]],
            [one["__typename"] for one in node["actions"]],
            node["monitors"],
        )
        for node in told["alerts"]["nodes"]
    ]
    assert found == [
        ("Notify the owners of new issues", ["FirstSeenAlertCondition"], ["EmailAlertAction"], []),
        ("Tell the channel about regressions", ["RegressionAlertCondition"], ["SlackAlertAction"], []),
        (
            "High error rate in web",
            [],
            [],
            [{"__typename": "MetricMonitor", "name": "High error rate in web"}],
        ),
    ]


SAME = """
  nodes {
    name frequencySeconds enabled environment owner { __typename } createdBy { email } projects { slug }
    filters { logic logicRaw conditions { type ... on LevelAlertCondition { level levelRaw match } } }
    actions {
      type status
      ... on EmailAlertAction { targetKind fallthrough target { __typename } }
      ... on SlackAlertAction { channel channelId tags notes integration { provider { key } } }
    }
  }
"""


async def test_issue_alerts_say_the_same_on_both_back_ends(asker):
    """The same rule, kept in either form, gives the same answer."""
    new = await asker.organization(f'alerts(projects: ["web"], first: 2) {{ {SAME} }}')
    disable_workflow_engine(asker.server.faults)
    asker.client.invalidate(["alerts/acme"])

    old = await asker.organization(f'alerts(projects: ["web"], first: 2) {{ {SAME} }}')

    assert old.data == new.data
    assert [node["frequencySeconds"] for node in old["alerts"]["nodes"]] == [1800, 1800]
    assert old["alerts"]["nodes"][1]["actions"][0] == {
        "type": "slack",
        "status": "active",
        "channel": "#alerts",
        "channelId": "C0ALERTS",
        "tags": ["environment", "level"],
        "notes": None,
        "integration": {"provider": {"key": "slack"}},
    }


METRIC = """
  nodes {
    name type enabled owner { __typename ... on Team { slug } } project { slug }
    ... on MetricMonitor {
      aggregate query dataset timeWindowSeconds environment eventTypes detection detectionRaw comparisonDeltaSeconds
      conditions { comparison comparisonRaw threshold priority sensitivity }
    }
  }
"""


async def test_metric_monitors_say_the_same_on_both_back_ends(asker):
    """Windows are seconds, although rules have minutes; thresholds and priorities are those of the triggers."""
    selection = f'monitors(projects: ["web"], types: [METRIC]) {{ {METRIC} }}'
    new = await asker.organization(selection)
    disable_workflow_engine(asker.server.faults)
    asker.client.invalidate(["alerts/acme"])

    old = await asker.organization(selection)

    assert old.data == new.data
    [node] = old["monitors"]["nodes"]
    assert (node["timeWindowSeconds"], node["detection"], node["project"]) == (3600, "STATIC", {"slug": "web"})
    assert [(one["comparison"], one["threshold"], one["priority"]) for one in node["conditions"]] == [
        ("GREATER", 100, "HIGH"),
        ("GREATER", 50, "MEDIUM"),
        ("LESS_OR_EQUAL", 50, "RESOLVED"),
    ]


@pytest.mark.parametrize("nesting", ["bare", "queryObj", "snubaQuery", "queryObj.snubaQuery"])
async def test_query_of_a_metric_is_found_wherever_it_is(asker, nesting):
    """Deployments nest it in four ways."""
    detector = next(one for one in detectors_of_web(asker) if one.type == "metric_issue")
    value = {"aggregate": "p95()", "timeWindow": 300}
    for name in reversed(nesting.split(".") if nesting != "bare" else []):
        value = {name: value}
    detector.data_sources = [{"id": "1", "type": "snuba_query_subscription", **value}]

    told = await asker.organization(
        'monitors(projects: ["web"], types: [METRIC]) { nodes {'
        " ... on MetricMonitor { aggregate timeWindowSeconds } } }"
    )

    assert told["monitors"]["nodes"] == [{"aggregate": "p95()", "timeWindowSeconds": 300}]


async def test_detector_without_sources_or_conditions_is_read(asker):
    """Both may be null."""
    detector = next(one for one in detectors_of_web(asker) if one.type == "metric_issue")
    detector.data_sources, detector.condition_group = [], None

    told = await asker.organization(
        'monitors(projects: ["web"], types: [METRIC]) { nodes { name ... on MetricMonitor { aggregate'
        " conditions { threshold } } } }"
    )

    assert told["monitors"]["nodes"] == [{"name": detector.name, "aggregate": None, "conditions": None}]


async def test_each_type_of_detector_has_its_own_members(asker):
    """Uptime and cron monitors tell what they watch, and all of them lead to project, alerts and newest issue."""
    detector = detectors_of_web(asker)[0]
    detector.type = "slow_query"
    detector.config = {"threshold": 3}

    told = await asker.organization(
        'monitors(projects: ["web"], first: 100) { nodes { __typename type sentryId'
        " ... on UptimeMonitor { url method intervalSeconds timeoutSeconds downtimeThreshold recoveryThreshold }"
        " ... on CronMonitor { slug } ... on UnknownMonitor { data } } }"
    )

    nodes = {node["__typename"]: node for node in told["monitors"]["nodes"]}
    assert set(nodes) == {"UnknownMonitor", "IssueStreamMonitor", "MetricMonitor", "UptimeMonitor", "CronMonitor"}
    assert nodes["UnknownMonitor"] == {
        "__typename": "UnknownMonitor",
        "type": "slow_query",
        "sentryId": detector.id,
        "data": {"config": {"threshold": 3}, "dataSources": None, "conditionGroup": None},
    }
    uptime = nodes["UptimeMonitor"]
    assert (uptime["type"], uptime["url"], uptime["method"]) == ("uptime_domain_failure", "https://web.example/", "GET")
    assert (uptime["intervalSeconds"], uptime["timeoutSeconds"]) == (60, 5)
    assert (uptime["downtimeThreshold"], uptime["recoveryThreshold"]) == (3, 1)
    assert nodes["CronMonitor"]["slug"] in {one.slug for one in asker.acme.monitors}


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
        f'alerts(projects: ["web"], first: 1) {{ nodes {{ triggers {{ conditions {{ {CONDITION} }} }} }} }}'
    )

    [node] = told["alerts"]["nodes"]
    assert node["triggers"]["conditions"] == [{"type": one["type"], **answer} for one, answer in CONDITIONS]


async def test_assignee_of_a_condition_is_found(asker):
    """A team is looked up by the id that the condition holds."""
    team = asker.acme.teams[0]
    compared = {"targetType": "Team", "targetIdentifier": int(team.id)}
    workflow(asker, "Notify").triggers["conditions"] = [{"type": "assigned_to", "comparison": compared}]

    told = await asker.organization(
        'alerts(projects: ["web"], first: 1) { nodes { triggers { conditions { ... on AssignedToAlertCondition'
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
        f'alerts(projects: ["web"], first: 1) {{ nodes {{ filters {{ actions {{ type }} }} actions {{ {ACTION} }} }} }}'
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
        'alerts(projects: ["web"], first: 1) { nodes { actions {'
        " ... on EmailAlertAction { target { ... on Team { slug } } }"
        " ... on AppAlertAction { installation { uuid } } } } }"
    )

    [node] = told["alerts"]["nodes"]
    assert node["actions"] == [{"target": {"slug": team.slug}}, {"installation": {"uuid": installed.uuid}}]


async def test_comparison_that_does_not_fit_is_one_error(asker):
    """A comparison of another form is an error of its field; an ID of another form is left out of a list of links."""
    broken = workflow(asker, "Notify")
    broken.triggers["conditions"] = [{"type": "tagged_event", "comparison": 3}, {"type": "latest_release"}]
    detectors_of_web(asker)[0].workflow_ids = [{"id": "1"}, broken.id]

    told = await asker.ask(
        ASK % 'alerts(projects: ["web"], first: 1) { nodes { name triggers { conditions { type'
        " ... on TaggedEventAlertCondition { key } } } } } monitors(first: 1) { nodes { name alerts { name } } }"
    )

    [alert] = told["organization"]["alerts"]["nodes"]
    assert alert["triggers"]["conditions"] == [
        {"type": "tagged_event", "key": None},
        {"type": "latest_release"},
    ]
    codes = {tuple(error["path"]): error["extensions"]["code"] for error in told.errors}
    assert codes == {
        ("organization", "alerts", "nodes", 0, "triggers", "conditions", 0, "key"): "UPSTREAM_BAD_RESPONSE",
    }
    assert told["organization"]["monitors"]["nodes"][0]["alerts"] == [{"name": broken.name}]


async def test_alerts_and_monitors_of_all_projects_cost_two_calls(asker):
    """The workflows and the detectors of all projects are a list each, which tell what belongs to which."""
    told = await asker.organization(
        "projects(first: 20) { nodes { slug alerts(first: 2) { nodes { name } pageInfo { hasNextPage endCursor } } } }"
    )

    assert told.routes == [DETECTORS, PROJECTS, WORKFLOWS]
    nodes = {node["slug"]: node["alerts"] for node in told["projects"]["nodes"]}
    assert len(nodes) == len(asker.acme.projects)
    assert {len(alerts["nodes"]) for alerts in nodes.values()} == {2}
    assert nodes["web"]["pageInfo"]["hasNextPage"]
    rest = await asker.organization(
        f'project(slug: "web") {{ alerts(first: 2, after: "{nodes["web"]["pageInfo"]["endCursor"]}")'
        " { nodes { name } pageInfo { hasNextPage } } }"
    )
    assert rest["project"]["alerts"] == {
        "nodes": [{"name": "Page when errors pile up in web"}],
        "pageInfo": {"hasNextPage": False},
    }


async def test_monitors_of_all_projects_are_one_list(asker):
    """Each project gets its own part of it."""
    told = await asker.organization("projects(first: 20) { nodes { slug sentryId monitors { nodes { sentryId } } } }")

    assert told.routes == [DETECTORS, PROJECTS]
    for node in told["projects"]["nodes"]:
        expected = sorted((one.id for one in asker.acme.detectors if one.project_id == node["sentryId"]), key=int)
        assert [one["sentryId"] for one in node["monitors"]["nodes"]] == expected


async def test_single_project_asks_for_its_own_alerts_alone(asker):
    """One list, no longer than asked for."""
    told = await asker.organization('project(slug: "web") { alerts(first: 1) { nodes { name } } }')

    assert told.queries(WORKFLOWS) == [[("sortBy", "id"), ("project", web(asker).id), ("per_page", "1")]]
    assert told.routes == [PROJECTS, WORKFLOWS]


async def test_projects_of_an_old_server_cost_one_call_each(known_old):
    """Issue rules stand below their projects; metric rules are one list, and so are the slugs that rules know."""
    told = await known_old.organization(
        "projects(first: 4) { nodes { slug alerts { nodes { name projects { slug } } } } }"
    )

    assert sorted(set(told.routes)) == sorted([METRIC_RULES, PROJECTS, RULES])
    assert told.routes.count(RULES) == 4
    assert told.routes.count(METRIC_RULES) == 1
    for node in told["projects"]["nodes"]:
        assert len(node["alerts"]["nodes"]) == 3
        assert {one["slug"] for alert in node["alerts"]["nodes"] for one in alert["projects"]} == {node["slug"]}


async def test_alerts_of_issues_are_those_of_their_projects(asker):
    """Two calls for all issues of a list; issues of one project share their alerts, for one call."""
    many = await asker.organization("issues(first: 10) { nodes { shortId alerts { name } } }")
    one = await asker.organization(
        'issues(filter: { projects: ["web"] }, first: 10) { nodes { project { slug platform } alerts { name } } }'
    )

    issues = "/organizations/{organization}/issues/"
    assert many.routes == [DETECTORS, issues, WORKFLOWS]
    assert all(len(node["alerts"]) == 3 for node in many["issues"]["nodes"])
    assert one.routes == [issues, WORKFLOWS]
    assert {node["project"]["slug"] for node in one["issues"]["nodes"]} == {"web"}


LINKS = """
  monitors(projects: ["web"], first: 100) {
    nodes { id project { slug } alerts { name monitors { id } projects { slug } } latestIssue { shortId } }
  }
"""


async def test_monitors_and_alerts_lead_to_each_other(asker):
    """Every alert of a monitor names the monitor; links of all rows of a level share one call."""
    told = await asker.organization(LINKS)

    nodes = told["monitors"]["nodes"]
    assert sum(len(node["alerts"]) for node in nodes) == 3
    for node in nodes:
        assert node["project"] == {"slug": "web"}
        assert node["latestIssue"]["shortId"].startswith("WEB-")
        for alert in node["alerts"]:
            assert {"id": node["id"]} in alert["monitors"]
            assert alert["projects"] == [{"slug": "web"}]
    assert told.routes.count(WORKFLOWS) == 1
    assert told.routes.count(DETECTORS) == 2


async def test_monitors_and_alerts_of_rules_lead_to_each_other(known_old):
    """What one metric rule was made into belongs together, for no further call."""
    told = await known_old.organization(LINKS)

    [node] = told["monitors"]["nodes"]
    assert node["alerts"] == [
        {"name": "High error rate in web", "monitors": [{"id": node["id"]}], "projects": [{"slug": "web"}]}
    ]
    assert told.routes == sorted([METRIC_RULES, PROJECTS])


async def test_lists_are_narrowed_by_text_and_type(asker):
    """Both become the search that detectors understand."""
    told = await asker.organization(
        'monitors(projects: ["web", "api"], types: [UPTIME, METRIC], search: "web") { nodes { __typename } }'
        ' alerts(search: "pile up", first: 3) { nodes { name } }'
    )

    assert dict(told.queries(DETECTORS)[0])["query"] == "type:[uptime_domain_failure,metric_issue] web"
    assert dict(told.queries(WORKFLOWS)[0])["query"] == "pile up"
    assert all("pile up" in node["name"] for node in told["alerts"]["nodes"])


async def test_lists_of_rules_are_narrowed_here(known_old):
    """Rules cannot be searched for at Sentry; types that they do not tell of are not asked for."""
    told = await known_old.organization(
        'named: monitors(search: "IN WEB") { nodes { name } } others: monitors(types: [CRON]) { nodes { name } }'
        ' alerts(projects: ["web"], search: "regress") { nodes { name } }'
    )

    assert told["named"]["nodes"] == [{"name": "High error rate in web"}]
    assert told["others"]["nodes"] == []
    assert told["alerts"]["nodes"] == [{"name": "Tell the channel about regressions"}]


async def test_pages_of_rules_follow_each_other(known_old):
    """Cursors count the rules of all projects; no page repeats or skips one."""
    names, after = [], "null"
    while after:
        told = await known_old.organization(
            f'alerts(projects: ["web", "api"], first: 2, after: {after})'
            " { nodes { id } pageInfo { hasNextPage endCursor } }"
        )
        page = told["alerts"]
        names += [node["id"] for node in page["nodes"]]
        after = f'"{page["pageInfo"]["endCursor"]}"' if page["pageInfo"]["hasNextPage"] else None

    assert len(names) == len(set(names)) == 6


@pytest.mark.parametrize("field", ["alerts", "monitors"])
async def test_ids_lead_back_on_either_back_end(asker, field):
    """The id of an alert or a monitor is that of its workflow or detector, or says which rule it was."""
    selection = f'{field}(projects: ["web"], first: 100) {{ nodes {{ __typename id sentryId name webUrl }} }}'
    new = await asker.organization(selection)
    disable_workflow_engine(asker.server.faults)
    asker.client.invalidate(["alerts/acme"])
    old = await asker.organization(selection)
    asker.server.faults.clear()
    nodes = [*new[field]["nodes"], *old[field]["nodes"]]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on %s { sentryId name webUrl } } }"

    found = await asker.ask(document % field.capitalize().rstrip("s"), ids=[node["id"] for node in nodes])

    assert (found["nodes"], found.errors) == (nodes, [])
    assert len(found.calls) <= 3


async def test_absent_alert_is_null(asker):
    """An id that Sentry does not know, in either form, is null without an error."""
    ids = [encode_id(kind, asker.acme.id, number) for kind in ("Alert", "Monitor") for number in ("1", "metric-1")]
    ids.append(encode_id("Alert", asker.acme.id, "rule-web-1"))
    ids.append(encode_id("Alert", asker.acme.id, "rule-nowhere-1"))

    told = await asker.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)

    assert (told["nodes"], told.errors) == ([None] * 6, [])


async def test_brownout_of_rules_leads_to_the_newer_form(known_old):
    """A server that was upgraded, and switches rules off for a minute, is asked for workflows, now and later."""
    known_old.server.faults.clear()
    brown_out_legacy_rules(known_old.server.faults)

    first = await known_old.organization(ALERTS_OF_WEB)
    known_old.client.invalidate(["alerts/acme"])
    second = await known_old.organization(ALERTS_OF_WEB)

    assert first.routes == sorted([METRIC_RULES, WORKFLOWS, DETECTORS])
    assert second.routes == [DETECTORS, WORKFLOWS]


async def test_removal_of_rules_leads_to_the_newer_form(known_old):
    """The same for a server that has lost its rules; the list of projects shows that it is not the project."""
    known_old.server.faults.clear()
    disable_legacy_rules(known_old.server.faults)

    first = await known_old.organization(ALERTS_OF_WEB)
    known_old.client.invalidate(["alerts/acme"])
    second = await known_old.organization(ALERTS_OF_WEB)

    refused = [METRIC_RULES, "/projects/{organization}/{project}/rules/", "/organizations/{organization}/projects/"]
    assert first.routes == sorted([*refused, WORKFLOWS, DETECTORS])
    assert second.routes == [DETECTORS, WORKFLOWS]


async def test_old_server_is_asked_anew_after_an_hour(known_old, monkeypatch):
    """A server may be upgraded while its rules still answer; then its alerts are meant."""
    known_old.server.faults.clear()
    later = known_old.services.clock.monotonic() + 3600
    monkeypatch.setattr(known_old.services.organizations.capabilities._lacking, "_now", lambda: later)

    told = await known_old.organization(ALERTS_OF_WEB)

    assert told.routes == [DETECTORS, WORKFLOWS]


async def test_server_with_neither_form_says_so(old):
    """The field is null with its error, and the rest of the answer stands."""
    disable_legacy_rules(old.server.faults)

    told = await old.ask(ASK % "slug alerts { nodes { id } }")

    assert told.data == {"organization": {"slug": "acme", "alerts": None}}
    [error] = told.errors
    assert (error["path"], error["extensions"]["code"]) == (["organization", "alerts"], "FEATURE_NOT_AVAILABLE")


async def test_brownout_without_a_newer_form_says_when_to_come_back(old):
    """A brownout passes: the error can be retried, and is not that the server has no alerts."""
    brown_out_legacy_rules(old.server.faults)

    told = await old.ask(ASK % "alerts { nodes { id } }")

    [error] = told.errors
    assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("UPSTREAM_GONE", True)


async def test_project_that_does_not_exist_is_the_askers_mistake(known_old):
    """A refusal for one project does not mean that the server has no rules."""
    told = await known_old.ask(ASK % 'alerts(projects: ["web", "nowhere"]) { nodes { id } }')

    [error] = told.errors
    assert (error["path"], error["extensions"]["code"]) == (["organization", "alerts"], "BAD_USER_INPUT")
    again = await known_old.organization("monitors(first: 1) { nodes { id } }")
    assert DETECTORS not in again.routes


async def test_refusal_is_no_reason_to_ask_for_the_other_form(asker):
    """Only 404 and 410 tell of the form; whoever may not see alerts may not see rules."""
    asker.server.faults.add(Fault(route="/workflows/", times=None, status=403, body={"detail": "No"}))
    await asker.ask(ASK % "slug")

    told = await asker.ask(ASK % "alerts { nodes { id } }")

    assert [error["extensions"]["code"] for error in told.errors] == ["FORBIDDEN"]
    assert told.routes == [WORKFLOWS]


async def test_all_rules_of_an_old_server_are_one_list(known_old):
    """Without projects, the issue rules of all projects come first and the metric rules after them."""
    told = await known_old.organization("alerts(first: 100) { nodes { name sentryId } }")

    count = len(known_old.acme.projects)
    expected = [*known_old.acme.issue_rules, *known_old.acme.metric_rules]
    assert sorted(node["sentryId"] for node in told["alerts"]["nodes"]) == sorted(one.id for one in expected)
    assert [node["name"].startswith("High") for node in told["alerts"]["nodes"][-count:]] == [True] * count
    assert len(told.calls) == count + 2
