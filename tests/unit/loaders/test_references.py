"""Names of objects: what is looked up, what it costs, and what is sent when a list cannot be read."""

import pytest

from dexter_graphql.graph.context import Context
from dexter_graphql.graph.issues.change_filter import IssueChangeFilter, issue_conditions
from dexter_graphql.graph.issues.filters import AssigneeFilter
from dexter_graphql.loaders import references
from dexter_graphql.loaders.references import did_you_mean
from dexter_graphql.sandbox import Fault

ISSUES = "/organizations/{organization}/issues/"
QUERY = """query ($filter: IssueFilter) { organization(slug: "acme") {
  issues(filter: $filter, first: 1) { totalCount } } }"""
EVERY_KIND = {
    "projects": [{"slug": "web"}, {"sentryId": "101000"}],
    "environments": {"name": "production"},
    "assignees": [{"team": {"slug": "web"}}, {"user": {"sentryId": "1001"}}],
    "releases": {"version": "web@1.8.2"},
}


async def test_names_cost_a_call_for_each_list_and_none_while_they_are_cached(asker):
    """Four lists and a release are read once; other filters with these names then cost the issue list alone."""
    await asker.organization("slug")
    cold = await asker.ask(QUERY, filter=EVERY_KIND)
    warm = await asker.ask(QUERY, filter=EVERY_KIND | {"levels": ["ERROR"]})

    lists = ["environments/", "members/", "projects/", "releases/{version}/", "teams/"]
    assert cold.routes == sorted([ISSUES, *(f"/organizations/{{organization}}/{name}" for name in lists)])
    assert warm.routes == [ISSUES]


async def test_names_of_one_object_are_sent_once(asker):
    """A project that is named twice, by different names, is one parameter: its number."""
    answer = await asker.ask(QUERY, filter=EVERY_KIND)

    [query] = answer.queries(ISSUES)
    assert [value for name, value in query if name == "project"] == ["101000"]
    user = next(member.user for member in asker.acme.members if member.user and member.user.id == "1001")
    assert dict(query)["query"] == f"release:web@1.8.2 assigned:[#web,{user.email}]"


async def test_ids_that_objects_have_refer_to_them(asker):
    """The `id` of every object that a filter can name is the same as one of its other names."""
    answer = await asker.ask(
        """{ organization(slug: "acme") {
          project(slug: "web") { id environments(first: 1) { nodes { id name } } }
          environments(first: 1) { nodes { id name } }
          team(slug: "web") { id } release(version: "web@1.8.2") { id }
          members(first: 1) { nodes { user { id email } } }
        } }"""
    )
    acme = answer["organization"]
    [user] = [node["user"] for node in acme["members"]["nodes"]]
    environments = [*acme["environments"]["nodes"], *acme["project"]["environments"]["nodes"]]
    by_id = {
        "projects": {"id": acme["project"]["id"]},
        "environments": [{"id": node["id"]} for node in environments],
        "assignees": [{"team": {"id": acme["team"]["id"]}}, {"user": {"id": user["id"]}}],
        "releases": {"id": acme["release"]["id"]},
    }
    by_name = {
        "projects": {"slug": "web"},
        "environments": [{"name": node["name"]} for node in environments],
        "assignees": [{"team": {"slug": "web"}}, {"user": {"email": user["email"]}}],
        "releases": {"version": "web@1.8.2"},
    }

    answers = [await asker.ask(QUERY, filter=condition) for condition in (by_name, by_id)]

    assert [one.errors for one in answers] == [[], []]
    assert len(answers[0].queries(ISSUES)) == 1
    assert answers[1].calls == []


@pytest.mark.parametrize(
    ("route", "condition", "sent"),
    [
        ("/projects/", {"projects": {"slug": "wbe"}}, ("project", "wbe")),
        ("/environments/", {"environments": {"name": "prodution"}}, ("environment", "prodution")),
        ("/teams/", {"assignees": {"team": {"slug": "wbe"}}}, ("query", "assigned:#wbe")),
        ("/members/", {"assignees": {"user": {"email": "ada@x.example"}}}, ("query", "assigned:ada@x.example")),
        ("/releases/", {"releases": {"version": "no@1"}}, ("query", "release:no@1")),
    ],
)
async def test_list_that_may_not_be_read_checks_nothing(asker, route, condition, sent):
    """A token without the right to read a list sends names as they are; Sentry decides."""
    asker.server.faults.add(Fault(route=route, status=403, body={"detail": "Not you."}, times=None))

    answer = await asker.ask(QUERY, filter=condition)

    assert sent in answer.queries(ISSUES)[0]


async def test_number_needs_the_list(asker):
    """A search for a team by its number needs its slug: without the list, the refusal is the error."""
    asker.server.faults.add(Fault(route="/teams/", status=403, body={"detail": "Not you."}, times=None))

    answer = await asker.ask(QUERY, filter={"assignees": {"team": {"sentryId": "1"}}})

    assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"]


async def test_failure_of_a_list_is_the_failure_of_the_field(asker):
    """An answer without rows is not returned for a name that could not be checked."""
    asker.server.faults.add(Fault(route="/projects/", status=503, times=None))

    answer = await asker.ask(QUERY, filter={"projects": {"slug": "wbe"}})

    assert [error["extensions"]["code"] for error in answer.errors] == ["UPSTREAM_UNAVAILABLE"]


async def test_name_beyond_the_read_rows_is_sent_as_it_is(asker, monkeypatch):
    """In an organization with more projects than are read, an unknown slug may be one of the others."""
    monkeypatch.setattr(references, "MAX_ROWS", 2)

    answer = await asker.ask(QUERY, filter={"projects": {"slug": asker.acme.projects[-1].slug}})

    assert answer.errors == []
    assert ("project", asker.acme.projects[-1].slug) in answer.queries(ISSUES)[0]


async def test_name_beside_a_row_that_cannot_be_read_is_sent_as_it_is(asker):
    """The row may be that of the name."""
    asker.server.faults.add(Fault(route="/projects/", status=200, body=[{"id": "1", "slug": {}}], times=None))

    answer = await asker.ask(QUERY, filter={"projects": {"slug": "wbe"}})

    assert ("project", "wbe") in answer.queries(ISSUES)[0]


async def test_object_of_another_organization_is_refused(asker):
    """A global ID names its organization."""
    document = '{ organization(slug: "globex") { projects(first: 1) { nodes { id } } } }'
    [node] = (await asker.ask(document))["organization"]["projects"]["nodes"]

    answer = await asker.ask(QUERY, filter={"projects": {"id": node["id"]}})

    [error] = answer.errors
    assert "does not belong to organization 'acme'" in error["message"]


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("wbe", ". Did you mean 'web'?"),
        ("WEB", ". Did you mean 'web'?"),
        ("chekout-apo", ". Did you mean 'checkout-app' or 'checkout-api'?"),
        ("quite different", ""),
    ],
)
def test_similar_names_are_suggested(name, suggestion):
    """The most similar first, whatever the case; none when nothing is similar."""
    assert did_you_mean(name, ["web", "checkout-app", "checkout-api", "mobile"]) == suggestion


async def test_assignees_of_the_caller_are_those_of_the_token(asker):
    """`me` and `myTeams` of a stream are the user and the teams of the subscriber's own token."""
    context = Context(asker.services, asker.identity, "request")
    organization = await asker.services.organizations.find(context.call_context, "acme")
    value = IssueChangeFilter(assignees=[AssigneeFilter(me=True), AssigneeFilter(my_teams=True)])

    load_context = context.loaders.load_context("", operation=context)
    conditions = await issue_conditions(value, [organization], load_context)
    await context.close()

    teams = next(member.teams for member in asker.acme.members if member.user and member.user.id == "1001")
    assert conditions[organization].assignees == {"user:1001", *(f"team:{team.id}" for team in teams)}
