"""Alerts on servers with workflows, with alert rules, with both and with neither."""

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.alert_backends import brown_out_legacy_rules, disable_legacy_rules, disable_workflow_engine
from support.alerts import ALERTS_OF_WEB, ASK, DETECTORS, LINKS, PROJECTS, WORKFLOWS

RULES = "/projects/{organization}/{project}/rules/"


METRIC_RULES = "/organizations/{organization}/alert-rules/"


async def test_old_server_costs_as_much_once_it_is_known(old):
    """The first question finds out with one refused call; the second asks for rules alone, and for nothing again."""
    await old.read_names()
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
            node["monitors"]["nodes"],
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
    name frequencySeconds isEnabled environment owner { __typename } createdBy { email } projects { nodes { slug } }
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
    new = await asker.organization(f'alerts(projects: [{{ slug: "web" }}], first: 2) {{ {SAME} }}')
    disable_workflow_engine(asker.server.faults)
    asker.client.invalidate(["alerts/acme"])

    old = await asker.organization(f'alerts(projects: [{{ slug: "web" }}], first: 2) {{ {SAME} }}')

    assert old.data == new.data
    assert [node["frequencySeconds"] for node in old["alerts"]["nodes"]] == [1800, 1800]
    assert old["alerts"]["nodes"][1]["actions"][0] == {
        "type": "slack",
        "status": "ACTIVE",
        "channel": "#alerts",
        "channelId": "C0ALERTS",
        "tags": ["environment", "level"],
        "notes": None,
        "integration": {"provider": {"key": "slack"}},
    }


async def test_projects_of_an_old_server_cost_one_call_each(known_old):
    """Issue rules stand below their projects; metric rules are one list, and so are the slugs that rules know."""
    told = await known_old.organization(
        "projects(first: 4) { nodes { slug alerts { nodes { name projects { nodes { slug } } } } } }"
    )

    assert sorted(set(told.routes)) == sorted([METRIC_RULES, PROJECTS, RULES])
    assert told.routes.count(RULES) == 4
    assert told.routes.count(METRIC_RULES) == 1
    for node in told["projects"]["nodes"]:
        assert len(node["alerts"]["nodes"]) == 3
        assert {one["slug"] for alert in node["alerts"]["nodes"] for one in alert["projects"]["nodes"]} == {
            node["slug"]
        }


async def test_monitors_and_alerts_of_rules_lead_to_each_other(known_old):
    """What one metric rule was made into belongs together, for no further call."""
    await known_old.read_names()
    told = await known_old.organization(LINKS)

    [node] = told["monitors"]["nodes"]
    assert node["alerts"]["nodes"] == [
        {
            "name": "High error rate in web",
            "monitors": {"nodes": [{"id": node["id"]}]},
            "projects": {"nodes": [{"slug": "web"}]},
        }
    ]
    assert told.routes == sorted([METRIC_RULES, PROJECTS])


async def test_lists_of_rules_are_narrowed_here(known_old):
    """Rules cannot be searched for at Sentry; types that they do not tell of are not asked for."""
    told = await known_old.organization(
        'named: monitors(nameContains: "IN WEB") { nodes { name } } others: monitors(types: [CRON]) { nodes { name } }'
        ' alerts(projects: [{ slug: "web" }], nameContains: "regress") { nodes { name } }'
    )

    assert told["named"]["nodes"] == [{"name": "High error rate in web"}]
    assert told["others"]["nodes"] == []
    assert told["alerts"]["nodes"] == [{"name": "Tell the channel about regressions"}]


async def test_pages_of_rules_follow_each_other(known_old):
    """Cursors count the rules of all projects; no page repeats or skips one."""
    names, after = [], "null"
    while after:
        told = await known_old.organization(
            f'alerts(projects: [{{ slug: "web" }}, {{ slug: "api" }}], first: 2, after: {after})'
            " { nodes { id } pageInfo { hasNextPage endCursor } }"
        )
        page = told["alerts"]
        names += [node["id"] for node in page["nodes"]]
        after = f'"{page["pageInfo"]["endCursor"]}"' if page["pageInfo"]["hasNextPage"] else None

    assert len(names) == len(set(names)) == 6


@pytest.mark.parametrize("field", ["alerts", "monitors"])
async def test_ids_lead_back_on_either_back_end(asker, field):
    """The id of an alert or a monitor is that of its workflow or detector, or says which rule it was."""
    selection = f'{field}(projects: {{ slug: "web" }}, first: 100) {{ nodes {{ __typename id sentryId name webUrl }} }}'
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


async def test_brownout_of_rules_leads_to_the_newer_form(known_old):
    """A server that was upgraded, and switches rules off for a minute, is asked for workflows, now and later."""
    known_old.server.faults.clear()
    brown_out_legacy_rules(known_old.server.faults)
    await known_old.read_names()

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
    await known_old.read_names()
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
    told = await known_old.ask(ASK % 'alerts(projects: [{ slug: "web" }, { slug: "nowhere" }]) { nodes { id } }')

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
