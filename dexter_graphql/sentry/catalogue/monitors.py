"""Endpoints of cron monitors."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination
from dexter_graphql.sentry.restriction import AccessLevel, by_body, by_parent, by_path, by_query, by_response

LIST = Endpoint(
    "monitors.list",
    "GET",
    "/organizations/{organization}/monitors/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ, "project.id"),
    pages=Pagination.PER_PAGE,
    tags=("alerts/{organization}",),
)
DETAIL = Endpoint(
    "monitors.detail",
    "GET",
    "/organizations/{organization}/monitors/{monitor}/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_response("project.id"),
    tags=("alerts/{organization}",),
)
PROJECT_DETAIL = Endpoint(
    "monitors.project_detail",
    "GET",
    "/projects/{organization}/{project}/monitors/{monitor}/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    tags=("alerts/{organization}",),
)
CURRENT = Endpoint(
    "monitors.current",
    "GET",
    "/organizations/{organization}/monitors/{monitor}/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_response("project.id"),
    lifetime=Lifetime.NEVER,
)
PROJECT_CURRENT = Endpoint(
    "monitors.project_current",
    "GET",
    "/projects/{organization}/{project}/monitors/{monitor}/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.NEVER,
)
CHECK_INS = Endpoint(
    "monitors.check_ins",
    "GET",
    "/organizations/{organization}/monitors/{monitor}/checkins/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_parent(AccessLevel.READ, "monitor"),
    pages=Pagination.PER_PAGE,
)
PROJECT_CHECK_INS = Endpoint(
    "monitors.project_check_ins",
    "GET",
    "/projects/{organization}/{project}/monitors/{monitor}/checkins/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
)
CREATE = Endpoint(
    "monitors.create",
    "POST",
    "/organizations/{organization}/monitors/",
    ("alerts:write", "org:admin", "org:read", "org:write"),
    restriction=by_body(AccessLevel.ADMIN, "project"),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("alerts/{organization}",),
)
UPDATE = Endpoint(
    "monitors.update",
    "PUT",
    "/organizations/{organization}/monitors/{monitor}/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_parent(AccessLevel.ADMIN, "monitor", project="project"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
PROJECT_UPDATE = Endpoint(
    "monitors.project_update",
    "PUT",
    "/projects/{organization}/{project}/monitors/{monitor}/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN, project="project"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
DELETE = Endpoint(
    "monitors.delete",
    "DELETE",
    "/organizations/{organization}/monitors/{monitor}/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_parent(AccessLevel.ADMIN, "monitor"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
PROJECT_DELETE = Endpoint(
    "monitors.project_delete",
    "DELETE",
    "/projects/{organization}/{project}/monitors/{monitor}/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
