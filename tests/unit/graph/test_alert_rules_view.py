"""Alert rules as a view of alerts and monitors, on servers that have these and on those that have rules."""

import pytest

from dexter_graphql.sandbox.alert_backends import disable_workflow_engine
from support.alerts import DETECTORS, WORKFLOWS, detectors_of_web, workflow

RULES = """
  alertRules(projects: { slug: "web" }, first: 10) { nodes {
    __typename name isEnabled
    ... on IssueAlertRule { frequencySeconds actions { __typename } filters { logic } }
    ... on MetricAlertRule { aggregate timeWindowSeconds conditions { threshold priority } }
  } }
"""


async def rules_of(asker, selection, arguments="first: 100"):
    """The rules of the organization."""
    told = await asker.organization(f"alertRules({arguments}) {{ nodes {{ {selection} }} }}")
    return told["alertRules"]["nodes"], told


async def test_rules_say_the_same_on_both_back_ends(asker):
    """Issue rules come before metric rules, wherever Sentry keeps them."""
    new = await asker.organization(RULES)
    disable_workflow_engine(asker.server.faults)
    asker.client.invalidate(["alerts/acme"])
    old = await asker.organization(RULES)

    assert old.data == new.data
    assert [(rule["__typename"], rule["name"]) for rule in new["alertRules"]["nodes"]] == [
        ("IssueAlertRule", "Notify the owners of new issues"),
        ("IssueAlertRule", "Tell the channel about regressions"),
        ("MetricAlertRule", "High error rate in web"),
    ]


async def test_links_of_all_rules_cost_one_call_each(asker):
    """A rule leads to the alert or the monitor that it is, and a metric rule to its alerts."""
    rules, told = await rules_of(
        asker,
        """__typename ... on IssueAlertRule { sentryId alert { sentryId } }
        ... on MetricAlertRule { sentryId monitor { sentryId }
          alerts { nodes { monitors { nodes { sentryId } } } } }""",
    )

    for rule in rules:
        linked = rule.get("alert") or rule.get("monitor")
        assert linked["sentryId"] == rule["sentryId"]
    metric = [rule for rule in rules if rule["__typename"] == "MetricAlertRule"]
    assert [rule["alerts"]["nodes"][0]["monitors"]["nodes"][0]["sentryId"] for rule in metric] == [
        rule["sentryId"] for rule in metric
    ]
    assert told.routes.count(WORKFLOWS) == 3
    assert told.routes.count(DETECTORS) == 2


async def test_alert_of_two_kinds_of_monitors_is_an_issue_rule(asker):
    """Only alerts of metric monitors alone belong to these; also when another project is asked for."""
    alert = workflow(asker, "Page")
    error = next(one for one in detectors_of_web(asker) if one.type == "error")
    metric_of_others = next(
        one for one in asker.acme.detectors if one.type == "metric_issue" and one.project_id != error.project_id
    )
    names = [rule["name"] for rule in (await rules_of(asker, "name"))[0]]
    alert.detector_ids.append(metric_of_others.id)
    asker.client.invalidate(["alerts/acme"])
    still, _ = await rules_of(asker, "name", 'projects: { slug: "web" }')
    alert.detector_ids.append(error.id)
    asker.client.invalidate(["alerts/acme"])
    changed = [rule["name"] for rule in (await rules_of(asker, "name"))[0]]

    assert alert.name not in [*names, *(rule["name"] for rule in still)]
    assert alert.name in changed


@pytest.mark.parametrize("is_old", [False, True])
async def test_pages_follow_each_other(asker, is_old):
    """A cursor continues the list where it ended, from issue rules to metric rules."""
    if is_old:
        disable_workflow_engine(asker.server.faults)
    rules, _ = await rules_of(asker, "sentryId name")
    names, after = [], ""
    while len(names) < len(rules):
        told = await asker.organization(
            f"alertRules(first: 7{after}) {{ nodes {{ sentryId name }} pageInfo {{ hasNextPage endCursor }} }}"
        )
        names += told["alertRules"]["nodes"]
        after = f', after: "{told["alertRules"]["pageInfo"]["endCursor"]}"'

    assert names == rules
    assert len(rules) > 7
    assert not told["alertRules"]["pageInfo"]["hasNextPage"]
