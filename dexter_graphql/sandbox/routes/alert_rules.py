"""Routes of the deprecated alert rules: issue rules of projects and metric rules of organizations."""

from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.http import (
    Deprecation,
    Request,
    Response,
    Route,
    any_scope,
    find_or_404,
    raise_not_found,
    raise_validation_error,
)
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.serializers import alerts
from dexter_graphql.sandbox.world.model import IssueAlertRule, MetricAlertRule

_RETIRED_ON: Final = "2026-05-14T00:00:00+00:00"
_TO_WORKFLOWS = Deprecation(_RETIRED_ON, "/api/0/organizations/:organization_id_or_slug/workflows/")
_TO_DETECTORS = Deprecation(_RETIRED_ON, "/api/0/organizations/:organization_id_or_slug/detectors/")
_RULE_READ = any_scope("alerts:read", "alerts:write", "project:admin", "project:read", "project:write")
_RULE_WRITE = any_scope("alerts:write", "project:admin", "project:write")
_RULE_SNOOZE = any_scope("alerts:read", "project:read")
_METRIC_READ = any_scope("alerts:read", "org:admin", "org:read", "org:write")
_METRIC_CREATE = any_scope("alerts:write", "org:admin", "org:read", "org:write")
_METRIC_WRITE = any_scope("alerts:write", "org:admin", "org:write")
_RULE_REQUIRED: Final = ("name", "actionMatch", "conditions", "actions", "frequency")
_METRIC_REQUIRED: Final = ("name", "aggregate", "timeWindow", "projects", "query", "thresholdType", "triggers")
_WINDOWS: Final = (1, 5, 10, 15, 30, 60, 120, 240, 1440)
_SNOOZE_TARGETS: Final = ("me", "everyone")
_MATCHES: Final = ("all", "any", "none")
_FREQUENCIES: Final = range(5, 43_201)


def list_rules(request: Request) -> Response:
    """List the issue alert rules of a project."""
    organization, project = request.organization, request.project
    rows = [rule for rule in organization.issue_rules if rule.project_id == project.id]
    return paginate(request, rows, lambda rule: alerts.serialize_issue_rule(rule, organization))


def get_rule(request: Request) -> object:
    """Get an issue alert rule."""
    return alerts.serialize_issue_rule(_rule_in_path(request), request.organization)


def create_rule(request: Request) -> Response:
    """Create an issue alert rule."""
    fields, now = _validate_rule(request.json_object()), request.world.now()
    rule = IssueAlertRule(request.world.new_id(), request.project.id, "", [], [], [], 30, now)
    rule.created_by = request.user.id if request.user else None
    _apply_rule_fields(rule, fields)
    request.organization.issue_rules.append(rule)
    return Response(alerts.serialize_issue_rule(rule, request.organization), 201)


def update_rule(request: Request) -> object:
    """Replace an issue alert rule; omitted fields get their defaults."""
    rule = _rule_in_path(request)
    _apply_rule_fields(rule, _validate_rule(request.json_object()))
    return alerts.serialize_issue_rule(rule, request.organization)


def delete_rule(request: Request) -> Response:
    """Delete an issue alert rule."""
    request.organization.issue_rules.remove(_rule_in_path(request))
    return Response(None, 202)


def list_metric_rules(request: Request) -> Response:
    """List the metric alert rules of the organization."""
    organization = request.organization
    project_ids = {project.id for project in request.selected_projects()}
    rows = [rule for rule in organization.metric_rules if rule.project_id in project_ids]
    return paginate(request, rows, lambda rule: alerts.serialize_metric_rule(rule, organization))


def get_metric_rule(request: Request) -> object:
    """Get a metric alert rule."""
    return alerts.serialize_metric_rule(_metric_rule_in_path(request), request.organization)


def create_metric_rule(request: Request) -> Response:
    """Create a metric alert rule for exactly one project."""
    fields, now = request.json_object(), request.world.now()
    rule = MetricAlertRule(request.world.new_id(), "", "", "events", "", "count()", 60, 0, [], now, now)
    rule.created_by = request.user.id if request.user else None
    _apply_metric_rule_fields(request, rule, fields, now)
    request.organization.metric_rules.append(rule)
    return Response(alerts.serialize_metric_rule(rule, request.organization), 201)


def update_metric_rule(request: Request) -> object:
    """Replace a metric alert rule."""
    rule = _metric_rule_in_path(request)
    _apply_metric_rule_fields(request, rule, request.json_object(), request.world.now())
    return alerts.serialize_metric_rule(rule, request.organization)


def delete_metric_rule(request: Request) -> Response:
    """Delete a metric alert rule."""
    request.organization.metric_rules.remove(_metric_rule_in_path(request))
    return Response(None, 202)


def snooze_rule(request: Request) -> Response:
    """Snooze an issue alert rule."""
    return _snooze(request, _rule_in_path(request))


def unsnooze_rule(request: Request) -> Response:
    """End the snooze of an issue alert rule."""
    return _unsnooze(_rule_in_path(request))


def snooze_metric_rule(request: Request) -> Response:
    """Snooze a metric alert rule."""
    return _snooze(request, _metric_rule_in_path(request))


def unsnooze_metric_rule(request: Request) -> Response:
    """End the snooze of a metric alert rule."""
    return _unsnooze(_metric_rule_in_path(request))


def _snooze(request: Request, rule: IssueAlertRule | MetricAlertRule) -> Response:
    fields = request.json_object()
    if fields.get("target") not in _SNOOZE_TARGETS:
        raise_validation_error({"target": [f'"{fields.get("target")}" is not a valid choice.']})
    rule.is_snoozed = True
    is_issue_rule = isinstance(rule, IssueAlertRule)
    numbers = {"ruleId": rule.id if is_issue_rule else None, "alertRuleId": None if is_issue_rule else rule.id}
    user_id = request.user.id if request.user and fields["target"] == "me" else None
    snooze = {"ownerId": request.user.id if request.user else None, "userId": user_id, "until": fields.get("until")}
    return Response({**snooze, "dateAdded": request.world.now(), **numbers}, 201)


def _unsnooze(rule: IssueAlertRule | MetricAlertRule) -> Response:
    if not rule.is_snoozed:
        raise_not_found()
    rule.is_snoozed = False
    return Response(None, 204)


def _rule_in_path(request: Request) -> IssueAlertRule:
    project = request.project
    rules = (rule for rule in request.organization.issue_rules if rule.project_id == project.id)
    return find_or_404(rules, request.path_params["rule"])


def _metric_rule_in_path(request: Request) -> MetricAlertRule:
    return find_or_404(request.organization.metric_rules, request.path_params["metric_rule"])


def _validate_rule(fields: dict[str, Any]) -> dict[str, Any]:
    _require(fields, _RULE_REQUIRED)
    if fields["frequency"] not in _FREQUENCIES:
        raise_validation_error(
            {"frequency": [f"Ensure this value is between {_FREQUENCIES[0]} and {_FREQUENCIES[-1]}."]}
        )
    for name in ("actionMatch", "filterMatch"):
        if fields.get(name, "all") not in _MATCHES:
            raise_validation_error({name: [f'"{fields[name]}" is not a valid choice.']})
    return fields


def _apply_rule_fields(rule: IssueAlertRule, fields: dict[str, Any]) -> None:
    rule.name, rule.frequency = str(fields["name"]), int(fields["frequency"])
    rule.conditions, rule.actions = list(fields["conditions"]), list(fields["actions"])
    rule.filters = list(fields.get("filters") or [])
    rule.action_match, rule.filter_match = fields["actionMatch"], fields.get("filterMatch") or "all"
    rule.environment, rule.owner = fields.get("environment"), fields.get("owner")


def _apply_metric_rule_fields(request: Request, rule: MetricAlertRule, fields: dict[str, Any], now: datetime) -> None:
    _require(fields, _METRIC_REQUIRED)
    if fields["timeWindow"] not in _WINDOWS:
        raise_validation_error(
            {"timeWindow": ["Invalid Time Window: Allowed values are: " + ", ".join(map(str, _WINDOWS))]}
        )
    slugs = fields["projects"]
    project = request.organization.find_project(str(slugs[0])) if isinstance(slugs, list) and len(slugs) == 1 else None
    if project is None:
        raise_validation_error({"projects": ["Exactly one known project is required."]})
    rule.project_id, rule.name, rule.date_modified = project.id, str(fields["name"]), now
    rule.query, rule.aggregate = str(fields["query"]), str(fields["aggregate"])
    rule.time_window, rule.threshold_type = int(fields["timeWindow"]), int(fields["thresholdType"])
    rule.triggers = list(fields["triggers"])
    rule.dataset = fields.get("dataset") or "events"
    rule.resolve_threshold, rule.environment = fields.get("resolveThreshold"), fields.get("environment")
    rule.comparison_delta, rule.owner = fields.get("comparisonDelta"), fields.get("owner")
    rule.event_types = list(fields.get("eventTypes") or rule.event_types)
    rule.status = int(fields.get("status", rule.status))


def _require(fields: dict[str, Any], names: tuple[str, ...]) -> None:
    missing = {name: ["This field is required."] for name in names if fields.get(name) is None}
    if missing:
        raise_validation_error(missing)


_RULES = "/projects/{organization}/{project}/rules/"
_METRIC_SNOOZE = "/projects/{organization}/{project}/alert-rules/{metric_rule}/snooze/"
_METRIC_RULES = "/organizations/{organization}/alert-rules/"

ROUTES = (
    Route("GET", _RULES, list_rules, _RULE_READ, _TO_WORKFLOWS),
    Route("POST", _RULES, create_rule, _RULE_WRITE, _TO_WORKFLOWS),
    Route("GET", _RULES + "{rule}/", get_rule, _RULE_READ, _TO_WORKFLOWS),
    Route("PUT", _RULES + "{rule}/", update_rule, _RULE_WRITE, _TO_WORKFLOWS),
    Route("DELETE", _RULES + "{rule}/", delete_rule, _RULE_WRITE, _TO_WORKFLOWS),
    Route("POST", _RULES + "{rule}/snooze/", snooze_rule, _RULE_SNOOZE, _TO_WORKFLOWS),
    Route("DELETE", _RULES + "{rule}/snooze/", unsnooze_rule, _RULE_SNOOZE, _TO_WORKFLOWS),
    Route("POST", _METRIC_SNOOZE, snooze_metric_rule, _METRIC_READ, _TO_DETECTORS),
    Route("DELETE", _METRIC_SNOOZE, unsnooze_metric_rule, _METRIC_READ, _TO_DETECTORS),
    Route("GET", _METRIC_RULES, list_metric_rules, _METRIC_READ, _TO_DETECTORS),
    Route("POST", _METRIC_RULES, create_metric_rule, _METRIC_CREATE, _TO_DETECTORS),
    Route("GET", _METRIC_RULES + "{metric_rule}/", get_metric_rule, _METRIC_READ, _TO_DETECTORS),
    Route("PUT", _METRIC_RULES + "{metric_rule}/", update_metric_rule, _METRIC_WRITE, _TO_DETECTORS),
    Route("DELETE", _METRIC_RULES + "{metric_rule}/", delete_metric_rule, _METRIC_WRITE, _TO_DETECTORS),
)
