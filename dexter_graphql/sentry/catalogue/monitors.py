"""Endpoints of cron monitors."""

from dexter_graphql.sentry.endpoint import Endpoint, Pagination
from dexter_graphql.sentry.restriction import AccessLevel, by_parent, by_query, by_response

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
CHECK_INS = Endpoint(
    "monitors.check_ins",
    "GET",
    "/organizations/{organization}/monitors/{monitor}/checkins/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_parent(AccessLevel.READ, "monitor"),
    pages=Pagination.PER_PAGE,
)
