"""Endpoints of usage and release health.

Their answers are sums over whole hours, so they are cached for a minute.
"""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime
from dexter_graphql.sentry.restriction import AccessLevel, by_query

USAGE = Endpoint(
    "stats.usage",
    "GET",
    "/organizations/{organization}/stats_v2/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
)
SUMMARY = Endpoint(
    "stats.summary",
    "GET",
    "/organizations/{organization}/stats-summary/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
)
SESSIONS = Endpoint(
    "stats.sessions",
    "GET",
    "/organizations/{organization}/sessions/",
    ("org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
)
