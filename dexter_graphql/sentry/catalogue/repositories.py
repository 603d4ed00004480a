"""Endpoints of repositories."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination
from dexter_graphql.sentry.restriction import AccessLevel, whole_organization

LIST = Endpoint(
    "repositories.list",
    "GET",
    "/organizations/{organization}/repos/",
    ("org:admin", "org:ci", "org:integrations", "org:read", "org:write"),
    restriction=whole_organization(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("integrations/{organization}",),
)
COMMITS = Endpoint(
    "repositories.commits",
    "GET",
    "/organizations/{organization}/repos/{repository}/commits/",
    ("org:admin", "org:read", "org:write"),
    restriction=whole_organization(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
)
