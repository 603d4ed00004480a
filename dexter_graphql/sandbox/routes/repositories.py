"""Routes of source repositories and their commits."""

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, find_or_404
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers import releases

_READ = any_scope("org:admin", "org:read", "org:write")


def list_repositories(request: Request) -> Response:
    """List the organization's repositories, filtered by part of the name, status and integration."""
    part, status, integration = (
        (request.param("query") or "").lower(),
        request.param("status"),
        request.param("integration_id"),
    )
    rows = [
        repository
        for repository in request.organization.repositories
        if part in repository.name.lower()
        and (status is None or (repository.status == "active") is (status == "active"))
        and (integration is None or repository.integration_id == integration)
    ]
    return paginate(request, rows, releases.serialize_repository)


def list_commits(request: Request) -> Response:
    """List the commits of a repository, newest first."""
    repository = find_or_404(request.organization.repositories, request.path_params["repository"])
    commits = {
        commit.id: commit
        for release in request.organization.releases
        for commit in release.commits
        if commit.repository is repository
    }
    rows = sorted(commits.values(), key=lambda commit: commit.date_created, reverse=True)
    return paginate(request, rows, releases.serialize_repository_commit)


_LIST = "/organizations/{organization}/repos/"

ROUTES = (
    Route("GET", _LIST, list_repositories, _READ | any_scope("org:ci", "org:integrations")),
    Route("GET", _LIST + "{repository}/commits/", list_commits, _READ),
)
