"""Answers of the graph over releases of Sentry that lack or ignore what sentry.io does."""

from collections import Counter

import pytest

from dexter_graphql.sandbox import Vintage
from dexter_graphql.sandbox.vintages import Capability
from support.graph import asking_release

NO_PRIORITY = {
    "field": ["priority"],
    "message": "This release of Sentry has no priorities of issues; the priority was not changed",
    "code": "FEATURE_NOT_AVAILABLE",
}
NOT_UNTIL_ESCALATING = {
    "field": ["until"],
    "message": "This release of Sentry cannot archive an issue until it escalates; it was archived permanently",
    "code": "FEATURE_NOT_AVAILABLE",
}
RESULTS = "results { issue { sentryId status } userErrors { field message code } } unmatched"


@pytest.fixture(params=list(Vintage), ids=str)
async def asker(graph, request):
    """The graph over each imitated release."""
    async with asking_release(graph, request.param) as asker:
        yield asker


@pytest.fixture
async def oldest(graph):
    """The graph over the oldest imitated release."""
    async with asking_release(graph, Vintage.V20_12) as asker:
        yield asker


def has(asker, capability):
    return asker.server.world.vintage.has(capability)


async def issue_ids(asker, count):
    answer = await asker.organization(f"issues(first: {count}) {{ nodes {{ id }} }}")
    return [node["id"] for node in answer["issues"]["nodes"]]


async def change(asker, mutation, ids, arguments):
    """The payload of a bulk mutation."""
    answer = await asker.ask(
        f"mutation ($ids: [ID!]!) {{ {mutation}(input: {{ issues: {{ ids: $ids }} {arguments} }}) {{ {RESULTS} }} }}",
        ids=ids,
    )
    assert answer.errors == []
    return answer[mutation]


@pytest.mark.parametrize("count", [1, 2])
async def test_ignored_priority_is_a_user_error(asker, count):
    """A release without priorities answers 200; the payload says what it lacks, for one issue and for several."""
    ids = await issue_ids(asker, count)

    payload = await change(asker, "setIssuePriority", ids, "priority: LOW")

    refusals = [] if has(asker, Capability.ISSUE_PRIORITY) else [NO_PRIORITY]
    assert [result["userErrors"] for result in payload["results"]] == [refusals] * count
    assert payload["unmatched"] == []


@pytest.mark.parametrize("count", [1, 2])
async def test_archive_until_escalating_is_a_user_error_where_it_is_permanent(asker, count):
    """A release without substatus archives all the same, permanently, and the payload says so."""
    ids = await issue_ids(asker, count)

    payload = await change(asker, "archiveIssues", ids, "until: { escalating: true }")

    refusals = [] if has(asker, Capability.ISSUE_SUBSTATUS) else [NOT_UNTIL_ESCALATING]
    assert [result["userErrors"] for result in payload["results"]] == [refusals] * count
    assert [result["issue"]["status"] for result in payload["results"]] == ["ARCHIVED"] * count


@pytest.mark.parametrize("until", ["forever: true", "seconds: 3600", "events: { count: 10 }"])
async def test_other_ways_to_archive_work_everywhere(oldest, until):
    """The oldest release archives permanently and until a condition is met."""
    payload = await change(oldest, "archiveIssues", await issue_ids(oldest, 2), f"until: {{ {until} }}")

    assert [result["userErrors"] for result in payload["results"]] == [[], []]


async def test_update_applies_what_the_release_has(oldest):
    """The assignee is removed although the priority is ignored; only the latter is an error."""
    [issue_id] = await issue_ids(oldest, 1)

    answer = await oldest.ask(
        "mutation ($id: ID!) { updateIssue(input: { id: $id, priority: HIGH, assignee: { nobody: true } })"
        " { issue { assignee { __typename } } userErrors { field message code } } }",
        id=issue_id,
    )

    assert answer.errors == []
    assert answer["updateIssue"] == {"issue": {"assignee": None}, "userErrors": [NO_PRIORITY]}


@pytest.mark.parametrize(
    ("mutation", "arguments", "kinds"),
    [("setIssuePriority", "priority: LOW", []), ("archiveIssues", "", ["ARCHIVED"])],
)
async def test_only_changes_are_published(oldest, mutation, arguments, kinds):
    """An update without any effect is no change; one with another effect is."""
    [issue_id] = await issue_ids(oldest, 1)
    subscription = 'subscription { issueChanged(organization: "acme") { change { kind } } }'
    async with oldest.following(subscription) as items:
        await change(oldest, mutation, [issue_id], arguments)
        await change(oldest, "unresolveIssues", [issue_id], "")

        received = [(await items.next())["data"]["issueChanged"]["change"]["kind"] for _ in (*kinds, "UNRESOLVED")]

    assert received == [*kinds, "UNRESOLVED"]


async def test_issue_without_categories_is_an_error(asker):
    """Members that a release does not send have a default or are null; no row is lost."""
    answer = await asker.organization(
        "issues(first: 20) { nodes { category issueType priority substatus } totalCount }"
    )

    nodes, capabilities = answer["issues"]["nodes"], [Capability.ISSUE_PRIORITY, Capability.ISSUE_SUBSTATUS]
    assert len(nodes) == 20
    assert [any(node[name] for node in nodes) for name in ("priority", "substatus")] == [
        has(asker, capability) for capability in capabilities
    ]
    if not has(asker, Capability.ISSUE_TYPES):
        assert {(node["category"], node["issueType"]) for node in nodes} == {("ERROR", "error")}


async def test_recommended_event_is_the_latest_where_there_is_none(asker):
    """The unknown name is asked for once per host; from then on the latest event costs one call."""
    selection = 'issue(shortId: "%s") { event(which: RECOMMENDED) { eventId } latestEvent { eventId } }'
    first = await asker.organization(selection % "WEB-9")
    second = await asker.organization(selection % "WEB-A")

    is_known = has(asker, Capability.RECOMMENDED_EVENT)
    for answer in (first, second):
        issue = answer["issue"]
        assert issue["event"] is not None
        assert is_known or issue["event"] == issue["latestEvent"]
    assert [call.path.rsplit("/", 2)[1] for call in second.calls if "/events/" in call.path] == (
        ["recommended", "latest"] if is_known else ["latest"]
    )


async def test_event_by_id_comes_through_its_project(asker):
    """An event of an issue and its neighbours are found by ID in every release."""
    events = asker.acme.find_issue("WEB-9").events
    selection = "{ eventId previous { eventId } next { eventId } }"
    answer = await asker.organization(f'issue(shortId: "WEB-9") {{ event(id: "{events[1].id}") {selection} }}')

    assert answer["issue"]["event"] == {
        "eventId": events[1].id,
        "previous": {"eventId": events[0].id},
        "next": {"eventId": events[2].id},
    }


@pytest.mark.parametrize("event", ["0" * 32, None], ids=["missing", "of another issue"])
async def test_event_of_no_such_issue_is_null(asker, event):
    """An event that does not exist, or belongs to another issue of the project, is null without an error."""
    event = event or asker.acme.find_issue("WEB-A").events[0].id

    answer = await asker.organization(f'issue(shortId: "WEB-9") {{ event(id: "{event}") {{ eventId }} }}')

    assert answer["issue"] == {"event": None}


async def test_link_to_an_event_leads_to_it(asker):
    """The address of an event's page works in every release."""
    event = asker.acme.find_issue("WEB-9").events[0].id

    answer = await asker.ask(
        "query ($url: String!) { resource(url: $url) { ... on Event { eventId issue { shortId } } } }",
        url=f"https://acme.sentry.io/issues/1000009/events/{event}/",
    )

    assert (answer.errors, answer["resource"]) == ([], {"eventId": event, "issue": {"shortId": "WEB-9"}})


async def test_members_have_roles_and_teams(asker):
    """The role of a member and the slugs of the teams are known in every release, roles in teams in newer ones."""
    answer = await asker.organization("members(first: 5) { nodes { email orgRole orgRoleRaw teams { slug role } } }")

    for node in answer["members"]["nodes"]:
        member = next(member for member in asker.acme.members if member.email == node["email"])
        assert (node["orgRoleRaw"], node["orgRole"]) == (member.org_role, member.org_role.upper())
        assert {team["slug"] for team in node["teams"]} == {team.slug for team in member.teams}
        assert any(team["role"] for team in node["teams"]) is has(asker, Capability.ORGANIZATION_ROLES)


async def test_users_are_found_where_their_search_is_unknown(asker):
    """Assignees are complete, and their membership is there, by the list of members where the search finds nothing."""
    answer = await asker.organization(
        "issues(first: 20) { nodes { assignee { ... on User { email isActive member { orgRole } } } } }"
    )

    users = [node["assignee"] for node in answer["issues"]["nodes"] if (node["assignee"] or {}).get("email")]
    assert users
    assert all(user["isActive"] is True and user["member"]["orgRole"] for user in users)


async def test_lists_of_a_project_are_reached_by_its_slug(asker):
    """Client keys, members and settings, whose paths name the project, work in every release."""
    answer = await asker.organization(
        'project(slug: "web") { keys { label } members { name } settings { __typename } }'
    )

    project = asker.acme.find_project("web")
    assert [key["label"] for key in answer["project"]["keys"]] == [key.label for key in project.keys]
    assert answer["project"]["members"]


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
    selection = "nodes { id name projects { slug } } pageInfo { hasNextPage endCursor }"
    whole = (await asker.organization(f"alerts(first: 100) {{ {selection} }}"))["alerts"]["nodes"]
    pages, after = [], ""
    while after is not None:
        page = (await asker.organization(f"alerts(first: 15{after}) {{ {selection} }}"))["alerts"]
        pages += page["nodes"]
        after = f', after: "{page["pageInfo"]["endCursor"]}"' if page["pageInfo"]["hasNextPage"] else None

    assert Counter((node["projects"][0]["slug"], node["name"]) for node in whole) == expected_alerts(asker)
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


async def test_every_metric_monitor_is_listed_once(asker):
    """Metric rules are monitors whether they were migrated or not; a release without them lacks monitors."""
    document = '{ organization(slug: "acme") { monitors(first: 100) { nodes { __typename name } } } }'
    answer = await asker.ask(document)

    if not has(asker, Capability.METRIC_ALERT_RULES):
        [error] = answer.errors
        assert error["extensions"]["code"] == "FEATURE_NOT_AVAILABLE"
        assert error["extensions"]["upstream"]["endpoint"] == "GET /organizations/{organization}/detectors/"
    else:
        nodes = answer["organization"]["monitors"]["nodes"]
        names = [node["name"] for node in nodes if node["__typename"] == "MetricMonitor"]
        assert Counter(names) == Counter(rule.name for rule in asker.acme.metric_rules)


async def test_monitors_of_other_types_need_no_rules(asker):
    """A list of uptime monitors reads detectors alone."""
    if has(asker, Capability.WORKFLOW_ENGINE):
        answer = await asker.organization("monitors(first: 100, types: [UPTIME]) { nodes { __typename } }")

        assert answer.routes == ["/organizations/{organization}/detectors/"]
        assert {node["__typename"] for node in answer["monitors"]["nodes"]} == {"UptimeMonitor"}
    else:
        answer = await asker.ask(
            '{ organization(slug: "acme") { monitors(first: 5, types: [UPTIME]) { nodes { name } } } }'
        )

        assert answer["organization"]["monitors"] in (None, {"nodes": []})


async def test_alert_and_monitor_of_a_rule_refer_to_each_other(asker):
    """The monitors of listed alerts exist, and lead back to them."""
    answer = await asker.organization(
        "alerts(first: 100) { nodes { id monitors { ... on MetricMonitor { name alerts { id } } } } }"
    )

    linked = [(node["id"], monitor) for node in answer["alerts"]["nodes"] for monitor in node["monitors"] if monitor]
    assert bool(linked) is has(asker, Capability.METRIC_ALERT_RULES)
    assert all({"id": alert_id} in monitor["alerts"] for alert_id, monitor in linked)


async def test_alerts_of_an_unknown_project_are_the_clients_mistake(graph):
    """A server that has only issue rules does not take a wrong slug for a missing endpoint."""
    async with asking_release(graph, Vintage.V20_12) as asker:
        answer = await asker.ask('{ organization(slug: "acme") { alerts(projects: ["nowhere"]) { nodes { id } } } }')

    assert [error["extensions"]["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
