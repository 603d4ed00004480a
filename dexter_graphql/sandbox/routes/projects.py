"""Projects and their client keys: lists, details, creation and change. Does not serve their events or statistics."""

import re
from typing import Any, Final

from dexter_graphql.sandbox.http import (
    Answer,
    Call,
    Deprecation,
    Refusal,
    Route,
    invalid,
    paginate,
    refuse,
    scopes,
)
from dexter_graphql.sandbox.path_lookups import team_of, tokens, viewer
from dexter_graphql.sandbox.serializers import members, projects
from dexter_graphql.sandbox.world.model import ClientKey, Organization, Project, Team

_ORGANIZATION_READ = scopes("org:admin", "org:read", "org:write")
_READ = scopes("project:admin", "project:read", "project:write")
_WRITE = scopes("project:admin", "project:write")
_ADMIN = scopes("project:admin")
_RETIRED = Deprecation("2026-05-15T00:00:00+00:00", "/api/0/organizations/:organization_id_or_slug/projects/")
_SLUG = re.compile(r"(?!\d+$)[a-z0-9_-]{1,100}")
_RETIRED_PROJECT = (
    "color dateCreated features firstEvent hasAccess id isBookmarked isInternal isMember isPublic name platform "
    "slug status"
)
_RETIRED_ORGANIZATION = "dateCreated id isEarlyAdopter name require2FA slug status"
_BAD_SLUG: Final = (
    "Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. "
    "It cannot be entirely numeric."
)
_MAX_NAME: Final = 200
_SETTINGS = ("resolveAge", "subjectPrefix", "subjectTemplate", "highlightTags", "highlightContext", "scrapeJavaScript")


def list_projects(call: Call) -> Answer:
    """The organization's projects, narrowed by `query`: words like `id:1`, `slug:web`, or a text."""
    organization, person = call.organization, viewer(call)
    wanted, text = tokens(call.text("query"), ("id", "slug", "name", "platform", "team"))
    rows = [one for one in organization.projects if _matches(one, wanted, text)]
    return paginate(call, rows, lambda one: projects.listed_project(one, organization, person))


def list_all_projects(call: Call) -> Answer:
    """Every project the token reaches, over all organizations: the retired list."""
    rows = [
        (organization, project)
        for organization in call.world.organizations
        if organization.slug in call.token.organizations
        for project in organization.projects
    ]
    return paginate(call, rows, lambda row: _retired_project(*row))


def get_project(call: Call) -> object:
    """One project with its settings."""
    return projects.project_detail(call.project, call.organization, viewer(call), call.world.url)


def update_project(call: Call) -> object:
    """Change name, slug, platform, bookmark and simple settings; the old slug redirects from then on."""
    project, organization, fields = call.project, call.organization, call.fields()
    if "slug" in fields:
        _rename(organization, project, _checked_slug(fields["slug"]))
    if "name" in fields:
        project.name = _checked_name(fields["name"])
    project.platform = str(fields.get("platform") or project.platform)
    project.is_bookmarked = bool(fields.get("isBookmarked", project.is_bookmarked))
    project.options |= {name: fields[name] for name in _SETTINGS if name in fields}
    return get_project_after(call, project)


def get_project_after(call: Call, project: Project) -> object:
    """The detail of a project that may no longer answer to the slug in the path."""
    return projects.project_detail(project, call.organization, viewer(call), call.world.url)


def create_project(call: Call) -> Answer:
    """A new project in the viewer's first team."""
    person = viewer(call)
    teams = person.teams if person else call.organization.teams
    return _create(call, teams[:1])


def create_team_project(call: Call) -> Answer:
    """A new project in the team of the path."""
    return _create(call, [team_of(call)])


def delete_project(call: Call) -> Answer:
    """Remove a project from the lists; its issues go with it."""
    project, organization = call.project, call.organization
    organization.projects.remove(project)
    for issue in list(organization.issues.values()):
        if issue.project is project:
            del organization.issues[issue.id]
    return Answer(None, 204)


def list_team_projects(call: Call) -> Answer:
    """The projects of a team."""
    organization, team, person = call.organization, team_of(call), viewer(call)
    rows = [one for one in organization.projects if team in one.teams]
    return paginate(call, rows, lambda one: projects.listed_project(one, organization, person))


def list_project_teams(call: Call) -> Answer:
    """The teams of a project."""
    organization, person = call.organization, viewer(call)
    return paginate(call, call.project.teams, lambda one: members.team(one, organization, person))


def add_project_team(call: Call) -> Answer:
    """Give a team access to a project."""
    team, project = team_of(call), call.project
    if team not in project.teams:
        project.teams.append(team)
    return Answer(projects.project_of_team(project, viewer(call)), 201)


def remove_project_team(call: Call) -> object:
    """Take a project away from a team."""
    team, project = team_of(call), call.project
    if team in project.teams:
        project.teams.remove(team)
    return projects.project_of_team(project, viewer(call))


def list_project_members(call: Call) -> object:
    """The members of the project's teams, not paged."""
    teams = call.project.teams
    found = (one for one in call.organization.members if one.user and any(team in teams for team in one.teams))
    return [members.member(one) for one in found]


def list_filters(call: Call) -> object:
    """The inbound filters of a project, none of which was ever touched."""
    call.project  # noqa: B018 - an unknown project is refused
    switches = ("browser-extensions", "localhost", "filtered-transaction", "web-crawlers")
    return [{"id": name, "active": name == "web-crawlers"} for name in switches] + [
        {"id": "legacy-browsers", "active": ["ie", "safari"]}
    ]


def get_ownership(call: Call) -> object:
    """The ownership rules of a project: everything belongs to its first team."""
    project = call.project
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


def _matches(project: Project, wanted: Any, text: str) -> bool:
    members = {"id": project.id, "slug": project.slug, "name": project.name, "platform": project.platform}
    for key, values in wanted.items():
        if key == "team":
            if not any(team.slug in values for team in project.teams):
                return False
        elif members[key] not in values:
            return False
    return text in project.slug.lower() or text in project.name.lower()


def _create(call: Call, teams: list[Team]) -> Answer:
    organization, fields = call.organization, call.fields()
    name = _checked_name(fields.get("name"))
    slug = _checked_slug(fields.get("slug") or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"))
    if organization.find_project(slug):
        refuse(409, "A project with this slug already exists.")
    now = call.world.now()
    platform = str(fields.get("platform") or "other")
    project = Project(call.world.new_id(), slug, name, platform, "python", now, list(teams))
    public = call.world.new_hex()
    project.keys.append(ClientKey(public, "Default", public, call.world.new_hex(), now))
    organization.projects.append(project)
    return Answer(projects.listed_project(project, organization, viewer(call)), 201)


def _rename(organization: Organization, project: Project, slug: str) -> None:
    if slug == project.slug:
        return
    if organization.find_project(slug):
        raise Refusal(409, {"detail": f"Another project ({slug}) is already using that slug"})
    organization.renamed_projects.pop(slug, None)
    organization.renamed_projects[project.slug] = slug
    project.slug = slug


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        invalid({"name": ["This field is required." if name is None else "This field may not be blank."]})
    if len(name) > _MAX_NAME:
        invalid({"name": [f"Ensure this field has no more than {_MAX_NAME} characters."]})
    return name.strip()


def _checked_slug(slug: object) -> str:
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
        invalid({"slug": [_BAD_SLUG]})
    return slug


def _retired_project(organization: Organization, project: Project) -> dict[str, Any]:
    # The retired list has its own, smaller shapes of project and organization.
    base = projects.embedded_project(project, None)
    avatar = {"avatarType": members.LETTERS, "avatarUuid": None}
    owner = projects.embedded_organization(organization, "")
    kept = {name: base[name] for name in _RETIRED_PROJECT.split()}
    inside = {name: owner[name] for name in _RETIRED_ORGANIZATION.split()} | {"avatar": avatar}
    return kept | {"avatar": avatar, "organization": inside}


_LIST = "/organizations/{organization}/projects/"
_PROJECT = "/projects/{organization}/{project}/"
_TEAM_PROJECTS = "/teams/{organization}/{team}/projects/"

ROUTES = (
    Route("GET", _LIST, list_projects, _ORGANIZATION_READ),
    Route("POST", _LIST, create_project, _READ),
    Route("GET", "/projects/", list_all_projects, scopes("project:read"), _RETIRED),
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
