"""Alerts and monitors over releases with rules, with workflows and detectors, and with both."""

from collections import Counter

from dexter_graphql.sandbox.vintages import Capability


def expected_alerts(asker):
    """Project and name of every alert: its workflow where the rule was migrated, otherwise the rule."""
    acme, vintage = asker.acme, asker.server.world.vintage
    slug_of = {project.id: project.slug for project in acme.projects}
    if not vintage.has(Capability.WORKFLOW_ENGINE):
        metric = acme.metric_rules if vintage.has(Capability.METRIC_ALERT_RULES) else []
        return Counter((slug_of[rule.project_id], rule.name) for rule in [*acme.issue_rules, *metric])
    detectors = {detector.id: detector for detector in acme.detectors}
    workflows = {workflow.id for workflow in acme.workflows}
    rules = [rule for rule in acme.issue_rules if rule.workflow_id not in workflows]
    rules += [rule for rule in acme.metric_rules if rule.detector_id not in detectors]
    return Counter(
        [(slug_of[detectors[flow.detector_ids[0]].project_id], flow.name) for flow in acme.workflows]
        + [(slug_of[rule.project_id], rule.name) for rule in rules]
    )


async def test_every_alert_is_listed_once(asker):
    """Workflows and rules are listed, a migrated rule not twice, whole and in pages."""
    selection = "nodes { id name projects { nodes { slug } } } pageInfo { hasNextPage endCursor }"
    whole = (await asker.organization(f"alerts(first: 100) {{ {selection} }}"))["alerts"]["nodes"]
    pages, after = [], ""
    while after is not None:
        page = (await asker.organization(f"alerts(first: 15{after}) {{ {selection} }}"))["alerts"]
        pages += page["nodes"]
        after = f', after: "{page["pageInfo"]["endCursor"]}"' if page["pageInfo"]["hasNextPage"] else None

    assert Counter((node["projects"]["nodes"][0]["slug"], node["name"]) for node in whole) == expected_alerts(asker)
    assert len({node["id"] for node in whole}) == len(whole)
    assert pages == whole


async def test_alerts_of_projects_are_those_of_the_list(asker):
    """Each project has its own alerts, and each is found by its ID."""
    answer = await asker.organization("projects(first: 5) { nodes { slug alerts(first: 20) { nodes { id name } } } }")
    ids = [node["id"] for project in answer["projects"]["nodes"] for node in project["alerts"]["nodes"]]
    found = await asker.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Alert { id } } }", ids=ids)

    expected = expected_alerts(asker)
    for project in answer["projects"]["nodes"]:
        names = Counter(node["name"] for node in project["alerts"]["nodes"])
        assert names == Counter({name: count for (slug, name), count in expected.items() if slug == project["slug"]})
    assert ids
    assert (found.errors, [node["id"] for node in found["nodes"]]) == ([], ids)


async def test_every_metric_monitor_is_listed_once(asker, has):
    """Metric rules are monitors whether they were migrated or not; a release without them lacks monitors."""
    document = '{ organization(slug: "acme") { monitors(first: 100) { nodes { __typename name } } } }'
    answer = await asker.ask(document)

    if not has(Capability.METRIC_ALERT_RULES):
        [error] = answer.errors
        assert error["extensions"]["code"] == "FEATURE_NOT_AVAILABLE"
        assert error["extensions"]["upstream"]["endpoint"] == "GET /organizations/{organization}/detectors/"
    else:
        nodes = answer["organization"]["monitors"]["nodes"]
        names = [node["name"] for node in nodes if node["__typename"] == "MetricMonitor"]
        assert Counter(names) == Counter(rule.name for rule in asker.acme.metric_rules)


async def test_monitors_of_other_types_need_no_rules(asker, has):
    """A list of uptime monitors reads detectors alone."""
    if has(Capability.WORKFLOW_ENGINE):
        answer = await asker.organization("monitors(first: 100, types: [UPTIME]) { nodes { __typename } }")

        assert answer.routes == ["/organizations/{organization}/detectors/"]
        assert {node["__typename"] for node in answer["monitors"]["nodes"]} == {"UptimeMonitor"}
    else:
        answer = await asker.ask(
            '{ organization(slug: "acme") { monitors(first: 5, types: [UPTIME]) { nodes { name } } } }'
        )

        assert answer["organization"]["monitors"] in (None, {"nodes": []})


async def test_alert_and_monitor_of_a_rule_refer_to_each_other(asker, has):
    """The monitors of listed alerts exist, and lead back to them."""
    answer = await asker.organization(
        "alerts(first: 100) { nodes { id"
        " monitors { nodes { ... on MetricMonitor { name alerts { nodes { id } } } } } } }"
    )

    linked = [
        (node["id"], monitor) for node in answer["alerts"]["nodes"] for monitor in node["monitors"]["nodes"] if monitor
    ]
    assert bool(linked) is has(Capability.METRIC_ALERT_RULES)
    assert all({"id": alert_id} in monitor["alerts"]["nodes"] for alert_id, monitor in linked)


async def test_alerts_of_an_unknown_project_are_the_clients_mistake(oldest):
    """A server that has only issue rules does not take a wrong slug for a missing endpoint."""
    answer = await oldest.ask('{ organization(slug: "acme") { alerts(projects: {slug: "nowhere"}) { nodes { id } } } }')

    assert [error["extensions"]["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
