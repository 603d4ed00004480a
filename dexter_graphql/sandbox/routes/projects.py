"""Routes of projects, their teams, members, filters and ownership rules."""

import re
from typing import Any, Final

from dexter_graphql.sandbox.http import (
    Deprecation,
    HTTPError,
    Request,
    Response,
    Route,
    any_scope,
    raise_http_error,
    raise_validation_error,
)
from dexter_graphql.sandbox.list_filters import parse_filters
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_team_in_path, get_viewer
from dexter_graphql.sandbox.serializers import members, projects
from dexter_graphql.sandbox.world.model import ClientKey, Organization, Project, Team

_ORGANIZATION_READ = any_scope("org:admin", "org:read", "org:write")
_READ = any_scope("project:admin", "project:read", "project:write")
_WRITE = any_scope("project:admin", "project:write")
_ADMIN = any_scope("project:admin")
_DEPRECATED = Deprecation("2026-05-15T00:00:00+00:00", "/api/0/organizations/:organization_id_or_slug/projects/")
_SLUG = re.compile(r"(?!\d+$)[a-z0-9_-]{1,100}")
_LEGACY_PROJECT = (
    "color dateCreated features firstEvent hasAccess id isBookmarked isInternal isMember isPublic name platform "
    "slug status"
)
_LEGACY_ORGANIZATION = "dateCreated id isEarlyAdopter name require2FA slug status"
_BAD_SLUG: Final = (
    "Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. "
    "It cannot be entirely numeric."
)
_MAX_NAME: Final = 200
_SETTINGS = ("resolveAge", "subjectPrefix", "subjectTemplate", "highlightTags", "highlightContext", "scrapeJavaScript")


def list_projects(request: Request) -> Response:
    """List the projects, filtered by `query`: `id:1`, `slug:web`, `platform:…`, `team:…` or text."""
    organization, member = request.organization, get_viewer(request)
    filters, text = parse_filters(request.param("query"), ("id", "slug", "name", "platform", "team"))
    rows = [project for project in organization.projects if _matches(project, filters, text)]
    return paginate(request, rows, lambda project: projects.serialize_listed_project(project, organization, member))


def list_all_projects(request: Request) -> Response:
    """List the projects of all the token's organizations. Deprecated."""
    rows = [
        (organization, project)
        for organization in request.world.organizations
        if organization.slug in request.token.organizations
        for project in organization.projects
    ]
    return paginate(request, rows, lambda row: _serialize_legacy_item(*row))


def get_project(request: Request) -> object:
    """Get a project with its settings."""
    return projects.serialize_project_detail(
        request.project, request.organization, get_viewer(request), request.world.url
    )


def update_project(request: Request) -> object:
    """Change name, slug, platform, bookmark and settings. The old slug redirects to the new one."""
    project, organization, fields = request.project, request.organization, request.json_object()
    if "slug" in fields:
        _rename(organization, project, _parse_slug(fields["slug"]))
    if "name" in fields:
        project.name = _parse_name(fields["name"])
    project.platform = str(fields.get("platform") or project.platform)
    project.is_bookmarked = bool(fields.get("isBookmarked", project.is_bookmarked))
    project.options |= {name: fields[name] for name in _SETTINGS if name in fields}
    return _serialize_updated(request, project)


def _serialize_updated(request: Request, project: Project) -> object:
    """The detail of a project whose slug in the path may be outdated."""
    return projects.serialize_project_detail(project, request.organization, get_viewer(request), request.world.url)


def create_project(request: Request) -> Response:
    """Create a project in the viewer's first team."""
    member = get_viewer(request)
    teams = member.teams if member else request.organization.teams
    return _create_project(request, teams[:1])


def create_team_project(request: Request) -> Response:
    """Create a project in the team of the path."""
    return _create_project(request, [get_team_in_path(request)])


def delete_project(request: Request) -> Response:
    """Delete a project and its issues."""
    project, organization = request.project, request.organization
    organization.projects.remove(project)
    for issue in list(organization.issues.values()):
        if issue.project is project:
            del organization.issues[issue.id]
    return Response(None, 204)


def list_team_projects(request: Request) -> Response:
    """List the projects of a team."""
    organization, team, member = request.organization, get_team_in_path(request), get_viewer(request)
    rows = [project for project in organization.projects if team in project.teams]
    return paginate(request, rows, lambda project: projects.serialize_listed_project(project, organization, member))


def list_project_teams(request: Request) -> Response:
    """List the teams of a project."""
    organization, member = request.organization, get_viewer(request)
    return paginate(request, request.project.teams, lambda team: members.serialize_team(team, organization, member))


def add_project_team(request: Request) -> Response:
    """Add a team to a project."""
    team, project = get_team_in_path(request), request.project
    if team not in project.teams:
        project.teams.append(team)
    return Response(projects.serialize_project_teams(project, get_viewer(request)), 201)


def remove_project_team(request: Request) -> object:
    """Remove a team from a project."""
    team, project = get_team_in_path(request), request.project
    if team in project.teams:
        project.teams.remove(team)
    return projects.serialize_project_teams(project, get_viewer(request))


def list_project_members(request: Request) -> object:
    """List the members of the project's teams. Not paginated."""
    teams = request.project.teams
    project_members = (
        member for member in request.organization.members if member.user and any(team in teams for team in member.teams)
    )
    return [members.serialize_member(member, request.world.vintage) for member in project_members]


def list_filters(request: Request) -> object:
    """List the inbound filters of a project, which have their default settings."""
    request.project  # noqa: B018 - raises a 404 for an unknown project
    switches = ("browser-extensions", "localhost", "filtered-transaction", "web-crawlers")
    return [{"id": name, "active": name == "web-crawlers"} for name in switches] + [
        {"id": "legacy-browsers", "active": ["ie", "safari"]}
    ]


def get_ownership(request: Request) -> object:
    """Get the ownership rules of a project: the first team owns every path."""
    project = request.project
    team = project.teams[0] if project.teams else None
    owners = [{"type": "team", "name": team.slug, "id": team.id}] if team else []
    rule = {"matcher": {"type": "path", "pattern": "*"}, "owners": owners}
    return {
        "schema": {"$version": 1, "rules": [rule] if owners else []},
        "raw": f"path:* #{team.slug}" if team else "",
        "fallthrough": True,
        "dateCreated": project.date_created,
        "lastUpdated": project.date_created,
        "isActive": True,
        "autoAssignment": "Auto Assign to Issue Owner",
        "codeownersAutoSync": True,
    }


def _matches(project: Project, filters: Any, text: str) -> bool:
    members = {"id": project.id, "slug": project.slug, "name": project.name, "platform": project.platform}
    for key, values in filters.items():
        if key == "team":
            if not any(team.slug in values for team in project.teams):
                return False
        elif members[key] not in values:
            return False
    return text in project.slug.lower() or text in project.name.lower()


def _create_project(request: Request, teams: list[Team]) -> Response:
    organization, fields = request.organization, request.json_object()
    name = _parse_name(fields.get("name"))
    slug = _parse_slug(fields.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    if organization.find_project(slug):
        raise_http_error(409, "A project with this slug already exists.")
    now = request.world.now()
    platform = str(fields.get("platform") or "other")
    project = Project(request.world.new_id(), slug, name, platform, "python", now, list(teams))
    public = request.world.new_hex()
    project.keys.append(ClientKey(public, "Default", public, request.world.new_hex(), now))
    organization.projects.append(project)
    return Response(projects.serialize_listed_project(project, organization, get_viewer(request)), 201)


def _rename(organization: Organization, project: Project, slug: str) -> None:
    if slug == project.slug:
        return
    if organization.find_project(slug):
        raise HTTPError(409, {"detail": f"Another project ({slug}) is already using that slug"})
    organization.renamed_projects.pop(slug, None)
    organization.renamed_projects[project.slug] = slug
    project.slug = slug


def _parse_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise_validation_error(
            {"name": ["This field is required." if name is None else "This field may not be blank."]}
        )
    if len(name) > _MAX_NAME:
        raise_validation_error({"name": [f"Ensure this field has no more than {_MAX_NAME} characters."]})
    return name.strip()


def _parse_slug(slug: object) -> str:
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
        raise_validation_error({"slug": [_BAD_SLUG]})
    return slug


def _serialize_legacy_item(organization: Organization, project: Project) -> dict[str, Any]:
    # The deprecated list has smaller shapes of project and organization.
    base = projects.serialize_embedded_project(project, None)
    avatar = {"avatarType": members.LETTER_AVATAR, "avatarUuid": None}
    owner = projects.serialize_organization(organization, "")
    project_members = {name: base[name] for name in _LEGACY_PROJECT.split()}
    organization_members = {name: owner[name] for name in _LEGACY_ORGANIZATION.split()} | {"avatar": avatar}
    return project_members | {"avatar": avatar, "organization": organization_members}


_LIST = "/organizations/{organization}/projects/"
_PROJECT = "/projects/{organization}/{project}/"
_TEAM_PROJECTS = "/teams/{organization}/{team}/projects/"

ROUTES = (
    Route("GET", _LIST, list_projects, _ORGANIZATION_READ),
    Route("POST", _LIST, create_project, _READ),
    Route("GET", "/projects/", list_all_projects, any_scope("project:read"), _DEPRECATED),
    Route("GET", _PROJECT, get_project, _READ),
    Route("PUT", _PROJECT, update_project, _READ),
    Route("DELETE", _PROJECT, delete_project, _ADMIN),
    Route("GET", _TEAM_PROJECTS, list_team_projects, _READ),
    Route("POST", _TEAM_PROJECTS, create_team_project, _WRITE),
    Route("GET", _PROJECT + "teams/", list_project_teams, _READ),
    Route("POST", _PROJECT + "teams/{team}/", add_project_team, _WRITE),
    Route("DELETE", _PROJECT + "teams/{team}/", remove_project_team, _WRITE),
    Route("GET", _PROJECT + "members/", list_project_members, _READ),
    Route("GET", _PROJECT + "filters/", list_filters, _READ),
    Route("GET", _PROJECT + "ownership/", get_ownership, _READ),
)
