"""Source repositories and their commits. Does not know which release took a commit up."""

from dexter_graphql.sandbox.http import Answer, Call, Route, not_found, paginate, scopes
from dexter_graphql.sandbox.serializers import releases

_READ = scopes("org:admin", "org:read", "org:write")


def list_repositories(call: Call) -> Answer:
    """The organization's repositories, narrowed by a part of the name, status and integration."""
    part, status, integration = (call.text("query") or "").lower(), call.text("status"), call.text("integration_id")
    rows = [
        one
        for one in call.organization.repositories
        if part in one.name.lower()
        and (status is None or (one.status == "active") is (status == "active"))
        and (integration is None or one.integration_id == integration)
    ]
    return paginate(call, rows, releases.repository)


def list_commits(call: Call) -> Answer:
    """The commits of a repository, newest first."""
    wanted = call.parameters["repository"]
    repository = next((one for one in call.organization.repositories if one.id == wanted), None) or not_found()
    found = {
        commit.id: commit
        for release in call.organization.releases
        for commit in release.commits
        if commit.repository is repository
    }
    rows = sorted(found.values(), key=lambda one: one.date_created, reverse=True)
    return paginate(call, rows, releases.repository_commit)


_LIST = "/organizations/{organization}/repos/"

ROUTES = (
    Route("GET", _LIST, list_repositories, _READ | scopes("org:ci", "org:integrations")),
    Route("GET", _LIST + "{repository}/commits/", list_commits, _READ),
)
