"""Endpoints of releases."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.restriction import AccessLevel, by_body, by_parent, by_path, by_query, by_response

LIST = Endpoint(
    "releases.list",
    "GET",
    "/organizations/{organization}/releases/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_query(AccessLevel.READ, "projects.id"),
    pages=Pagination.PER_PAGE,
    tags=("releases/{organization}",),
)
POLLED = Endpoint(
    "releases.polled",
    "GET",
    "/organizations/{organization}/releases/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_query(AccessLevel.READ, "projects.id"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.NEVER,
)
"""The list, past the cache: what polling compares."""
DETAIL = Endpoint(
    "releases.detail",
    "GET",
    "/organizations/{organization}/releases/{release}/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_response("projects.id"),
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
COMMITS = Endpoint(
    "releases.commits",
    "GET",
    "/organizations/{organization}/releases/{release}/commits/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_parent(AccessLevel.READ, "release"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
COMMIT_FILES = Endpoint(
    "releases.commit_files",
    "GET",
    "/organizations/{organization}/releases/{release}/commitfiles/",
    ("project:releases",),
    restriction=by_parent(AccessLevel.READ, "release"),
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
DEPLOYS = Endpoint(
    "releases.deploys",
    "GET",
    "/organizations/{organization}/releases/{release}/deploys/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_parent(AccessLevel.READ, "release"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
PROJECT_LIST = Endpoint(
    "releases.project_list",
    "GET",
    "/projects/{organization}/{project}/releases/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    tags=("releases/{organization}",),
)
PROJECT_COMMITS = Endpoint(
    "releases.project_commits",
    "GET",
    "/projects/{organization}/{project}/releases/{release}/commits/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("releases/{organization}",),
)
SETUP = Endpoint(
    "releases.setup",
    "GET",
    "/projects/{organization}/{project}/releases/completion/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_path(AccessLevel.READ),
    source=Source.OBSERVED,
    tags=("releases/{organization}",),
)
THRESHOLDS = Endpoint(
    "releases.thresholds",
    "GET",
    "/organizations/{organization}/release-threshold-statuses/",
    ("org:ci", "project:admin", "project:read", "project:releases", "project:write"),
    restriction=by_query(AccessLevel.READ),
    tags=("releases/{organization}",),
)
RESOLVED = Endpoint(
    "releases.resolved",
    "GET",
    "/organizations/{organization}/releases/{release}/resolved/",
    ("org:ci", "project:read", "project:releases"),
    restriction=by_response("project.id"),
    source=Source.OBSERVED,
    tags=("releases/{organization}", "issues/{organization}"),
)
CREATE = Endpoint(
    "releases.create",
    "POST",
    "/organizations/{organization}/releases/",
    ("org:ci", "project:admin", "project:releases", "project:write"),
    restriction=by_body(AccessLevel.ADMIN, "projects"),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("releases/{organization}", "projects/{organization}"),
)
UPDATE = Endpoint(
    "releases.update",
    "PUT",
    "/organizations/{organization}/releases/{release}/",
    ("org:ci", "project:admin", "project:releases", "project:write"),
    restriction=by_parent(AccessLevel.ADMIN, "release"),
    lifetime=Lifetime.NEVER,
    tags=("releases/{organization}", "projects/{organization}"),
)
DELETE = Endpoint(
    "releases.delete",
    "DELETE",
    "/organizations/{organization}/releases/{release}/",
    ("project:admin", "project:releases"),
    restriction=by_parent(AccessLevel.ADMIN, "release"),
    lifetime=Lifetime.NEVER,
    tags=("releases/{organization}", "projects/{organization}"),
)
CREATE_DEPLOY = Endpoint(
    "releases.create_deploy",
    "POST",
    "/organizations/{organization}/releases/{release}/deploys/",
    ("org:ci", "project:admin", "project:releases", "project:write"),
    restriction=by_parent(AccessLevel.ADMIN, "release", projects="project"),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("releases/{organization}", "environments/{organization}"),
)
