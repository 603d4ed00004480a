"""Names that restricted callers give: they are looked up among what such a caller may see."""

from dataclasses import replace

import pytest

from dexter_graphql.graph.identity import Reach
from dexter_graphql.sentry.restriction import AccessLevel

ASSIGNED = """query ($user: UserReference!) { organization(slug: "acme") {
  issues(first: 1, filter: { assignees: { user: $user } }) { nodes { id } } } }"""


@pytest.fixture
def triager(asker):
    """A client for a caller who may triage one project."""
    reach = Reach.of(AccessLevel.TRIAGE, frozenset({"acme/web"}))
    asker.identity = replace(asker.identity, reach=reach, is_shared_token=True)
    return asker


def members_of(asker, *, is_own):
    """Users who are in a team of the project, or in none of them."""
    teams = asker.acme.find_project("web").teams
    members = [member for member in asker.acme.members if member.user is not None]
    return [member.user for member in members if any(team in teams for team in member.teams) is is_own]


async def test_members_of_the_project_are_found(triager):
    """By their names, although the list of the organization's members is out of reach."""
    user = members_of(triager, is_own=True)[0]

    for name in ("email", "username"):
        answer = await triager.ask(ASSIGNED, user={name: getattr(user, name)})
        assert answer.errors == []
    by_id = await triager.ask(ASSIGNED, user={"sentryId": user.id})

    assert by_id.errors == []
    assert "/organizations/{organization}/members/" not in {call.route for call in triager.server.requests}


async def test_other_members_are_unknown(triager):
    """A member of other teams is not named, not even as a suggestion."""
    user = members_of(triager, is_own=False)[0]

    answer = await triager.ask(ASSIGNED, user={"email": f"x{user.email}"})

    [error] = answer.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert user.email not in error["message"].replace(f"x{user.email}", "")


async def test_environments_are_those_of_the_project(triager):
    """A filter by environment needs the list of names, which Sentry narrows to projects."""
    answer = await triager.ask(
        """{ organization(slug: "acme") { environments { nodes { name } }
          issues(first: 1, filter: { environments: { name: "production" } }) { nodes { project { slug } } } } }"""
    )

    assert answer.errors == []
    assert answer["organization"]["issues"]["nodes"] == [{"project": {"slug": "web"}}]
    [query] = [dict(query) for query in answer.queries("/organizations/{organization}/environments/")][:1]
    assert query["project"] == triager.acme.find_project("web").id
