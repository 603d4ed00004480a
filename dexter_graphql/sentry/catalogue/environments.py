"""Endpoints of environments."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime
from dexter_graphql.sentry.restriction import AccessLevel, whole_organization

LIST = Endpoint(
    "environments.list",
    "GET",
    "/organizations/{organization}/environments/",
    ("org:admin", "org:read", "org:write"),
    restriction=whole_organization(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("environments/{organization}",),
)
