"""Endpoints of organizations, and of the ids that are resolved within one."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.path_parameters import SHORT_ID as SHORT_ID_PARAMETER
from dexter_graphql.sentry.restriction import AccessLevel, by_response, unrestricted

ROOT = Endpoint(
    "organizations.root",
    "GET",
    "/",
    ("org:admin", "org:read", "org:write"),
    restriction=unrestricted(AccessLevel.READ),
    source=Source.OBSERVED,
)
LIST = Endpoint(
    "organizations.list",
    "GET",
    "/organizations/",
    ("org:admin", "org:read", "org:write"),
    restriction=unrestricted(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
)
DETAIL = Endpoint(
    "organizations.detail",
    "GET",
    "/organizations/{organization}/",
    ("org:admin", "org:read", "org:write"),
    restriction=unrestricted(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=("organization/{organization}",),
)
SHORT_ID = Endpoint(
    "organizations.short_id",
    "GET",
    "/organizations/{organization}/shortids/{issue}/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_response("group.project.id"),
    lifetime=Lifetime.STABLE,
    tags=("issues/{organization}",),
    parameters=(("issue", SHORT_ID_PARAMETER),),
)
