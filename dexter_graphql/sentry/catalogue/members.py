"""Endpoints of members."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination

LIST = Endpoint(
    "members.list",
    "GET",
    "/organizations/{organization}/members/",
    ("member:admin", "member:read", "member:write"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("members/{organization}",),
)
DETAIL = Endpoint(
    "members.detail",
    "GET",
    "/organizations/{organization}/members/{member}/",
    ("member:admin", "member:read", "member:write"),
    lifetime=Lifetime.STABLE,
    tags=("members/{organization}",),
)
