"""Endpoints of issue views, which belong to the user of the token."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.restriction import AccessLevel, whole_organization

SCOPES = ("member:read", "member:write", "org:admin", "org:read", "org:write")
TAGS = ("issue-views/{organization}",)

LIST = Endpoint(
    "issue_views.list",
    "GET",
    "/organizations/{organization}/group-search-views/",
    SCOPES,
    restriction=whole_organization(AccessLevel.READ),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=TAGS,
)
CREATE = Endpoint(
    "issue_views.create",
    "POST",
    "/organizations/{organization}/group-search-views/",
    SCOPES,
    restriction=whole_organization(AccessLevel.ADMIN),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=TAGS,
)
