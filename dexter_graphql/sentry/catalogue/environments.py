"""Endpoints of environments."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime

LIST = Endpoint(
    "environments.list",
    "GET",
    "/organizations/{organization}/environments/",
    ("org:admin", "org:read", "org:write"),
    lifetime=Lifetime.STABLE,
    tags=("environments/{organization}",),
)
