"""Endpoints of members."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination
from dexter_graphql.sentry.restriction import AccessLevel, whole_organization

LIST = Endpoint(
    "members.list",
    "GET",
    "/organizations/{organization}/members/",
    ("member:admin", "member:read", "member:write"),
    restriction=whole_organization(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("members/{organization}",),
)
DETAIL = Endpoint(
    "members.detail",
    "GET",
    "/organizations/{organization}/members/{member}/",
    ("member:admin", "member:read", "member:write"),
    restriction=whole_organization(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("members/{organization}",),
)
