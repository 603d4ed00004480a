"""Endpoints of issues."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.path_parameters import EVENT_ID_OR_WORD, ISSUE_ID_OR_SHORT_ID, TAG_KEY
from dexter_graphql.sentry.restriction import AccessLevel, by_parent, by_path, by_query, by_response

LIST = Endpoint(
    "issues.list",
    "GET",
    "/organizations/{organization}/issues/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_query(AccessLevel.READ, "project.id"),
    pages=Pagination.LIMIT,
    tags=("issues/{organization}",),
)
POLLED = Endpoint(
    "issues.polled",
    "GET",
    "/organizations/{organization}/issues/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_query(AccessLevel.READ, "project.id"),
    pages=Pagination.LIMIT,
    lifetime=Lifetime.NEVER,
)
"""The list, past the cache: what polling compares."""
ACTIVITIES = Endpoint(
    "issues.activities",
    "GET",
    "/organizations/{organization}/issues/{issue}/activities/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
)
PROJECT_LIST = Endpoint(
    "issues.project_list",
    "GET",
    "/projects/{organization}/{project}/issues/",
    ("event:read",),
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.LIMIT,
    tags=("issues/{organization}",),
)
"""Deprecated at Sentry; the only list that takes grouping hashes."""
DETAIL = Endpoint(
    "issues.detail",
    "GET",
    "/organizations/{organization}/issues/{issue}/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_response("project.id"),
    tags=("issues/{organization}", "issue/{issue}"),
    parameters=(("issue", ISSUE_ID_OR_SHORT_ID),),
)
STATS = Endpoint(
    "issues.stats",
    "GET",
    "/organizations/{organization}/issues-stats/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_query(AccessLevel.READ),
    source=Source.OBSERVED,
    tags=("issues/{organization}",),
)
HASHES = Endpoint(
    "issues.hashes",
    "GET",
    "/organizations/{organization}/issues/{issue}/hashes/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("issue/{issue}",),
    has_event_bodies=True,
)
TAGS = Endpoint(
    "issues.tags",
    "GET",
    "/organizations/{organization}/issues/{issue}/tags/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    source=Source.OBSERVED,
    tags=("issue/{issue}",),
)
TAG = Endpoint(
    "issues.tag",
    "GET",
    "/organizations/{organization}/issues/{issue}/tags/{key}/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    tags=("issue/{issue}",),
    parameters=(("key", TAG_KEY),),
)
TAG_VALUES = Endpoint(
    "issues.tag_values",
    "GET",
    "/organizations/{organization}/issues/{issue}/tags/{key}/values/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    pages=Pagination.PER_PAGE,
    tags=("issue/{issue}",),
    parameters=(("key", TAG_KEY),),
)
EVENTS = Endpoint(
    "issues.events",
    "GET",
    "/organizations/{organization}/issues/{issue}/events/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    pages=Pagination.PER_PAGE,
    tags=("issue/{issue}",),
)
EVENT = Endpoint(
    "issues.event",
    "GET",
    "/organizations/{organization}/issues/{issue}/events/{event}/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    lifetime=Lifetime.STABLE,
    tags=("issue/{issue}",),
    has_event_bodies=True,
    parameters=(("event", EVENT_ID_OR_WORD),),
)
COMMENTS = Endpoint(
    "issues.comments",
    "GET",
    "/organizations/{organization}/issues/{issue}/notes/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
    tags=("issue/{issue}",),
)
USER_REPORTS = Endpoint(
    "issues.user_reports",
    "GET",
    "/organizations/{organization}/issues/{issue}/user-reports/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
    tags=("issue/{issue}",),
)
SIMILAR = Endpoint(
    "issues.similar",
    "GET",
    "/organizations/{organization}/issues/{issue}/similar/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    source=Source.OBSERVED,
    tags=("issues/{organization}", "issue/{issue}"),
)
EXTERNAL_ISSUES = Endpoint(
    "issues.external_issues",
    "GET",
    "/organizations/{organization}/issues/{issue}/external-issues/",
    ("event:admin", "event:read", "event:write"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    lifetime=Lifetime.STABLE,
    tags=("issue/{issue}",),
)
INTEGRATIONS = Endpoint(
    "issues.integrations",
    "GET",
    "/organizations/{organization}/issues/{issue}/integrations/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_parent(AccessLevel.READ, "issue"),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("issue/{issue}",),
)
UPDATE = Endpoint(
    "issues.update",
    "PUT",
    "/organizations/{organization}/issues/{issue}/",
    ("event:admin", "event:write"),
    restriction=by_parent(AccessLevel.TRIAGE, "issue"),
    lifetime=Lifetime.NEVER,
    tags=("issues/{organization}", "issue/{issue}"),
)
DELETE = Endpoint(
    "issues.delete",
    "DELETE",
    "/organizations/{organization}/issues/{issue}/",
    ("event:admin",),
    restriction=by_parent(AccessLevel.ADMIN, "issue"),
    lifetime=Lifetime.NEVER,
    tags=("issues/{organization}", "issue/{issue}"),
)
BULK_UPDATE = Endpoint(
    "issues.bulk_update",
    "PUT",
    "/organizations/{organization}/issues/",
    ("event:admin", "event:write"),
    restriction=by_query(AccessLevel.TRIAGE),
    lifetime=Lifetime.NEVER,
    tags=("issues/{organization}",),
)
BULK_DELETE = Endpoint(
    "issues.bulk_delete",
    "DELETE",
    "/organizations/{organization}/issues/",
    ("event:admin",),
    restriction=by_query(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=("issues/{organization}",),
)
PROJECT_BULK_UPDATE = Endpoint(
    "issues.project_bulk_update",
    "PUT",
    "/projects/{organization}/{project}/issues/",
    ("event:write",),
    restriction=by_path(AccessLevel.TRIAGE),
    lifetime=Lifetime.NEVER,
    tags=("issues/{organization}",),
)
PROJECT_BULK_DELETE = Endpoint(
    "issues.project_bulk_delete",
    "DELETE",
    "/projects/{organization}/{project}/issues/",
    ("event:admin",),
    restriction=by_path(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=("issues/{organization}",),
)
ADD_COMMENT = Endpoint(
    "issues.add_comment",
    "POST",
    "/organizations/{organization}/issues/{issue}/notes/",
    ("event:read", "event:write", "event:admin"),
    restriction=by_parent(AccessLevel.TRIAGE, "issue"),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=("issues/{organization}", "issue/{issue}"),
)
EDIT_COMMENT = Endpoint(
    "issues.edit_comment",
    "PUT",
    "/organizations/{organization}/issues/{issue}/notes/{comment}/",
    ("event:write", "event:admin"),
    restriction=by_parent(AccessLevel.TRIAGE, "issue"),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    tags=("issue/{issue}",),
)
DELETE_COMMENT = Endpoint(
    "issues.delete_comment",
    "DELETE",
    "/organizations/{organization}/issues/{issue}/notes/{comment}/",
    ("event:write", "event:admin"),
    restriction=by_parent(AccessLevel.TRIAGE, "issue"),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    tags=("issues/{organization}", "issue/{issue}"),
)
