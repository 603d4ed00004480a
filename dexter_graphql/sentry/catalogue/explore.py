"""Endpoints of Explore: attributes, metrics, AI conversations, dropped events and starred spans."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.restriction import AccessLevel, by_body, by_query, whole_organization

READ = ("org:admin", "org:read", "org:write")

ATTRIBUTES = Endpoint(
    "explore.attributes",
    "GET",
    "/organizations/{organization}/trace-items/attributes/",
    READ,
    restriction=whole_organization(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
)
DISTRIBUTIONS = Endpoint(
    "explore.distributions",
    "GET",
    "/organizations/{organization}/trace-items/stats/",
    READ,
    restriction=by_query(AccessLevel.READ),
)
METRICS = Endpoint(
    "explore.metrics",
    "GET",
    "/organizations/{organization}/trace-items/metrics/",
    READ,
    restriction=by_query(AccessLevel.READ),
    source=Source.OBSERVED,
)
CONVERSATIONS = Endpoint(
    "explore.conversations",
    "GET",
    "/organizations/{organization}/agents/conversations/",
    READ,
    restriction=by_query(AccessLevel.READ),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
)
CONVERSATION = Endpoint(
    "explore.conversation",
    "GET",
    "/organizations/{organization}/agents/conversations/{conversation}/",
    READ,
    restriction=by_query(AccessLevel.READ),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
)
DROPPED = Endpoint(
    "explore.dropped",
    "GET",
    "/organizations/{organization}/events-dropped/",
    READ,
    restriction=by_query(AccessLevel.READ),
    source=Source.OBSERVED,
    lifetime=Lifetime.STABLE,
)
STAR = Endpoint(
    "explore.star",
    "POST",
    "/organizations/{organization}/starred-service-spans/",
    ("member:read", "member:write"),
    restriction=by_body(AccessLevel.ADMIN, "project_id"),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("spans/{organization}",),
)
UNSTAR = Endpoint(
    "explore.unstar",
    "DELETE",
    "/organizations/{organization}/starred-service-spans/",
    ("member:read", "member:write"),
    restriction=whole_organization(AccessLevel.ADMIN),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    tags=("spans/{organization}",),
)
