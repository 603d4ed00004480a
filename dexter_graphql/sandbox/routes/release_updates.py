"""Routes that write releases and deploys."""

import re
from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.http import (
    HTTPError,
    Request,
    Response,
    Route,
    any_scope,
    raise_bad_request,
    raise_validation_error,
)
from dexter_graphql.sandbox.path_lookups import get_release_in_path
from dexter_graphql.sandbox.routes.releases import serialize_single_release
from dexter_graphql.sandbox.serializers import releases
from dexter_graphql.sandbox.time_ranges import parse_instant
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.model import (
    Commit,
    Deploy,
    Environment,
    Organization,
    Project,
    Release,
    Repository,
    User,
)

_WRITE = any_scope("org:ci", "project:admin", "project:releases", "project:write")
_MAX_VERSION: Final = 200
_MAX_ENVIRONMENT: Final = 64
_BAD_VERSION = re.compile(r"\s|\s.*|.*\s|.*[\n\r\f\t].*|/+|\.{1,2}|latest", re.DOTALL)
_STATUSES: Final = ("open", "archived")
_REQUIRED: Final = "This field is required."


def create_release(request: Request) -> Response:
    """Create a release (201), or update the existing one with that version (208)."""
    fields, organization = request.json_object(), request.organization
    version, projects = _parse_version(fields), _parse_projects(request, fields)
    release = organization.find_release(version)
    is_new = release is None
    if release is None:
        now, package = request.world.now(), version.rpartition("@")[0]
        release = Release(int(request.world.new_id()), version, package, now, None, [])
    _apply_fields(request, release, fields)
    release.projects += [project for project in projects if project not in release.projects]
    if is_new:
        organization.releases.append(release)
    return Response(serialize_single_release(request, release), 201 if is_new else 208)


def update_release(request: Request) -> object:
    """Change a release; given commits replace the existing ones."""
    release = get_release_in_path(request)
    _apply_fields(request, release, request.json_object())
    return serialize_single_release(request, release)


def delete_release(request: Request) -> Response:
    """Delete a release; 400 when an issue first appeared in it."""
    release, organization = get_release_in_path(request), request.organization
    if any(issue.events[0].release is release for issue in organization.issues.values()):
        raise_bad_request("This release is referenced by active issues and cannot be removed.")
    organization.releases.remove(release)
    return Response(None, 204)


def create_deploy(request: Request) -> Response:
    """Create a deploy of a release, and its environment when it is new."""
    release, fields, organization = get_release_in_path(request), request.json_object(), request.organization
    name = fields.get("environment")
    if not isinstance(name, str) or not name:
        raise_validation_error({"environment": [_REQUIRED]})
    if len(name) > _MAX_ENVIRONMENT:
        raise_validation_error({"environment": [f"Ensure this field has no more than {_MAX_ENVIRONMENT} characters."]})
    _check_deployed_projects(request, release, fields)
    if not any(environment.name == name for environment in organization.environments):
        organization.environments.append(Environment(request.world.new_id(), name))
    finished = _parse_instant(fields, "dateFinished") or request.world.now()
    text = {key: str(value) for key, value in fields.items() if isinstance(value, str)}
    started = _parse_instant(fields, "dateStarted")
    deploy = Deploy(request.world.new_id(), name, text.get("name", ""), started, finished, text.get("url"))
    release.deploys.append(deploy)
    return Response(releases.serialize_deploy(deploy), 201)


def _check_deployed_projects(request: Request, release: Release, fields: dict[str, Any]) -> None:
    slugs = {project.slug for project in release.projects}
    if "projects" in fields and not {project.slug for project in _parse_projects(request, fields)} <= slugs:
        raise_validation_error({"projects": ["Invalid projects"]})


def _apply_fields(request: Request, release: Release, fields: dict[str, Any]) -> None:
    if "status" in fields and fields["status"] not in _STATUSES:
        raise_validation_error({"status": [f'"{fields["status"]}" is not a valid choice.']})
    release.status = fields.get("status") or release.status
    release.ref = fields.get("ref") or release.ref
    release.url = fields.get("url") or release.url
    release.date_released = _parse_instant(fields, "dateReleased") or release.date_released
    if "owner" in fields:
        release.owner = _find_owner(request.organization, fields["owner"])
    _check_refs(request.organization, fields.get("refs") or fields.get("headCommits") or [])
    commits = fields.get("commits")
    if isinstance(commits, list):
        release.commits = [_make_commit(request, commit) for commit in commits if isinstance(commit, dict)]


def _find_owner(organization: Organization, username: object) -> User:
    user = next((user for user in organization.users() if user.username == username), None)
    return user or raise_validation_error({"owner": ["Unable to find user"]})


def _make_commit(request: Request, fields: dict[str, Any]) -> Commit:
    if not isinstance(fields.get("id"), str):
        raise_validation_error({"commits": {"id": [_REQUIRED]}})
    email = str(fields.get("author_email") or "")
    user = next((u for u in request.organization.users() if u.email == email), None)
    committed_at = _parse_instant(fields, "timestamp") or request.world.now()
    # An author without an account has no id and is serialized with name and email only.
    author = user or User("", str(fields.get("author_name") or email), email, email, committed_at, committed_at)
    files = tuple((str(change["path"]), str(change["type"])) for change in fields.get("patch_set") or ())
    repository = _find_or_create_repository(request, str(fields.get("repository") or ""))
    return Commit(fields["id"], str(fields.get("message") or ""), author, repository, committed_at, files)


def _find_or_create_repository(request: Request, name: str) -> Repository:
    repository = next((repository for repository in request.organization.repositories if repository.name == name), None)
    if repository is None:
        # Sentry creates a repository for commits that name an unknown one.
        number, now = request.world.new_id(), request.world.now()
        name = name or f"organization-{request.organization.id}"
        repository = Repository(number, name, "unknown", "Unknown Provider", "", "", name, None, now)
        request.organization.repositories.append(repository)
    return repository


def _parse_version(fields: dict[str, Any]) -> str:
    version = fields.get("version")
    if not isinstance(version, str) or not version:
        raise_validation_error({"version": [_REQUIRED]})
    if len(version) > _MAX_VERSION:
        raise_validation_error({"version": [f"Ensure this field has no more than {_MAX_VERSION} characters."]})
    if _BAD_VERSION.fullmatch(version):
        raise_validation_error({"version": ["Release name is not valid"]})
    return version


def _parse_projects(request: Request, fields: dict[str, Any]) -> list[Project]:
    values = fields.get("projects")
    if not isinstance(values, list) or not values:
        raise_validation_error({"projects": [_REQUIRED]})
    projects = [request.organization.find_project(str(value)) for value in values]
    has_unknown_id = not request.has(Capability.PROJECT_IDS_IN_BODIES) and any(str(v).isdigit() for v in values)
    if None in projects or has_unknown_id:
        raise HTTPError(400, {"projects": ["Invalid project ids or slugs"]})
    return [project for project in projects if project is not None]


def _check_refs(organization: Organization, refs: object) -> None:
    names = [str(ref.get("repository")) for ref in refs if isinstance(ref, dict)] if isinstance(refs, list) else []
    known = {repository.name for repository in organization.repositories}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise_validation_error({"refs": [f"Invalid repository names: {','.join(unknown)}"]})


def _parse_instant(fields: dict[str, Any], name: str) -> datetime | None:
    text = fields.get(name)
    if text in {None, ""}:
        return None
    return parse_instant(str(text)) or raise_validation_error({name: ["Datetime has wrong format."]})


_LIST = "/organizations/{organization}/releases/"
_PROJECT_LIST = "/projects/{organization}/{project}/releases/"

ROUTES = (
    Route("POST", _LIST, create_release, _WRITE),
    Route("PUT", _LIST + "{version}/", update_release, _WRITE),
    Route("DELETE", _LIST + "{version}/", delete_release, any_scope("project:admin", "project:releases")),
    Route("POST", _LIST + "{version}/deploys/", create_deploy, _WRITE),
    Route("PUT", _PROJECT_LIST + "{version}/", update_release, any_scope("org:ci", "project:read", "project:releases")),
)
