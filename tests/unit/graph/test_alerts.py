"""Alerts and monitors of projects and issues, their links, and the number of calls."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from support.alerts import (
    ALERTS_OF_WEB,
    ASK,
    DETECTORS,
    LINKS,
    PROJECTS,
    WORKFLOWS,
    detectors_of_web,
    web,
    workflow,
)


async def test_alerts_of_a_project_cost_two_calls(asker):
    """One list of workflows, and one of the detectors that all of them name."""
    await asker.read_names()
    told = await asker.organization(ALERTS_OF_WEB)

    assert told.routes == [DETECTORS, WORKFLOWS]
    assert told.queries(WORKFLOWS) == [[("sortBy", "id"), ("project", "web"), ("per_page", "50")]]
    found = [
        (node["name"], node["isEnabled"], [one["__typename"] for one in node["actions"]], node["monitors"]["nodes"])
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


async def test_single_project_asks_for_its_own_alerts_alone(asker):
    """One list, no longer than asked for."""
    told = await asker.organization('project(slug: "web") { alerts(first: 1) { nodes { name } } }')

    assert told.queries(WORKFLOWS) == [[("sortBy", "id"), ("project", web(asker).id), ("per_page", "1")]]
    assert told.routes == [PROJECTS, WORKFLOWS]


async def test_alerts_of_issues_are_those_of_their_projects(asker):
    """Two calls for all issues of a list; issues of one project share their alerts, for one call."""
    await asker.read_names()
    many = await asker.organization("issues(first: 10) { nodes { shortId project { alerts { nodes { name } } } } }")
    one = await asker.organization(
        'issues(filter: {projects: {slug: "web"}}, first: 10) { nodes { project { slug alerts { nodes { name } } } } }'
    )

    issues = "/organizations/{organization}/issues/"
    assert many.routes == [DETECTORS, issues, WORKFLOWS]
    assert all(len(node["project"]["alerts"]["nodes"]) == 3 for node in many["issues"]["nodes"])
    assert one.routes == [issues, WORKFLOWS]
    assert {node["project"]["slug"] for node in one["issues"]["nodes"]} == {"web"}


async def test_monitors_and_alerts_lead_to_each_other(asker):
    """Every alert of a monitor names the monitor; links of all rows of a level share one call."""
    told = await asker.organization(LINKS)

    nodes = told["monitors"]["nodes"]
    assert sum(len(node["alerts"]["nodes"]) for node in nodes) == 3
    for node in nodes:
        assert node["project"] == {"slug": "web"}
        assert node["latestIssue"]["shortId"].startswith("WEB-")
        for alert in node["alerts"]["nodes"]:
            assert {"id": node["id"]} in alert["monitors"]["nodes"]
            assert alert["projects"]["nodes"] == [{"slug": "web"}]
    assert told.routes.count(WORKFLOWS) == 1
    assert told.routes.count(DETECTORS) == 2


async def test_lists_are_narrowed_by_text_and_type(asker):
    """Both become the search that detectors understand."""
    told = await asker.organization(
        'monitors(projects: [{slug: "web"}, {slug: "api"}], types: [UPTIME, METRIC], nameContains: "web")'
        " { nodes { __typename } }"
        ' alerts(nameContains: "pile up", first: 3) { nodes { name } }'
    )

    assert dict(told.queries(DETECTORS)[0])["query"] == "type:[uptime_domain_failure,metric_issue] web"
    assert dict(told.queries(WORKFLOWS)[0])["query"] == "pile up"
    assert all("pile up" in node["name"] for node in told["alerts"]["nodes"])


async def test_absent_alert_is_null(asker):
    """An id that Sentry does not know, in either form, is null without an error."""
    ids = [encode_id(kind, asker.acme.id, number) for kind in ("Alert", "Monitor") for number in ("1", "metric-1")]
    ids.append(encode_id("Alert", asker.acme.id, "rule-web-1"))
    ids.append(encode_id("Alert", asker.acme.id, "rule-nowhere-1"))

    told = await asker.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)

    assert (told["nodes"], told.errors) == ([None] * 6, [])


async def test_alert_and_monitor_by_number(asker):
    """The number of Sentry's API finds an alert or a monitor with one call each; other numbers find nothing."""
    alert, detector = workflow(asker, "Page"), detectors_of_web(asker)[0]

    told = await asker.organization(
        f'alert(reference: {{ sentryId: "{alert.id}" }}) {{ name }}'
        f' monitor(reference: {{ sentryId: "{detector.id}" }}) {{ name }}'
        ' none: alert(reference: { sentryId: "1" }) { name } nothing: monitor(reference: { sentryId: "1" }) { name }'
    )

    assert told.data == {
        "alert": {"name": alert.name}, "monitor": {"name": detector.name}, "none": None, "nothing": None,
    }  # fmt: skip
    assert told.routes == sorted([WORKFLOWS, DETECTORS])


async def test_rules_by_number(known_old):
    """Where there are only rules, the number is that of an issue rule, else of a metric rule."""
    issue_rule, metric_rule = known_old.acme.issue_rules[0], known_old.acme.metric_rules[0]
    issue_number, number = issue_rule.id, metric_rule.id

    told = await known_old.organization(
        f"""issue: alert(reference: {{ sentryId: "{issue_number}" }}) {{ sentryId name }}
        metric: alert(reference: {{ sentryId: "{number}" }}) {{ name monitors {{ nodes {{ sentryId }} }} }}
        monitor(reference: {{ sentryId: "{number}" }}) {{ sentryId name }}
        none: alert(reference: {{ sentryId: "1" }}) {{ name }}"""
    )

    assert told.data == {
        "issue": {"sentryId": issue_number, "name": issue_rule.name},
        "metric": {"name": metric_rule.name, "monitors": {"nodes": [{"sentryId": number}]}},
        "monitor": {"sentryId": number, "name": metric_rule.name},
        "none": None,
    }


@pytest.mark.parametrize(
    "selection", ['alert(reference: { sentryId: "x y" }) { id }', 'monitor(reference: { sentryId: "metric-1" }) { id }']
)
async def test_number_of_another_form_is_refused(asker, selection):
    """A text that is no number of Sentry costs no call."""
    told = await asker.ask(ASK % selection)

    [error] = told.errors
    argument = ["reference", "sentryId"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", argument)
    assert {call.route for call in told.calls} <= {"/organizations/", "/organizations/{organization}/"}


async def test_rules_have_one_order(known_old):
    """Servers with alert rules refuse another order than that of IDs, with the name of the argument."""
    told = await known_old.ask(ASK % "alerts(sort: NAME) { nodes { id } } monitors(sort: TYPE) { nodes { id } }")

    found = [(error["extensions"]["code"], error["extensions"]["argument"]) for error in told.errors]
    assert found == [("BAD_USER_INPUT", ["sort"])] * 2
