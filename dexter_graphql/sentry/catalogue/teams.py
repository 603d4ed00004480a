"""Endpoints of teams."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination

LIST = Endpoint(
    "teams.list",
    "GET",
    "/organizations/{organization}/teams/",
    ("org:admin", "org:read", "org:write"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("teams/{organization}",),
)
DETAIL = Endpoint(
    "teams.detail",
    "GET",
    "/teams/{organization}/{team}/",
    ("team:admin", "team:read", "team:write"),
    lifetime=Lifetime.STABLE,
    tags=("teams/{organization}",),
)
MEMBERS = Endpoint(
    "teams.members",
    "GET",
    "/teams/{organization}/{team}/members/",
    ("team:admin", "team:read", "team:write"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("teams/{organization}", "members/{organization}"),
)
