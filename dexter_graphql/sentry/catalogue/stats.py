"""Operations of Sentry on usage and release health."""

from dexter_graphql.sentry.endpoint import Endpoint

USAGE = Endpoint(
    "stats.usage", "GET", "/organizations/{organization}/stats_v2/", ("org:admin", "org:read", "org:write")
)
SUMMARY = Endpoint(
    "stats.summary", "GET", "/organizations/{organization}/stats-summary/", ("org:admin", "org:read", "org:write")
)
SESSIONS = Endpoint(
    "stats.sessions", "GET", "/organizations/{organization}/sessions/", ("org:admin", "org:read", "org:write")
)
