"""Endpoints of integrations."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Silo

LIST = Endpoint(
    "integrations.list",
    "GET",
    "/organizations/{organization}/integrations/",
    ("org:admin", "org:integrations", "org:read", "org:write"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    silo=Silo.CONTROL,
    tags=("integrations/{organization}",),
)
APP_INSTALLATIONS = Endpoint(
    "integrations.app_installations",
    "GET",
    "/organizations/{organization}/sentry-app-installations/",
    ("org:integrations", "org:read"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    silo=Silo.CONTROL,
    tags=("integrations/{organization}",),
)
