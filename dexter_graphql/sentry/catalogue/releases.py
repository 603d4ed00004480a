"""Endpoints of releases."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination

LIST = Endpoint(
    "releases.list",
    "GET",
    "/organizations/{organization}/releases/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    pages=Pagination.PER_PAGE,
    tags=("releases/{organization}",),
)
DETAIL = Endpoint(
    "releases.detail",
    "GET",
    "/organizations/{organization}/releases/{release}/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
COMMITS = Endpoint(
    "releases.commits",
    "GET",
    "/organizations/{organization}/releases/{release}/commits/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
COMMIT_FILES = Endpoint(
    "releases.commit_files",
    "GET",
    "/organizations/{organization}/releases/{release}/commitfiles/",
    ("project:releases",),
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
DEPLOYS = Endpoint(
    "releases.deploys",
    "GET",
    "/organizations/{organization}/releases/{release}/deploys/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
PROJECT_LIST = Endpoint(
    "releases.project_list",
    "GET",
    "/projects/{organization}/{project}/releases/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    pages=Pagination.PER_PAGE,
    tags=("releases/{organization}",),
)
