"""Endpoints of cron monitors."""

from dexter_graphql.sentry.endpoint import Endpoint, Pagination

LIST = Endpoint(
    "monitors.list",
    "GET",
    "/organizations/{organization}/monitors/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    pages=Pagination.PER_PAGE,
    tags=("alerts/{organization}",),
)
DETAIL = Endpoint(
    "monitors.detail",
    "GET",
    "/organizations/{organization}/monitors/{monitor}/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    tags=("alerts/{organization}",),
)
CHECK_INS = Endpoint(
    "monitors.check_ins",
    "GET",
    "/organizations/{organization}/monitors/{monitor}/checkins/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    pages=Pagination.PER_PAGE,
)
