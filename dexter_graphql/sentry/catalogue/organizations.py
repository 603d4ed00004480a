"""Operations of Sentry on organizations, and the ids that lead into them."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination

LIST = Endpoint(
    "organizations.list",
    "GET",
    "/organizations/",
    ("org:admin", "org:read", "org:write"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
)
DETAIL = Endpoint(
    "organizations.detail",
    "GET",
    "/organizations/{organization}/",
    ("org:admin", "org:read", "org:write"),
    lifetime=Lifetime.STABLE,
    tags=("organization/{organization}",),
)
SHORT_ID = Endpoint(
    "organizations.short_id",
    "GET",
    "/organizations/{organization}/shortids/{issue}/",
    ("event:admin", "event:read", "event:write"),
    lifetime=Lifetime.STABLE,
    tags=("issues/{organization}",),
)
EVENT_ID = Endpoint(
    "organizations.event_id",
    "GET",
    "/organizations/{organization}/eventids/{event}/",
    ("org:admin", "org:read", "org:write"),
    lifetime=Lifetime.IMMUTABLE,
    has_event_bodies=True,
)
