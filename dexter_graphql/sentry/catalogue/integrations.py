"""Endpoints of integrations."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Silo
from dexter_graphql.sentry.restriction import AccessLevel, whole_organization

LIST = Endpoint(
    "integrations.list",
    "GET",
    "/organizations/{organization}/integrations/",
    ("org:admin", "org:integrations", "org:read", "org:write"),
    restriction=whole_organization(AccessLevel.READ),
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
    restriction=whole_organization(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    silo=Silo.CONTROL,
    tags=("integrations/{organization}",),
)
APPS = Endpoint(
    "integrations.apps",
    "GET",
    "/organizations/{organization}/sentry-apps/",
    ("org:admin", "org:read", "org:write"),
    restriction=whole_organization(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    silo=Silo.CONTROL,
    tags=("integrations/{organization}",),
)
