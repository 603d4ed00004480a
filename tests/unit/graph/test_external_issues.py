"""External issues of an issue: those that Sentry apps linked, and those of built-in integrations."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.loaders.issues.external_issues import INTEGRATION_PREFIX
from dexter_graphql.sandbox import Fault
from support.issues import DETAIL, find, one, select

APPS, INTEGRATIONS = DETAIL + "external-issues/", DETAIL + "integrations/"
FIELDS = "id sentryId serviceType displayName webUrl"
JSON = {"Content-Type": "application/json"}
PATH = ["organization", "issue", "externalIssues"]


def values_of(ticket):
    return {
        "sentryId": ticket.id,
        "serviceType": ticket.service_type,
        "displayName": ticket.display_name,
        "webUrl": ticket.web_url,
    }


def without_ids(links):
    return [{name: value for name, value in link.items() if name != "id"} for link in links]


async def links_of(asker, issue):
    """The links of an issue, and the paths and codes of the errors."""
    answer = await asker.ask(
        f'{{ organization(slug: "acme") {{ {select(issue, f"externalIssues {{ {FIELDS} }}")} }} }}'
    )
    errors = [(error["path"], error["extensions"]["code"]) for error in answer.errors]
    return answer["organization"]["issue"]["externalIssues"], errors


@pytest.fixture
def issue(asker):
    """An issue with a link of an app and one of an integration, which have the same ID in Sentry."""
    issue = find(
        asker, lambda issue: {bool(ticket.integration_id) for ticket in issue.external_issues} == {True, False}
    )
    app, integration = sorted(issue.external_issues, key=lambda ticket: bool(ticket.integration_id))
    integration.id = app.id
    issue.external_issues = [app, integration]
    return issue


async def test_links_of_apps_and_integrations_are_listed(asker, issue):
    """Each link has the values of its ticket; the lists are one call each."""
    node, answer = await one(asker, issue, f"externalIssues {{ {FIELDS} }}")

    assert answer.errors == []
    assert without_ids(node["externalIssues"]) == [values_of(ticket) for ticket in issue.external_issues]
    assert answer.routes == sorted([DETAIL, APPS, INTEGRATIONS])


async def test_tickets_on_github_are_listed(asker):
    """The largest issue of the incident has one."""
    issue = find(asker, lambda issue: any(ticket.service_type == "github" for ticket in issue.external_issues))

    node, _ = await one(asker, issue, f"externalIssues {{ {FIELDS} }}")

    assert without_ids(node["externalIssues"]) == [values_of(ticket) for ticket in issue.external_issues]
    assert issue.project.slug == "checkout"


async def test_ids_of_both_kinds_are_distinct_and_found_again(asker, issue):
    """Also when Sentry gives a link of an app and one of an integration the same ID."""
    node, _ = await one(asker, issue, f"externalIssues {{ {FIELDS} }}")
    ids = [link["id"] for link in node["externalIssues"]]

    answer = await asker.ask(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on ExternalIssue {{ {FIELDS} }} }} }}", ids=ids
    )

    assert len(set(ids)) == len(issue.external_issues)
    assert (answer.errors, answer["nodes"]) == ([], node["externalIssues"])


async def test_removed_link_of_an_integration_is_null(asker, issue):
    """The ID of a link that its issue no longer has leads to nothing."""
    removed = issue.external_issues.pop()
    link_id = encode_id("ExternalIssue", asker.acme.id, issue.id, INTEGRATION_PREFIX + removed.id)

    answer = await asker.ask("query ($id: ID!) { node(id: $id) { id } }", id=link_id)

    assert (answer.data, answer.errors) == ({"node": None}, [])


async def test_link_of_an_integration_below_a_removed_issue_is_null(asker):
    """Sentry refuses the list of links then."""
    link_id = encode_id("ExternalIssue", asker.acme.id, "1", f"{INTEGRATION_PREFIX}1")

    answer = await asker.ask("query ($id: ID!) { node(id: $id) { id } }", id=link_id)

    assert (answer.data, answer.errors) == ({"node": None}, [])


@pytest.mark.parametrize(("failing", "remaining"), [(APPS, 1), (INTEGRATIONS, 0)])
async def test_failure_of_one_list_leaves_the_other(asker, issue, failing, remaining):
    """The error stands at the field, beside the links of the other list."""
    asker.server.faults.add(Fault(status=403, body={"detail": "No"}, route=failing, times=None))

    links, errors = await links_of(asker, issue)

    assert without_ids(links) == [values_of(issue.external_issues[remaining])]
    assert errors == [(PATH, "FORBIDDEN")]


async def test_failure_of_both_lists_is_one_error(asker, issue):
    """The field is null then."""
    for route in (APPS, INTEGRATIONS):
        asker.server.faults.add(Fault(status=403, body={"detail": "No"}, route=route, times=None))

    links, errors = await links_of(asker, issue)

    assert links is None
    assert errors == [(PATH, "FORBIDDEN")]


async def test_servers_without_the_endpoint_give_the_links_of_apps(asker, issue):
    """A missing route is no error, and is called once for all issues."""
    asker.server.faults.add(Fault(status=404, body=b"", route=INTEGRATIONS, times=None))
    other = find(asker, lambda issue: not issue.external_issues)

    links, errors = await links_of(asker, issue)
    of_other, other_errors = await links_of(asker, other)

    assert (without_ids(links), errors) == ([values_of(issue.external_issues[0])], [])
    assert (of_other, other_errors) == ([], [])
    assert [request.route for request in asker.server.requests].count(INTEGRATIONS) == 1


@pytest.mark.parametrize("part", ["tickets", 7, {"externalIssues": "many"}, {"externalIssues": [7]}], ids=str)
async def test_invalid_parts_cost_themselves(asker, issue, part):
    """An integration, its list or a link that cannot be read is an error beside the other links."""
    link = {"id": "5", "displayName": "A-5", "url": "https://tracker.example/A-5"}
    body = [part, {"provider": {"key": "jira"}, "externalIssues": [link]}]
    asker.server.faults.add(Fault(status=200, body=body, headers=JSON, route=INTEGRATIONS, times=None))

    links, errors = await links_of(asker, issue)

    expected = {"sentryId": "5", "serviceType": "jira", "displayName": "A-5", "webUrl": link["url"]}
    assert without_ids(links) == [values_of(issue.external_issues[0]), expected]
    assert errors == [(PATH, "UPSTREAM_BAD_RESPONSE")]


async def test_links_of_a_list_are_one_call(asker):
    """A list has the links of its issues; those that lack a selected member are listed for their issue alone."""
    linked = [one for one in asker.acme.issues.values() if one.external_issues][:2]
    selection = "nodes { shortId externalIssues { displayName webUrl } }"
    ids = ",".join(one.id for one in linked)
    document = f'issues(filter: {{ search: "issue.id:[{ids}]" }}) {{ {selection} }}'

    answer = await asker.organization(document)

    expected = {
        one.short_id: [{"displayName": ticket.display_name, "webUrl": ticket.web_url} for ticket in one.external_issues]
        for one in linked
    }
    assert {node["shortId"]: node["externalIssues"] for node in answer["issues"]["nodes"]} == expected
    assert answer.routes == ["/organizations/{organization}/issues/"] * 2


async def test_links_without_a_selected_member_are_listed_for_their_issue(asker):
    """The form of the links in lists is not published."""
    linked = [one for one in asker.acme.issues.values() if one.external_issues][:2]
    rows = [{"id": one.id, "sentryAppIssues": [{"id": "1"}], "integrationIssues": []} for one in linked]
    ids = ",".join(one.id for one in linked)
    answer = await asker.organization(f'issues(filter: {{ search: "issue.id:[{ids}]" }}) {{ nodes {{ id }} }}')
    asker.server.faults.add(Fault(route="/issues/", status=200, body=rows))

    answer = await asker.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { externalIssues { displayName } } } }",
        ids=[node["id"] for node in answer["issues"]["nodes"]],
    )

    names = [[ticket.display_name for ticket in one.external_issues] for one in linked]
    assert answer.errors == []
    assert sorted([one["displayName"] for one in node["externalIssues"]] for node in answer["nodes"]) == sorted(names)
