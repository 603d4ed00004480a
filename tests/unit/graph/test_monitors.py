"""The types of monitors."""

import pytest

from dexter_graphql.sandbox.alert_backends import disable_workflow_engine
from support.alerts import DETECTORS, METRIC, PROJECTS, detectors_of_web


async def test_metric_monitors_say_the_same_on_both_back_ends(asker):
    """Windows are seconds, although rules have minutes; thresholds and priorities are those of the triggers."""
    selection = f'monitors(projects: [{{ slug: "web" }}], types: [METRIC]) {{ {METRIC} }}'
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
        'monitors(projects: [{ slug: "web" }], types: [METRIC]) { nodes {'
        " ... on MetricMonitor { aggregate timeWindowSeconds } } }"
    )

    assert told["monitors"]["nodes"] == [{"aggregate": "p95()", "timeWindowSeconds": 300}]


async def test_detector_without_sources_or_conditions_is_read(asker):
    """Both may be null."""
    detector = next(one for one in detectors_of_web(asker) if one.type == "metric_issue")
    detector.data_sources, detector.condition_group = [], None

    told = await asker.organization(
        'monitors(projects: [{ slug: "web" }], types: [METRIC]) { nodes { name ... on MetricMonitor { aggregate'
        " conditions { threshold } } } }"
    )

    assert told["monitors"]["nodes"] == [{"name": detector.name, "aggregate": None, "conditions": None}]


async def test_each_type_of_detector_has_its_own_members(asker):
    """Uptime and cron monitors tell what they watch, and all of them lead to project, alerts and newest issue."""
    detector = detectors_of_web(asker)[0]
    detector.type = "slow_query"
    detector.config = {"threshold": 3}

    told = await asker.organization(
        'monitors(projects: [{ slug: "web" }], first: 100) { nodes { __typename type sentryId'
        " ... on UptimeMonitor { url method intervalSeconds timeoutSeconds downtimeThreshold recoveryThreshold }"
        " ... on CronMonitor { checkInSlug } ... on UnknownMonitor { data } } }"
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
    assert nodes["CronMonitor"]["checkInSlug"] in {one.slug for one in asker.acme.monitors}


async def test_monitors_of_all_projects_are_one_list(asker):
    """Each project gets its own part of it."""
    told = await asker.organization("projects(first: 20) { nodes { slug sentryId monitors { nodes { sentryId } } } }")

    assert told.routes == [DETECTORS, PROJECTS]
    for node in told["projects"]["nodes"]:
        expected = sorted((one.id for one in asker.acme.detectors if one.project_id == node["sentryId"]), key=int)
        assert [one["sentryId"] for one in node["monitors"]["nodes"]] == expected


async def test_conditions_are_in_the_order_of_their_ids(asker):
    """Sentry returns conditions in any order; the graph returns them in that of their creation."""
    monitor = next(one for one in asker.acme.detectors if one.type == "metric_issue")
    monitor.condition_group["conditions"] = monitor.condition_group["conditions"][::-1]

    answer = await asker.organization(
        "monitors(types: METRIC, first: 1) { nodes { ... on MetricMonitor { conditions { conditionId } } } }"
    )

    [node] = answer["monitors"]["nodes"]
    numbers = [int(condition["conditionId"]) for condition in node["conditions"]]
    assert numbers == sorted(int(one["id"]) for one in monitor.condition_group["conditions"])
