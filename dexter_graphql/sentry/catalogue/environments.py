"""Endpoints of environments. The list of one project is among the endpoints of projects."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime
from dexter_graphql.sentry.restriction import AccessLevel, by_path, by_query

LIST = Endpoint(
    "environments.list",
    "GET",
    "/organizations/{organization}/environments/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("environments/{organization}",),
)
PROJECT_ENVIRONMENT = Endpoint(
    "environments.project_environment",
    "GET",
    "/projects/{organization}/{project}/environments/{environment}/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("environments/{organization}", "project/{project}"),
)
UPDATE = Endpoint(
    "environments.update",
    "PUT",
    "/projects/{organization}/{project}/environments/{environment}/",
    ("project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=("environments/{organization}", "project/{project}"),
)
BULK_UPDATE = Endpoint(
    "environments.bulk_update",
    "PUT",
    "/projects/{organization}/{project}/environments/",
    ("project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=("environments/{organization}", "project/{project}"),
)
