"""Route of the issues that a release resolved."""

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_release_in_path
from dexter_graphql.sandbox.serializers.issues import serialize_issue
from dexter_graphql.sandbox.world.model import Issue


def list_resolved_issues(request: Request) -> Response:
    """List the issues resolved in the release."""
    organization, version = request.organization, get_release_in_path(request).version
    rows = [
        issue
        for issue in organization.issues.values()
        if issue.status == "resolved" and _is_resolved_in(issue, version)
    ]
    return paginate(request, rows, lambda issue: serialize_issue(request.world, organization, issue, request.user))


def _is_resolved_in(issue: Issue, version: str) -> bool:
    if issue.status_details.get("inRelease") == version:
        return True
    return any(
        entry.type == "set_resolved_in_release" and entry.data.get("version") == version for entry in issue.activity
    )


ROUTES = (
    Route(
        "GET",
        "/organizations/{organization}/releases/{version}/resolved/",
        list_resolved_issues,
        any_scope("org:ci", "project:read", "project:releases"),
    ),
)
