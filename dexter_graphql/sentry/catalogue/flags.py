"""Endpoints of the log of feature flags."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.restriction import AccessLevel, unrestricted

LIST = Endpoint(
    "flags.list",
    "GET",
    "/organizations/{organization}/flags/logs/",
    ("org:read", "org:write", "org:admin"),
    restriction=unrestricted(AccessLevel.READ),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
    envelope=("data",),
)
DETAIL = Endpoint(
    "flags.detail",
    "GET",
    "/organizations/{organization}/flags/logs/{flag_change}/",
    ("org:read", "org:write", "org:admin"),
    restriction=unrestricted(AccessLevel.READ),
    source=Source.OBSERVED,
    lifetime=Lifetime.IMMUTABLE,
    envelope=("data",),
)
