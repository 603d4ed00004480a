"""Endpoints, a projection and call contexts for tests of the Sentry client."""

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Silo
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection
from dexter_graphql.sentry.restriction import AccessLevel, unrestricted
from support.upstream import EPOCH_S

ACME = Parents(OrganizationRef("1", "acme"))
ANY = unrestricted(AccessLevel.READ)
"""For tests that are not about restrictions."""
REGIONAL = Parents(OrganizationRef("1", "acme", region_url="https://us.sentry.io"))
ISSUE = Projection("Issue", "list", (Field("id", "id", int | str, is_required=True),))
LIST = Endpoint(
    "issues.list",
    "GET",
    "/organizations/{organization}/issues/",
    ("event:read",),
    restriction=ANY,
    pages=Pagination.LIMIT,
    tags=("issues/{organization}",),
)
DETAIL = Endpoint(
    "issues.detail",
    "GET",
    "/organizations/{organization}/issues/{issue}/",
    ("event:read",),
    restriction=ANY,
    tags=("issues/{organization}", "issue/{issue}"),
)
UPDATE = Endpoint(
    "issues.update",
    "PUT",
    "/organizations/{organization}/issues/{issue}/",
    ("event:write",),
    restriction=ANY,
    lifetime=Lifetime.NEVER,
    tags=("issue/{issue}",),
)
RELEASE = Endpoint(
    "releases.detail",
    "GET",
    "/organizations/{organization}/releases/{release}/",
    ("project:releases",),
    restriction=ANY,
)
MEMBER = Endpoint("users.me", "GET", "/users/{member}/", (), restriction=ANY)
WRAPPED = Endpoint(
    "events.wrapped",
    "GET",
    "/organizations/{organization}/events/",
    ("event:read",),
    restriction=ANY,
    envelope=("data",),
)
CONTROL = Endpoint(
    "integrations.list",
    "GET",
    "/organizations/{organization}/integrations/",
    ("org:read",),
    restriction=ANY,
    silo=Silo.CONTROL,
)


def a_call_context(limit=10, **changes):
    members = {"upstream": Upstream("alice", "sntryu_secret"), "deadline": EPOCH_S + 60, "budget": CallBudget(limit)}
    return CallContext(**members | changes)


def counts(call_context):
    """Upstream calls, cache hits and shared calls."""
    return (call_context.stats.upstream_calls, call_context.stats.cache_hits, call_context.stats.shared_flights)
