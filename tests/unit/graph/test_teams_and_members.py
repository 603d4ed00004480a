"""Teams, members and users: how they are found, linked and counted in calls."""

import pytest

from dexter_graphql.graph.relay.global_ids import encode_id

TEAMS = "/organizations/{organization}/teams/"
TEAM = "/teams/{organization}/{team}/"
TEAM_MEMBERS = "/teams/{organization}/{team}/members/"
MEMBERS = "/organizations/{organization}/members/"
MEMBER = "/organizations/{organization}/members/{member}/"


def member_id(member):
    """The global ID of a member of acme."""
    return encode_id("Member", "100000", member.id)


async def test_projects_of_teams_are_asked_for_only_when_selected(asker):
    """Without them the list is asked to leave them out."""
    bare = await asker.organization("teams(first: 3) { nodes { slug memberCount } }")
    full = await asker.organization("teams(first: 3) { nodes { slug projects { nodes { slug } } } }")

    assert ("detailed", "0") in bare.queries(TEAMS)[0]
    assert ("detailed", "0") not in full.queries(TEAMS)[0]
    assert full["teams"]["nodes"][0]["projects"]
    assert full.routes == [TEAMS]


async def test_team_is_found_by_slug(asker):
    """One detail call, without the organization that is known already; null when there is none."""
    told = await asker.organization(
        'team(slug: "web") { name webUrl avatar { kind } organization { slug } } none: team(slug: "no-such") { name }'
    )

    assert told["team"]["organization"] == {"slug": "acme"}
    assert told["team"]["webUrl"] == f"{asker.server.url}/settings/acme/teams/web/"
    assert told["none"] is None
    assert told.queries(TEAM)[0] == [("collapse", "organization")]
    assert told.routes == [TEAM, TEAM]


async def test_teams_of_many_projects_are_one_call(asker):
    """What projects do not embed of their teams comes from one list."""
    told = await asker.organization("projects(first: 100) { nodes { teams { nodes { slug memberCount } } } }")

    assert told.routes == sorted(["/organizations/{organization}/projects/", TEAMS])


async def test_role_in_the_team_stands_on_the_edge(asker):
    """A member has a role per team, so it belongs to the edge and not to the member."""
    team, member = asker.acme.teams[0], next(one for one in asker.acme.members if asker.acme.teams[0] in one.teams)
    member.team_roles[team.slug] = "admin"

    told = await asker.organization(
        f'team(slug: "{team.slug}") {{ members(first: 100) {{ edges {{ teamRole teamRoleRaw node {{ email }} }} }} }}'
    )

    roles = {
        edge["node"]["email"]: (edge["teamRole"], edge["teamRoleRaw"]) for edge in told["team"]["members"]["edges"]
    }
    assert roles[member.email] == ("ADMIN", "admin")
    assert told.routes == sorted([TEAM, TEAM_MEMBERS])


async def test_members_embed_their_users(asker):
    """A page of members with all about their users is one call."""
    told = await asker.organization(
        "members(first: 5) { nodes { email orgRole orgRoleRaw isPending isExpired inviteStatus flags { isSsoLinked }"
        " createdAt user { name username lastLoginAt hasTwoFactor isActive } } }"
    )

    first, member = told["members"]["nodes"][0], asker.acme.members[0]
    assert first["email"] == member.email
    assert first["orgRole"].lower() == first["orgRoleRaw"] == member.org_role
    assert first["flags"] == {"isSsoLinked": False}
    assert first["user"]["name"] == member.user.name
    assert told.queries(MEMBERS) == [[("per_page", "5")]]


async def test_unknown_role_keeps_its_word(asker):
    """A role that is newer than the server is UNKNOWN, with the raw word beside it."""
    member = asker.acme.members[0]
    member.invite_status = "on_hold"

    told = await asker.organization("members(first: 1) { nodes { inviteStatus inviteStatusRaw } }")

    assert told["members"]["nodes"] == [{"inviteStatus": "UNKNOWN", "inviteStatusRaw": "on_hold"}]


async def test_teams_of_a_member_take_the_detail(asker):
    """Lists do not tell teams; the detail does, and the teams themselves are one call more."""
    member = asker.acme.members[0]

    told = await asker.organization(
        f'member(id: "{member_id(member)}") {{ teams {{ edges {{ teamRole node {{ slug name }} }} }} }}'
    )

    edges = told["member"]["teams"]["edges"]
    assert [edge["node"]["slug"] for edge in edges] == [team.slug for team in member.teams]
    assert all(edge["node"]["name"] and edge["teamRole"] for edge in edges)
    assert told.routes == sorted([MEMBER, TEAMS])


async def test_member_is_found_by_global_id(asker):
    """Null when there is none."""
    member = asker.acme.members[2]
    missing = encode_id("Member", asker.acme.id, "1")

    told = await asker.organization(
        f'byId: member(id: "{member_id(member)}") {{ email }} none: member(id: "{missing}") {{ email }}'
    )

    assert told.data["byId"] == {"email": member.email}
    assert told["none"] is None


@pytest.mark.parametrize("given", ["100201", "me", "user@example.com"])
async def test_other_names_of_a_member_are_explained(asker, given):
    """The argument is a global ID, as every `id` is."""
    answer = await asker.ask(f'{{ organization(slug: "acme") {{ member(id: "{given}") {{ email }} }} }}')

    [error] = answer.errors
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", ["id"])


async def test_member_of_another_organization_is_null(asker):
    """A global id says where the member is; it is not looked for elsewhere."""
    told = await asker.organization("members(first: 1) { nodes { id } }")
    node_id = told["members"]["nodes"][0]["id"]

    elsewhere = await asker.organization(f'member(id: "{node_id}") {{ email }}', slug="globex")

    assert elsewhere.data == {"member": None}
    assert elsewhere.calls == []


async def test_memberships_of_users_are_one_call(asker):
    """Users link back to their memberships, all of a list in one call."""
    told = await asker.organization("members(first: 4) { nodes { email user { member { email } } } }")

    rows = told["members"]["nodes"]
    assert [row["user"]["member"]["email"] for row in rows if row["user"]] == [
        row["email"] for row in rows if row["user"]
    ]
    assert told.routes == [MEMBERS, MEMBERS]
