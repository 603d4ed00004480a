"""Alerts of the retired back end: issue rules and metric rules, with the headers that announce their end.

What plays an old server (no detectors) or a new one (no rules) is a fault on these paths, see `sandbox.backends`.
"""

from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.http import Answer, Call, Deprecation, Route, invalid, not_found, paginate, scopes
from dexter_graphql.sandbox.serializers import alerts
from dexter_graphql.sandbox.world.services import IssueAlertRule, MetricAlertRule

_RETIRED_ON: Final = "2026-05-14T00:00:00+00:00"
_TO_WORKFLOWS = Deprecation(_RETIRED_ON, "/api/0/organizations/:organization_id_or_slug/workflows/")
_TO_DETECTORS = Deprecation(_RETIRED_ON, "/api/0/organizations/:organization_id_or_slug/detectors/")
_RULE_READ = scopes("alerts:read", "alerts:write", "project:admin", "project:read", "project:write")
_RULE_WRITE = scopes("alerts:write", "project:admin", "project:write")
_METRIC_READ = scopes("alerts:read", "org:admin", "org:read", "org:write")
_METRIC_CREATE = scopes("alerts:write", "org:admin", "org:read", "org:write")
_METRIC_WRITE = scopes("alerts:write", "org:admin", "org:write")
_RULE_REQUIRED: Final = ("name", "actionMatch", "conditions", "actions", "frequency")
_METRIC_REQUIRED: Final = ("name", "aggregate", "timeWindow", "projects", "query", "thresholdType", "triggers")
_WINDOWS: Final = (1, 5, 10, 15, 30, 60, 120, 240, 1440)
_MATCHES: Final = ("all", "any", "none")
_FREQUENCIES: Final = range(5, 43_201)


def list_rules(call: Call) -> Answer:
    """The issue alerts of a project."""
    organization, project = call.organization, call.project
    rows = [one for one in organization.issue_rules if one.project_id == project.id]
    return paginate(call, rows, lambda one: alerts.issue_rule(one, organization))


def get_rule(call: Call) -> object:
    """One issue alert."""
    return alerts.issue_rule(_rule(call), call.organization)


def create_rule(call: Call) -> Answer:
    """A new issue alert."""
    fields, now = _checked_rule(call.fields()), call.world.now()
    rule = IssueAlertRule(call.world.new_id(), call.project.id, "", [], [], [], 30, now)
    rule.created_by = call.user.id if call.user else None
    _write_rule(rule, fields)
    call.organization.issue_rules.append(rule)
    return Answer(alerts.issue_rule(rule, call.organization), 201)


def update_rule(call: Call) -> object:
    """Overwrite an issue alert: what is not given falls back to its default."""
    rule = _rule(call)
    _write_rule(rule, _checked_rule(call.fields()))
    return alerts.issue_rule(rule, call.organization)


def delete_rule(call: Call) -> Answer:
    """Remove an issue alert."""
    call.organization.issue_rules.remove(_rule(call))
    return Answer(None, 202)


def list_metric_rules(call: Call) -> Answer:
    """The metric alerts of the organization."""
    organization = call.organization
    chosen = {project.id for project in call.projects()}
    rows = [one for one in organization.metric_rules if one.project_id in chosen]
    return paginate(call, rows, lambda one: alerts.metric_rule(one, organization))


def get_metric_rule(call: Call) -> object:
    """One metric alert."""
    return alerts.metric_rule(_metric_rule(call), call.organization)


def create_metric_rule(call: Call) -> Answer:
    """A new metric alert of exactly one project."""
    fields, now = call.fields(), call.world.now()
    rule = MetricAlertRule(call.world.new_id(), "", "", "events", "", "count()", 60, 0, [], now, now)
    rule.created_by = call.user.id if call.user else None
    _write_metric_rule(call, rule, fields, now)
    call.organization.metric_rules.append(rule)
    return Answer(alerts.metric_rule(rule, call.organization), 201)


def update_metric_rule(call: Call) -> object:
    """Overwrite a metric alert."""
    rule = _metric_rule(call)
    _write_metric_rule(call, rule, call.fields(), call.world.now())
    return alerts.metric_rule(rule, call.organization)


def delete_metric_rule(call: Call) -> Answer:
    """Remove a metric alert."""
    call.organization.metric_rules.remove(_metric_rule(call))
    return Answer(None, 202)


def _rule(call: Call) -> IssueAlertRule:
    wanted, project = call.parameters["rule"], call.project
    found = (one for one in call.organization.issue_rules if one.id == wanted and one.project_id == project.id)
    return next(found, None) or not_found()


def _metric_rule(call: Call) -> MetricAlertRule:
    wanted = call.parameters["metric_rule"]
    return next((one for one in call.organization.metric_rules if one.id == wanted), None) or not_found()


def _checked_rule(fields: dict[str, Any]) -> dict[str, Any]:
    _require(fields, _RULE_REQUIRED)
    if fields["frequency"] not in _FREQUENCIES:
        invalid({"frequency": [f"Ensure this value is between {_FREQUENCIES[0]} and {_FREQUENCIES[-1]}."]})
    for name in ("actionMatch", "filterMatch"):
        if fields.get(name, "all") not in _MATCHES:
            invalid({name: [f'"{fields[name]}" is not a valid choice.']})
    return fields


def _write_rule(rule: IssueAlertRule, fields: dict[str, Any]) -> None:
    rule.name, rule.frequency = str(fields["name"]), int(fields["frequency"])
    rule.conditions, rule.actions = list(fields["conditions"]), list(fields["actions"])
    rule.filters = list(fields.get("filters") or [])
    rule.action_match, rule.filter_match = fields["actionMatch"], fields.get("filterMatch") or "all"
    rule.environment, rule.owner = fields.get("environment"), fields.get("owner")


def _write_metric_rule(call: Call, rule: MetricAlertRule, fields: dict[str, Any], now: datetime) -> None:
    _require(fields, _METRIC_REQUIRED)
    if fields["timeWindow"] not in _WINDOWS:
        invalid({"timeWindow": ["Invalid Time Window: Allowed values are: " + ", ".join(map(str, _WINDOWS))]})
    slugs = fields["projects"]
    project = call.organization.find_project(str(slugs[0])) if isinstance(slugs, list) and len(slugs) == 1 else None
    if project is None:
        invalid({"projects": ["Exactly one known project is required."]})
    rule.project_id, rule.name, rule.date_modified = project.id, str(fields["name"]), now
    rule.query, rule.aggregate = str(fields["query"]), str(fields["aggregate"])
    rule.time_window, rule.threshold_type = int(fields["timeWindow"]), int(fields["thresholdType"])
    rule.triggers = list(fields["triggers"])
    rule.dataset = fields.get("dataset") or "events"
    rule.resolve_threshold, rule.environment = fields.get("resolveThreshold"), fields.get("environment")
    rule.comparison_delta, rule.owner = fields.get("comparisonDelta"), fields.get("owner")


def _require(fields: dict[str, Any], names: tuple[str, ...]) -> None:
    missing = {name: ["This field is required."] for name in names if fields.get(name) is None}
    if missing:
        invalid(missing)


_RULES = "/projects/{organization}/{project}/rules/"
_METRIC_RULES = "/organizations/{organization}/alert-rules/"

ROUTES = (
    Route("GET", _RULES, list_rules, _RULE_READ, _TO_WORKFLOWS),
    Route("POST", _RULES, create_rule, _RULE_WRITE, _TO_WORKFLOWS),
    Route("GET", _RULES + "{rule}/", get_rule, _RULE_READ, _TO_WORKFLOWS),
    Route("PUT", _RULES + "{rule}/", update_rule, _RULE_WRITE, _TO_WORKFLOWS),
    Route("DELETE", _RULES + "{rule}/", delete_rule, _RULE_WRITE, _TO_WORKFLOWS),
    Route("GET", _METRIC_RULES, list_metric_rules, _METRIC_READ, _TO_DETECTORS),
    Route("POST", _METRIC_RULES, create_metric_rule, _METRIC_CREATE, _TO_DETECTORS),
    Route("GET", _METRIC_RULES + "{metric_rule}/", get_metric_rule, _METRIC_READ, _TO_DETECTORS),
    Route("PUT", _METRIC_RULES + "{metric_rule}/", update_metric_rule, _METRIC_WRITE, _TO_DETECTORS),
    Route("DELETE", _METRIC_RULES + "{metric_rule}/", delete_metric_rule, _METRIC_WRITE, _TO_DETECTORS),
)
