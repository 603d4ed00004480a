"""Endpoints of projects."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination
from dexter_graphql.sentry.restriction import AccessLevel, by_path, by_response

LIST = Endpoint(
    "projects.list",
    "GET",
    "/organizations/{organization}/projects/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_response("id"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("projects/{organization}",),
)
DETAIL = Endpoint(
    "projects.detail",
    "GET",
    "/projects/{organization}/{project}/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("projects/{organization}", "project/{project}"),
)
KEYS = Endpoint(
    "projects.keys",
    "GET",
    "/projects/{organization}/{project}/keys/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("projects/{organization}", "project/{project}"),
)
KEY = Endpoint(
    "projects.key",
    "GET",
    "/projects/{organization}/{project}/keys/{key}/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("projects/{organization}", "project/{project}"),
)
MEMBERS = Endpoint(
    "projects.members",
    "GET",
    "/projects/{organization}/{project}/members/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("projects/{organization}", "project/{project}", "members/{organization}"),
)
ENVIRONMENTS = Endpoint(
    "projects.environments",
    "GET",
    "/projects/{organization}/{project}/environments/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("projects/{organization}", "project/{project}"),
)
STATS = Endpoint(
    "projects.stats",
    "GET",
    "/projects/{organization}/{project}/stats/",
    ("project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
)
