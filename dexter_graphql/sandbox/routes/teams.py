"""Routes of teams and their members."""

import re

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, raise_http_error, raise_validation_error
from dexter_graphql.sandbox.list_filters import parse_filters
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_member_in_path, get_team_in_path, get_viewer
from dexter_graphql.sandbox.serializers import members, projects
from dexter_graphql.sandbox.world.model import Member, Team

_ORGANIZATION_READ = any_scope("org:admin", "org:read", "org:write")
_READ = any_scope("team:admin", "team:read", "team:write")
_WRITE = any_scope("team:admin", "team:write")


def list_teams(request: Request) -> Response:
    """List the organization's teams, filtered by `query`; `detailed=0` omits their projects."""
    filters, text = parse_filters(request.param("query"), ("id", "slug", "name"))
    rows = [
        team
        for team in request.organization.teams
        if all(str(getattr(team, key)) in values for key, values in filters.items())
        and (text in team.slug or text in team.name.lower())
    ]
    is_detailed = request.param("detailed") != "0"
    return paginate(request, rows, lambda team: _serialize_team(request, team, with_projects=is_detailed))


def list_own_teams(request: Request) -> object:
    """List the viewer's teams. Not paginated."""
    member = get_viewer(request)
    return [_serialize_team(request, team, with_projects=True) for team in (member.teams if member else ())]


def get_team(request: Request) -> object:
    """Get a team with its organization; `expand=projects` adds projects, `collapse` omits the organization."""
    expanded = {part for text in request.param_list("expand") for part in text.split(",")}
    team = get_team_in_path(request)
    body = _serialize_team(request, team, with_projects="projects" in expanded)
    if "organization" not in request.param_list("collapse"):
        body["organization"] = projects.serialize_organization(request.organization, request.world.url)
    return body


def create_team(request: Request) -> Response:
    """Create a team, which the viewer joins."""
    fields, organization = request.json_object(), request.organization
    name = fields.get("name") or fields.get("slug")
    if not isinstance(name, str):
        raise_validation_error({"nonFieldErrors": ["Name or slug is required"]})
    slug = str(fields.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    if organization.find_team(slug):
        raise_http_error(409, "A team with this slug already exists.")
    team = Team(request.world.new_id(), slug, name, request.world.now())
    organization.teams.append(team)
    if member := get_viewer(request):
        member.teams.append(team)
    return Response(_serialize_team(request, team, with_projects=False), 201)


def update_team(request: Request) -> object:
    """Change slug and name of a team."""
    team, fields = get_team_in_path(request), request.json_object()
    if "slug" not in fields:
        raise_validation_error({"slug": ["This field is required."]})
    team.slug, team.name = str(fields["slug"]), str(fields.get("name") or team.name)
    return _serialize_team(request, team, with_projects=False)


def delete_team(request: Request) -> Response:
    """Delete a team and remove it from members and projects."""
    team, organization = get_team_in_path(request), request.organization
    organization.teams.remove(team)
    for teams in [member.teams for member in organization.members] + [
        project.teams for project in organization.projects
    ]:
        if team in teams:
            teams.remove(team)
    return Response(None, 204)


def list_members(request: Request) -> Response:
    """List the members of a team."""
    team = get_team_in_path(request)
    rows = [member for member in request.organization.members if team in member.teams]
    return paginate(request, rows, lambda member: members.serialize_team_member(member, team, request.world.vintage))


def join_team(request: Request) -> Response:
    """Add a member to a team: 201, or 204 for an existing member."""
    member, team = get_member_in_path(request), get_team_in_path(request)
    if team in member.teams:
        return Response(None, 204)
    member.teams.append(team)
    return Response(_serialize_for(request, team, member), 201)


def leave_team(request: Request) -> object:
    """Remove a member from a team."""
    member, team = get_member_in_path(request), get_team_in_path(request)
    if team in member.teams:
        member.teams.remove(team)
    return _serialize_for(request, team, member)


def _serialize_team(request: Request, team: Team, *, with_projects: bool) -> dict[str, object]:
    organization, member = request.organization, get_viewer(request)
    body = members.serialize_team(team, organization, member) | {"externalTeams": []}
    if with_projects:
        team_projects = (project for project in organization.projects if team in project.teams)
        body["projects"] = [projects.serialize_embedded_project(team, member) for team in team_projects]
    return body


def _serialize_for(request: Request, team: Team, member: Member) -> dict[str, object]:
    return members.serialize_team(team, request.organization, member)


_LIST = "/organizations/{organization}/teams/"
_TEAM = "/teams/{organization}/{team}/"
_MEMBERSHIP = "/organizations/{organization}/members/{member}/teams/{team}/"

ROUTES = (
    Route("GET", _LIST, list_teams, _ORGANIZATION_READ),
    Route("POST", _LIST, create_team, any_scope("org:admin", "org:write", "team:write")),
    Route("GET", "/organizations/{organization}/user-teams/", list_own_teams, _ORGANIZATION_READ),
    Route("GET", _TEAM, get_team, _READ),
    Route("PUT", _TEAM, update_team, _WRITE),
    Route("DELETE", _TEAM, delete_team, any_scope("team:admin")),
    Route("GET", _TEAM + "members/", list_members, _READ),
    Route("POST", _MEMBERSHIP, join_team, any_scope("org:read", "org:write", "team:write")),
    Route("DELETE", _MEMBERSHIP, leave_team, any_scope("org:admin", "org:read", "org:write", "team:admin")),
)
