"""Reads over older releases: fields are answered, or name the endpoint that the release lacks."""

import re

import pytest
from graphql import get_named_type, is_abstract_type, is_leaf_type, is_required_argument

from dexter_graphql.sandbox.vintages import Capability
from support.graph import GraphClient


async def test_issue_without_categories_is_an_error(asker, has):
    """Members that a release does not send have a default or are null; no row is lost."""
    answer = await asker.organization(
        "issues(first: 20) { nodes { category issueType priority substatus } totalCount }"
    )

    nodes, capabilities = answer["issues"]["nodes"], [Capability.ISSUE_PRIORITY, Capability.ISSUE_SUBSTATUS]
    assert len(nodes) == 20
    assert [any(node[name] for node in nodes) for name in ("priority", "substatus")] == [
        has(capability) for capability in capabilities
    ]
    if not has(Capability.ISSUE_TYPES):
        assert {(node["category"], node["issueType"]) for node in nodes} == {("ERROR", "error")}


async def test_recommended_event_is_the_latest_where_there_is_none(asker, has):
    """The unknown name is asked for once per host; from then on the latest event costs one call."""
    selection = 'issue(shortId: "%s") { event(which: RECOMMENDED) { eventId } latestEvent { eventId } }'
    first = await asker.organization(selection % "WEB-9")
    second = await asker.organization(selection % "WEB-A")

    is_known = has(Capability.RECOMMENDED_EVENT)
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
    answer = await asker.organization(f'issue(shortId: "WEB-9") {{ event(eventId: "{events[1].id}") {selection} }}')

    assert answer["issue"]["event"] == {
        "eventId": events[1].id,
        "previous": {"eventId": events[0].id},
        "next": {"eventId": events[2].id},
    }


@pytest.mark.parametrize("event", ["0" * 32, None], ids=["missing", "of another issue"])
async def test_event_of_no_such_issue_is_null(asker, event):
    """An event that does not exist, or belongs to another issue of the project, is null without an error."""
    event = event or asker.acme.find_issue("WEB-A").events[0].id

    answer = await asker.organization(f'issue(shortId: "WEB-9") {{ event(eventId: "{event}") {{ eventId }} }}')

    assert answer["issue"] == {"event": None}


async def test_link_to_an_event_leads_to_it(asker):
    """The address of an event's page works in every release."""
    event = asker.acme.find_issue("WEB-9").events[0].id

    answer = await asker.ask(
        "query ($url: String!) { resource(url: $url) { ... on Event { eventId issue { shortId } } } }",
        url=f"https://acme.sentry.io/issues/1000009/events/{event}/",
    )

    assert (answer.errors, answer["resource"]) == ([], {"eventId": event, "issue": {"shortId": "WEB-9"}})


async def test_members_have_roles_and_teams(asker, has):
    """The role of a member and the slugs of the teams are known in every release, roles in teams in newer ones."""
    answer = await asker.organization(
        "members(first: 5) { nodes { email orgRole orgRoleRaw teams { edges { teamRole node { slug } } } } }"
    )

    for node in answer["members"]["nodes"]:
        member = next(member for member in asker.acme.members if member.email == node["email"])
        assert (node["orgRoleRaw"], node["orgRole"]) == (member.org_role, member.org_role.upper())
        assert {edge["node"]["slug"] for edge in node["teams"]["edges"]} == {team.slug for team in member.teams}
        assert any(edge["teamRole"] for edge in node["teams"]["edges"]) is has(Capability.ORGANIZATION_ROLES)


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
        'project(slug: "web") { keys { nodes { label } } members { nodes { name } } settings { __typename } }'
    )

    project = asker.acme.find_project("web")
    assert [key["label"] for key in answer["project"]["keys"]["nodes"]] == [key.label for key in project.keys]
    assert answer["project"]["members"]["nodes"]


ENTRY_POINTS = {
    "Organization": "%s",
    "Project": 'project(slug: "web") %s',
    "Issue": 'issue(shortId: "WEB-9") %s',
    "Event": 'issue(shortId: "WEB-9") { latestEvent %s }',
    "Release": 'release(version: "web@1.8.2") %s',
    "Team": 'team(slug: "web") %s',
    "Member": "members(first: 1) { nodes %s }",
    "Alert": "alerts(first: 2) { nodes %s }",
    "MetricMonitor": "monitors(first: 2) { nodes { ... on MetricMonitor %s } }",
}
"""Type → selection on the organization that leads to an object of it."""


def shallow_selection(graphql_type, depth=1):
    """All fields without required arguments; objects with their leaf fields, two rows of every list."""
    if is_abstract_type(graphql_type):
        return "{ __typename }"
    parts = []
    for name, field in graphql_type.fields.items():
        named = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())) or (depth == 0 and not is_leaf_type(named)):
            continue
        arguments = "(first: 2)" if "first" in field.args else ""
        if is_leaf_type(named):
            parts.append(name)
        elif "nodes" in getattr(named, "fields", {}):
            parts.append(
                f"{name}{arguments} {{ nodes {shallow_selection(get_named_type(named.fields['nodes'].type), 0)} }}"
            )
        else:
            parts.append(f"{name}{arguments} {shallow_selection(named, 0)}")
    return f"{{ {' '.join(parts) or '__typename'} }}"


@pytest.mark.parametrize("typename", ENTRY_POINTS)
async def test_every_field_is_answered_or_names_what_is_missing(asker, typename):
    """No field of an entity fails in a release but for an endpoint that the release lacks, which the error names."""
    selection = ENTRY_POINTS[typename] % shallow_selection(asker.graph.schema.type_map[typename])
    if typename == "Organization":
        selection = selection.removeprefix("{").removesuffix("}")

    answer = await asker.ask(f'{{ organization(slug: "acme") {{ {selection} }} }}')

    assert answer["organization"] is not None
    assert {error["extensions"]["code"] for error in answer.errors} <= {"FEATURE_NOT_AVAILABLE"}
    # Self-hosted releases with the endpoints of Seer refuse them, because they have no Seer.
    errors = [error for error in answer.errors if "refuses Seer" not in error["message"]]
    lacked = {path for error in errors for path in re.findall(r" GET (\S+/)", error["message"])}
    assert bool(lacked) == bool(errors)
    assert not any(map(asker.server.world.vintage.serves, lacked))


@pytest.mark.parametrize("sort", ["LAST_SEEN", "NEW", "FREQUENCY", "USERS", "TRENDS", "RECOMMENDED"])
async def test_sort_orders_work_or_are_not_available(asker, sort, has):
    """A sort order that came with priorities is a missing feature of older releases, not a mistake of the client."""
    answer = await asker.ask(
        f'{{ organization(slug: "acme") {{ issues(first: 3, sort: {sort}) {{ nodes {{ id }} }} }} }}'
    )

    is_missing = sort in {"TRENDS", "RECOMMENDED"} and not has(Capability.ISSUE_PRIORITY)
    assert [error["extensions"]["code"] for error in answer.errors] == ["FEATURE_NOT_AVAILABLE"] * is_missing
    assert all(f"by `{sort.lower()}`" in error["message"] for error in answer.errors)


async def test_filter_by_priority_works_or_is_not_available(asker, has):
    """A search that finds nothing because the release has no priorities says so; one more call finds that out."""
    search = "issues(first: 3, filter: { priorities: [HIGH] }) { nodes { id } }"

    answer = await asker.ask(f'{{ organization(slug: "acme") {{ {search} }} }}')

    is_missing = not has(Capability.ISSUE_PRIORITY)
    assert [error["extensions"]["code"] for error in answer.errors] == ["FEATURE_NOT_AVAILABLE"] * is_missing
    assert answer.routes.count("/organizations/{organization}/issues/") == 1 + is_missing
    assert is_missing or answer["organization"]["issues"]["nodes"]


async def test_organization_is_found_by_its_number(graph, asker, has):
    """Servers that take slugs only list the organizations once, after which number and slug lead to the same."""
    cold = GraphClient(graph, asker.server, asker.server.world.clock)
    answer = await cold.ask('{ organization(slug: "100000") { slug name } }')
    await cold.client.close()

    assert (answer.errors, answer["organization"]) == ([], {"slug": "acme", "name": "Acme"})
    listed = [] if has(Capability.IDS_IN_PATHS) else ["/organizations/"]
    assert answer.routes == [*listed, *["/organizations/{organization}/"] * 2]
