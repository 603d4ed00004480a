"""Endpoints of alerts and monitors: detectors and workflows, and the alert rules that they replace."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Source
from dexter_graphql.sentry.restriction import (
    AccessLevel,
    by_body,
    by_parent,
    by_path,
    by_query,
    by_response,
    unrestricted,
)

WORKFLOWS = Endpoint(
    "alerts.workflows",
    "GET",
    "/organizations/{organization}/workflows/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ, "detectorIds", of="detector"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
WORKFLOW = Endpoint(
    "alerts.workflow",
    "GET",
    "/organizations/{organization}/workflows/{workflow}/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_response("detectorIds", of="detector"),
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
DETECTORS = Endpoint(
    "alerts.detectors",
    "GET",
    "/organizations/{organization}/detectors/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.READ, "projectId"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
DETECTOR = Endpoint(
    "alerts.detector",
    "GET",
    "/organizations/{organization}/detectors/{detector}/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_response("projectId"),
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
ISSUE_RULES = Endpoint(
    "alerts.issue_rules",
    "GET",
    "/projects/{organization}/{project}/rules/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    source=Source.LEGACY,
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
ISSUE_RULE = Endpoint(
    "alerts.issue_rule",
    "GET",
    "/projects/{organization}/{project}/rules/{rule}/",
    ("alerts:read", "alerts:write", "project:admin", "project:read", "project:write"),
    restriction=by_path(AccessLevel.READ),
    source=Source.LEGACY,
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
METRIC_RULES = Endpoint(
    "alerts.metric_rules",
    "GET",
    "/organizations/{organization}/alert-rules/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_response("projects"),
    source=Source.LEGACY,
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
METRIC_RULE = Endpoint(
    "alerts.metric_rule",
    "GET",
    "/organizations/{organization}/alert-rules/{rule}/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_response("projects"),
    source=Source.LEGACY,
    lifetime=Lifetime.STABLE,
    tags=("alerts/{organization}",),
)
CREATE_WORKFLOW = Endpoint(
    "alerts.create_workflow",
    "POST",
    "/organizations/{organization}/workflows/",
    ("alerts:write", "org:admin", "org:write"),
    restriction=by_body(AccessLevel.ADMIN, "detectorIds", "detector"),
    is_idempotent=False,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UPDATE_WORKFLOW = Endpoint(
    "alerts.update_workflow",
    "PUT",
    "/organizations/{organization}/workflows/{workflow}/",
    ("alerts:write", "org:admin", "org:write"),
    restriction=by_parent(AccessLevel.ADMIN, "workflow", detectorIds="detector"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
DELETE_WORKFLOW = Endpoint(
    "alerts.delete_workflow",
    "DELETE",
    "/organizations/{organization}/workflows/{workflow}/",
    ("alerts:write", "org:admin", "org:write"),
    restriction=by_parent(AccessLevel.ADMIN, "workflow"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UPDATE_WORKFLOWS = Endpoint(
    "alerts.update_workflows",
    "PUT",
    "/organizations/{organization}/workflows/",
    ("alerts:write", "org:admin", "org:write"),
    restriction=by_query(AccessLevel.ADMIN, id="workflow"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
DELETE_WORKFLOWS = Endpoint(
    "alerts.delete_workflows",
    "DELETE",
    "/organizations/{organization}/workflows/",
    ("alerts:write", "org:admin", "org:write"),
    restriction=by_query(AccessLevel.ADMIN, id="workflow"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
CREATE_DETECTOR = Endpoint(
    "alerts.create_detector",
    "POST",
    "/organizations/{organization}/projects/{project}/detectors/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN, workflowIds="workflow"),
    is_idempotent=False,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UPDATE_DETECTOR = Endpoint(
    "alerts.update_detector",
    "PUT",
    "/organizations/{organization}/detectors/{detector}/",
    ("alerts:write", "org:admin", "org:read", "org:write"),
    restriction=by_parent(AccessLevel.ADMIN, "detector", workflowIds="workflow"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
DELETE_DETECTOR = Endpoint(
    "alerts.delete_detector",
    "DELETE",
    "/organizations/{organization}/detectors/{detector}/",
    ("alerts:write", "org:admin", "org:read", "org:write"),
    restriction=by_parent(AccessLevel.ADMIN, "detector"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UPDATE_DETECTORS = Endpoint(
    "alerts.update_detectors",
    "PUT",
    "/organizations/{organization}/detectors/",
    ("alerts:write", "org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.ADMIN, id="detector"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
DELETE_DETECTORS = Endpoint(
    "alerts.delete_detectors",
    "DELETE",
    "/organizations/{organization}/detectors/",
    ("alerts:write", "org:admin", "org:read", "org:write"),
    restriction=by_query(AccessLevel.ADMIN, id="detector"),
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
CREATE_ISSUE_RULE = Endpoint(
    "alerts.create_issue_rule",
    "POST",
    "/projects/{organization}/{project}/rules/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN),
    source=Source.LEGACY,
    is_idempotent=False,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UPDATE_ISSUE_RULE = Endpoint(
    "alerts.update_issue_rule",
    "PUT",
    "/projects/{organization}/{project}/rules/{rule}/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN),
    source=Source.LEGACY,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
DELETE_ISSUE_RULE = Endpoint(
    "alerts.delete_issue_rule",
    "DELETE",
    "/projects/{organization}/{project}/rules/{rule}/",
    ("alerts:write", "project:admin", "project:write"),
    restriction=by_path(AccessLevel.ADMIN),
    source=Source.LEGACY,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
CREATE_METRIC_RULE = Endpoint(
    "alerts.create_metric_rule",
    "POST",
    "/organizations/{organization}/alert-rules/",
    ("alerts:write", "org:admin", "org:read", "org:write"),
    restriction=by_body(AccessLevel.ADMIN, "projects"),
    source=Source.LEGACY,
    is_idempotent=False,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UPDATE_METRIC_RULE = Endpoint(
    "alerts.update_metric_rule",
    "PUT",
    "/organizations/{organization}/alert-rules/{rule}/",
    ("alerts:write", "org:admin", "org:write"),
    restriction=by_parent(AccessLevel.ADMIN, "rule", projects="project"),
    source=Source.LEGACY,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
DELETE_METRIC_RULE = Endpoint(
    "alerts.delete_metric_rule",
    "DELETE",
    "/organizations/{organization}/alert-rules/{rule}/",
    ("alerts:write", "org:admin", "org:write"),
    restriction=by_parent(AccessLevel.ADMIN, "rule"),
    source=Source.LEGACY,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
SNOOZE_ISSUE_RULE = Endpoint(
    "alerts.snooze_issue_rule",
    "POST",
    "/projects/{organization}/{project}/rules/{rule}/snooze/",
    ("alerts:read", "project:read"),
    restriction=by_path(AccessLevel.ADMIN),
    source=Source.OBSERVED,
    is_idempotent=False,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UNSNOOZE_ISSUE_RULE = Endpoint(
    "alerts.unsnooze_issue_rule",
    "DELETE",
    "/projects/{organization}/{project}/rules/{rule}/snooze/",
    ("alerts:read", "project:read"),
    restriction=by_path(AccessLevel.ADMIN),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
SNOOZE_METRIC_RULE = Endpoint(
    "alerts.snooze_metric_rule",
    "POST",
    "/projects/{organization}/{project}/alert-rules/{rule}/snooze/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_path(AccessLevel.ADMIN),
    source=Source.OBSERVED,
    is_idempotent=False,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
UNSNOOZE_METRIC_RULE = Endpoint(
    "alerts.unsnooze_metric_rule",
    "DELETE",
    "/projects/{organization}/{project}/alert-rules/{rule}/snooze/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=by_path(AccessLevel.ADMIN),
    source=Source.OBSERVED,
    lifetime=Lifetime.NEVER,
    tags=("alerts/{organization}",),
)
AVAILABLE_ACTIONS = Endpoint(
    "alerts.available_actions",
    "GET",
    "/organizations/{organization}/available-actions/",
    ("alerts:read", "org:admin", "org:read", "org:write"),
    restriction=unrestricted(AccessLevel.READ),
    source=Source.OBSERVED,
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=("integrations/{organization}",),
)
