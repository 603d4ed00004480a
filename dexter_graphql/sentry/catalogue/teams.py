"""Endpoints of teams."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination
from dexter_graphql.sentry.restriction import AccessLevel, by_parent, by_response

LIST = Endpoint(
    "teams.list",
    "GET",
    "/organizations/{organization}/teams/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_response("projects.id", detailed="1"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("teams/{organization}",),
)
DETAIL = Endpoint(
    "teams.detail",
    "GET",
    "/teams/{organization}/{team}/",
    ("team:admin", "team:read", "team:write"),
    restriction=by_response("projects.id", expand="projects"),
    lifetime=Lifetime.STABLE,
    tags=("teams/{organization}",),
)
MEMBERS = Endpoint(
    "teams.members",
    "GET",
    "/teams/{organization}/{team}/members/",
    ("team:admin", "team:read", "team:write"),
    restriction=by_parent(AccessLevel.READ, "team"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("teams/{organization}", "members/{organization}"),
)
