"""Endpoints of tickets in trackers. The lists of an issue's tickets are among the endpoints of issues."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Silo, Source
from dexter_graphql.sentry.restriction import AccessLevel, by_parent, unrestricted, whole_organization

FORM = Endpoint(
    "tickets.form",
    "GET",
    "/organizations/{organization}/issues/{issue}/integrations/{integration}/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    tags=("issue/{issue}",),
)
CREATE = Endpoint(
    "tickets.create",
    "POST",
    "/organizations/{organization}/issues/{issue}/integrations/{integration}/",
    ("event:admin", "event:write"),
    restriction=by_parent(AccessLevel.TRIAGE, "issue"),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("issue/{issue}",),
)
LINK = Endpoint(
    "tickets.link",
    "PUT",
    "/organizations/{organization}/issues/{issue}/integrations/{integration}/",
    ("event:admin", "event:write"),
    restriction=by_parent(AccessLevel.TRIAGE, "issue"),
    lifetime=Lifetime.NEVER,
    tags=("issue/{issue}",),
)
UNLINK = Endpoint(
    "tickets.unlink",
    "DELETE",
    "/organizations/{organization}/issues/{issue}/integrations/{integration}/",
    ("event:admin",),
    restriction=by_parent(AccessLevel.ADMIN, "issue"),
    lifetime=Lifetime.NEVER,
    tags=("issue/{issue}",),
)
UNLINK_APP = Endpoint(
    "tickets.unlink_app",
    "DELETE",
    "/organizations/{organization}/issues/{issue}/external-issues/{external_issue}/",
    ("event:admin",),
    restriction=by_parent(AccessLevel.ADMIN, "issue"),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    tags=("issue/{issue}",),
)
APP_COMPONENTS = Endpoint(
    "tickets.app_components",
    "GET",
    "/organizations/{organization}/sentry-app-components/",
    ("org:admin", "org:integrations", "org:read", "org:write"),
    restriction=unrestricted(AccessLevel.READ),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    silo=Silo.CONTROL,
    tags=("integrations/{organization}",),
)
APP_OPTIONS = Endpoint(
    "tickets.app_options",
    "GET",
    "/sentry-app-installations/{installation}/external-requests/",
    ("org:admin", "org:integrations", "org:read", "org:write"),
    restriction=whole_organization(AccessLevel.READ),
    source=Source.OBSERVED,
    silo=Silo.CONTROL,
    tags=("installation/{installation}",),
)
APP_ACTION = Endpoint(
    "tickets.app_action",
    "POST",
    "/sentry-app-installations/{installation}/external-issue-actions/",
    ("event:admin", "event:read", "event:write"),
    restriction=whole_organization(AccessLevel.TRIAGE),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    silo=Silo.CONTROL,
    is_idempotent=False,
    tags=("installation/{installation}",),
)
SET_APP_LINK = Endpoint(
    "tickets.set_app_link",
    "POST",
    "/sentry-app-installations/{installation}/external-issues/",
    ("event:write",),
    restriction=whole_organization(AccessLevel.TRIAGE),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("installation/{installation}",),
)
DELETE_APP_LINK = Endpoint(
    "tickets.delete_app_link",
    "DELETE",
    "/sentry-app-installations/{installation}/external-issues/{external_issue}/",
    ("event:admin",),
    restriction=whole_organization(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=("installation/{installation}",),
)
