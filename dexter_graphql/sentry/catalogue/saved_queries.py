"""Endpoints of saved queries of Discover."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination
from dexter_graphql.sentry.path_parameters import NUMBER, PathParameter
from dexter_graphql.sentry.restriction import AccessLevel, whole_organization

SCOPES = ("org:admin", "org:read", "org:write")
PARAMETERS = (("query", PathParameter("saved query ID", NUMBER)),)
TAGS = ("saved-queries/{organization}",)

LIST = Endpoint(
    "saved_queries.list",
    "GET",
    "/organizations/{organization}/discover/saved/",
    SCOPES,
    restriction=whole_organization(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=TAGS,
)
DETAIL = Endpoint(
    "saved_queries.detail",
    "GET",
    "/organizations/{organization}/discover/saved/{query}/",
    SCOPES,
    restriction=whole_organization(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=TAGS,
    parameters=PARAMETERS,
)
CURRENT = Endpoint(
    "saved_queries.current",
    "GET",
    "/organizations/{organization}/discover/saved/{query}/",
    SCOPES,
    restriction=whole_organization(AccessLevel.READ),
    lifetime=Lifetime.NEVER,
    parameters=PARAMETERS,
)
"""The saved query as it is now, for changes: Sentry replaces all of it."""
CREATE = Endpoint(
    "saved_queries.create",
    "POST",
    "/organizations/{organization}/discover/saved/",
    SCOPES,
    restriction=whole_organization(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=TAGS,
)
UPDATE = Endpoint(
    "saved_queries.update",
    "PUT",
    "/organizations/{organization}/discover/saved/{query}/",
    SCOPES,
    restriction=whole_organization(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=TAGS,
    parameters=PARAMETERS,
)
DELETE = Endpoint(
    "saved_queries.delete",
    "DELETE",
    "/organizations/{organization}/discover/saved/{query}/",
    SCOPES,
    restriction=whole_organization(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=TAGS,
    parameters=PARAMETERS,
)
