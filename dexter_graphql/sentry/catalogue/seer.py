"""Endpoints of Seer, which analyses and fixes issues."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime
from dexter_graphql.sentry.restriction import AccessLevel, by_parent, unrestricted

MODELS = Endpoint(
    "seer.models",
    "GET",
    "/seer/models/",
    (),
    restriction=unrestricted(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
)
AUTOFIX = Endpoint(
    "seer.autofix",
    "GET",
    "/organizations/{organization}/issues/{issue}/autofix/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    tags=("issue/{issue}",),
)
START_AUTOFIX = Endpoint(
    "seer.start_autofix",
    "POST",
    "/organizations/{organization}/issues/{issue}/autofix/",
    ("event:admin", "event:write"),
    restriction=by_parent(AccessLevel.TRIAGE, "issue"),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("issue/{issue}",),
)
