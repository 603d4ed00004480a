"""Teams and who belongs to them. Does not know memberships beyond their teams."""

import re

from dexter_graphql.sandbox.http import Answer, Call, Route, invalid, paginate, refuse, scopes
from dexter_graphql.sandbox.path_lookups import member_of, team_of, tokens, viewer
from dexter_graphql.sandbox.serializers import members, projects
from dexter_graphql.sandbox.world.model import Member, Team

_ORGANIZATION_READ = scopes("org:admin", "org:read", "org:write")
_READ = scopes("team:admin", "team:read", "team:write")
_WRITE = scopes("team:admin", "team:write")


def list_teams(call: Call) -> Answer:
    """The organization's teams, narrowed by `query`; `detailed=0` leaves their projects out."""
    wanted, text = tokens(call.text("query"), ("id", "slug", "name"))
    rows = [
        team
        for team in call.organization.teams
        if all(str(getattr(team, key)) in values for key, values in wanted.items())
        and (text in team.slug or text in team.name.lower())
    ]
    is_detailed = call.text("detailed") != "0"
    return paginate(call, rows, lambda team: _team(call, team, with_projects=is_detailed))


def list_own_teams(call: Call) -> object:
    """The teams of the viewer, not paged."""
    person = viewer(call)
    return [_team(call, team, with_projects=True) for team in (person.teams if person else ())]


def get_team(call: Call) -> object:
    """One team with its organization; `expand=projects` adds the projects, `collapse` drops the organization."""
    expanded = {part for text in call.texts("expand") for part in text.split(",")}
    team = team_of(call)
    answer = _team(call, team, with_projects="projects" in expanded)
    if "organization" not in call.texts("collapse"):
        answer["organization"] = projects.embedded_organization(call.organization, call.world.url)
    return answer


def create_team(call: Call) -> Answer:
    """A new team that the viewer joins."""
    fields, organization = call.fields(), call.organization
    name = fields.get("name") or fields.get("slug")
    if not isinstance(name, str):
        invalid({"nonFieldErrors": ["Name or slug is required"]})
    slug = str(fields.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    if organization.find_team(slug):
        refuse(409, "A team with this slug already exists.")
    team = Team(call.world.new_id(), slug, name, call.world.now())
    organization.teams.append(team)
    if person := viewer(call):
        person.teams.append(team)
    return Answer(_team(call, team, with_projects=False), 201)


def update_team(call: Call) -> object:
    """Change slug and name."""
    team, fields = team_of(call), call.fields()
    if "slug" not in fields:
        invalid({"slug": ["This field is required."]})
    team.slug, team.name = str(fields["slug"]), str(fields.get("name") or team.name)
    return _team(call, team, with_projects=False)


def delete_team(call: Call) -> Answer:
    """Remove a team from members and projects as well."""
    team, organization = team_of(call), call.organization
    organization.teams.remove(team)
    for teams in [one.teams for one in organization.members] + [one.teams for one in organization.projects]:
        if team in teams:
            teams.remove(team)
    return Answer(None, 204)


def list_members(call: Call) -> Answer:
    """The members of a team."""
    team = team_of(call)
    rows = [one for one in call.organization.members if team in one.teams]
    return paginate(call, rows, lambda one: members.team_member(one, team))


def join_team(call: Call) -> Answer:
    """Put a member into a team: 201 when that is new, 204 when it was so already."""
    member, team = member_of(call), team_of(call)
    if team in member.teams:
        return Answer(None, 204)
    member.teams.append(team)
    return Answer(_seen_by(call, team, member), 201)


def leave_team(call: Call) -> object:
    """Take a member out of a team."""
    member, team = member_of(call), team_of(call)
    if team in member.teams:
        member.teams.remove(team)
    return _seen_by(call, team, member)


def _team(call: Call, team: Team, *, with_projects: bool) -> dict[str, object]:
    organization, person = call.organization, viewer(call)
    answer = members.team(team, organization, person) | {"externalTeams": []}
    if with_projects:
        own = (one for one in organization.projects if team in one.teams)
        answer["projects"] = [projects.embedded_project(one, person) for one in own]
    return answer


def _seen_by(call: Call, team: Team, member: Member) -> dict[str, object]:
    return members.team(team, call.organization, member)


_LIST = "/organizations/{organization}/teams/"
_TEAM = "/teams/{organization}/{team}/"
_SEAT = "/organizations/{organization}/members/{member}/teams/{team}/"

ROUTES = (
    Route("GET", _LIST, list_teams, _ORGANIZATION_READ),
    Route("POST", _LIST, create_team, scopes("org:admin", "org:write", "team:write")),
    Route("GET", "/organizations/{organization}/user-teams/", list_own_teams, _ORGANIZATION_READ),
    Route("GET", _TEAM, get_team, _READ),
    Route("PUT", _TEAM, update_team, _WRITE),
    Route("DELETE", _TEAM, delete_team, scopes("team:admin")),
    Route("GET", _TEAM + "members/", list_members, _READ),
    Route("POST", _SEAT, join_team, scopes("org:read", "org:write", "team:write")),
    Route("DELETE", _SEAT, leave_team, scopes("org:admin", "org:read", "org:write", "team:admin")),
)
