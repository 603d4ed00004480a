"""The issues that a release resolved, in its two forms. Issues themselves are in `routes.issues`."""

from dexter_graphql.sandbox.http import Answer, Call, Route, paginate, scopes
from dexter_graphql.sandbox.path_lookups import release_of
from dexter_graphql.sandbox.serializers.issues import updated_issue
from dexter_graphql.sandbox.world.model import Issue


def list_resolved(call: Call) -> Answer:
    """The issues resolved in the release of the path."""
    organization, version = call.organization, release_of(call).version
    rows = [one for one in organization.issues.values() if one.status == "resolved" and _names(one, version)]
    return paginate(call, rows, lambda one: updated_issue(call.world, organization, one, call.user))


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
        scopes("org:ci", "project:read", "project:releases"),
    ),
)
