"""Users and teams that other objects embed: what is embedded stays, and a team is never read as a user."""

import pytest

from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.serializers.actors import serialize_user
from dexter_graphql.sandbox.serializers.issues import serialize_issue

ORGANIZATION = "/organizations/{organization}/"
MEMBERS, TEAMS = ORGANIZATION + "members/", ORGANIZATION + "teams/"
ISSUE = ORGANIZATION + "issues/{issue}/"
COMMITS = ORGANIZATION + "releases/{version}/commits/"
ISSUE_ACTORS = {
    "assignee": "... on User {{ sentryId name email {more} }}",
    "participants": "nodes {{ sentryId name email {more} }}",
    "seenBy": "nodes {{ sentryId name email {more} }}",
    "activity(first: 50)": "nodes {{ actor {{ sentryId name email {more} }} }}",
}
MORE = "isSuspended joinedAt member { email }"


@pytest.fixture
def issue(asker):
    """An issue that is assigned to a user, with participants, activity and comments."""
    return max(
        (issue for issue in asker.acme.issues.values() if issue.assignee and issue.assignee.user),
        key=lambda issue: (bool(issue.comments), len(issue.subscribers), len(issue.seen_by)),
    )


def users_in(value):
    """All users in an answer."""
    if isinstance(value, list):
        return [user for item in value for user in users_in(item)]
    if not isinstance(value, dict):
        return []
    return [value] if "sentryId" in value else [user for item in value.values() for user in users_in(item)]


@pytest.mark.parametrize("field", ISSUE_ACTORS)
async def test_user_who_left_is_served_as_embedded(asker, issue, field):
    """When the organization no longer has a user, the embedded members are served and the others are null."""
    embedded, _ = await ask(asker, issue, field, "")
    asker.server.faults.add(Fault(route=MEMBERS, times=None, status=200, body=[]))

    told, errors = await ask(asker, issue, field, MORE)

    absent = {"isSuspended": None, "joinedAt": None, "member": None}
    assert users_in(embedded) != []
    assert users_in(told) == [user | absent for user in users_in(embedded)]
    assert errors == []


async def test_team_that_is_gone_is_served_as_embedded(asker):
    """When the organization no longer lists a team, its embedded members are served and the others are null."""
    issue = next(issue for issue in asker.acme.issues.values() if issue.assignee and issue.assignee.team)
    asker.server.faults.add(Fault(route=TEAMS, times=None, status=200, body=[]))

    told = await asker.organization(
        f'issue(shortId: "{issue.short_id}") {{ assignee {{ ... on Team {{ sentryId slug name memberCount }} }} }}'
    )

    team = issue.assignee.team
    expected = {"sentryId": team.id, "slug": team.slug, "name": None, "memberCount": None}
    assert told["issue"]["assignee"] == expected


@pytest.mark.parametrize("kind", ["team", "integration"])
async def test_only_users_are_participants(asker, issue, kind):
    """A participant that is not a user is left out; it never becomes the user with the same ID."""
    user, other_id = issue.assignee.user, next(iter(issue.seen_by))
    body = serialize_issue(asker.server.world, asker.acme, issue, None)
    other = {"id": other_id, "slug": "core", "name": "core", "type": kind}
    rows = [serialize_user(user) | {"type": "user"}, other, serialize_user(user)]
    asker.server.faults.add(Fault(route=ISSUE, times=None, status=200, body=body | {"participants": rows}))

    told = await asker.organization(
        f'issue(shortId: "{issue.short_id}") {{ participants {{ nodes {{ sentryId name isSuspended }} }} }}'
    )

    expected = {"sentryId": user.id, "name": user.name, "isSuspended": False}
    assert told["issue"]["participants"]["nodes"] == [expected, expected]


async def test_external_author_has_no_user(asker):
    """The user of an author without an account, or from outside of the organization, is null without an error."""
    release = next(release for release in asker.acme.releases if release.commits)
    authors = [{"name": "A", "email": "a@example.org"}, {"id": "999", "name": "B", "email": "b@example.org"}, None]
    commits = [{"id": str(number), "message": "", "author": author} for number, author in enumerate(authors)]
    asker.server.faults.add(Fault(route=COMMITS, times=None, status=200, body=commits))

    told = await asker.ask(
        f'{{ organization(slug: "acme") {{ release(version: "{release.version}") {{'
        " commits { nodes { author { name user { name } } } } } } }"
    )

    nodes = told["organization"]["release"]["commits"]["nodes"]
    assert told.errors == []
    assert [node["author"] for node in nodes] == [{"name": "A", "user": None}, {"name": "B", "user": None}, None]


async def ask(asker, issue, field, more):
    """A field of an issue and the errors."""
    selection = ISSUE_ACTORS[field].format(more=more)
    told = await asker.ask(
        f'{{ organization(slug: "acme") {{ issue(shortId: "{issue.short_id}") {{ {field} {{ {selection} }} }} }} }}'
    )
    return told["organization"]["issue"], told.errors
