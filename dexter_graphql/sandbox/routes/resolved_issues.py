"""The issues that a release resolved, in its two forms. Issues themselves are in `routes.issues`."""

from dexter_graphql.sandbox.http import Request, Response, Route, any_scope, paginate
from dexter_graphql.sandbox.path_lookups import release_of
from dexter_graphql.sandbox.serializers.issues import serialize_issue
from dexter_graphql.sandbox.world.model import Issue


def list_resolved(request: Request) -> Response:
    """The issues resolved in the release of the path."""
    organization, version = request.organization, release_of(request).version
    rows = [one for one in organization.issues.values() if one.status == "resolved" and _names(one, version)]
    return paginate(request, rows, lambda one: serialize_issue(request.world, organization, one, request.user))


def _names(issue: Issue, version: str) -> bool:
    if issue.status_details.get("inRelease") == version:
        return True
    return any(
        line.type == "set_resolved_in_release" and line.data.get("version") == version for line in issue.activity
    )


ROUTES = (
    Route(
        "GET",
        "/organizations/{organization}/releases/{version}/resolved/",
        list_resolved,
        any_scope("org:ci", "project:read", "project:releases"),
    ),
)
