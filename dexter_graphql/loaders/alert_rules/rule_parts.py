"""Translation of the conditions and actions of workflows to those of issue rules, JSON to JSON."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dexter_graphql.errors import UnsupportedValue
from dexter_graphql.loaders.alert_rules.old_values import member

Part = Mapping[str, Any]
CONDITIONS, FILTERS, INTEGRATIONS = "sentry.rules.conditions", "sentry.rules.filters", "sentry.integrations"
FREQUENCIES: Mapping[str, str] = MappingProxyType(
    {
        "event_frequency": f"{CONDITIONS}.event_frequency.EventFrequencyCondition",
        "event_unique_user_frequency": f"{CONDITIONS}.event_frequency.EventUniqueUserFrequencyCondition",
        "percent_sessions": f"{CONDITIONS}.event_frequency.EventFrequencyPercentCondition",
    }
)
"""Kind of a frequency condition without `_count` and `_percent` → ID of the rule's condition."""
INTERVALS: Mapping[object, str] = MappingProxyType({"1min": "1m", "5min": "5m", "15min": "15m"})
"""Sentry's word for an interval in workflows → that in rules, where they differ."""
TARGETS: Mapping[object, str] = MappingProxyType({"issue_owners": "IssueOwners", "team": "Team", "user": "Member"})


def rule_condition(condition: Part) -> dict[str, Any]:
    """A condition of a workflow as a condition or filter of an issue rule; raises UnsupportedValue when there is none.

    A kind that is the ID of a rule's condition stands for that one.
    """
    kind, comparison = str(condition.get("type")), condition.get("comparison")
    if is_frequency(condition):
        return _frequency(kind, comparison)
    if kind in CONDITION_IDS:
        name, translate = CONDITION_IDS[kind]
        return {"id": name, **translate(comparison)}
    if "." in kind:
        return {**_members(comparison), "id": kind}
    raise UnsupportedValue(f"Alert rules have no condition '{kind[:100]}'")


def is_frequency(condition: Part) -> bool:
    """True for a condition that workflows have in their filters, and rules among their conditions."""
    return str(condition.get("type")).rpartition("_")[0] in FREQUENCIES


def rule_action(action: Part) -> dict[str, Any]:
    """An action of a workflow as an action of an issue rule; raises UnsupportedValue when there is none."""
    kind = str(action.get("type"))
    if kind in ACTION_IDS:
        name, translate = ACTION_IDS[kind]
        return {"id": name, **translate(action)}
    if "." in kind:
        return {**_members(action.get("data")), "id": kind}
    raise UnsupportedValue(f"Alert rules have no action '{kind[:100]}'")


def _frequency(kind: str, comparison: Any) -> dict[str, Any]:
    name, _, way = kind.rpartition("_")
    interval, other = member(comparison, "interval"), member(comparison, "comparisonInterval")
    old = {
        "id": FREQUENCIES[name],
        "value": member(comparison, "value"),
        "interval": INTERVALS.get(interval, interval),
        "comparisonType": way,
    }
    return old if other is None else {**old, "comparisonInterval": INTERVALS.get(other, other)}


def _members(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _nothing(_comparison: Any) -> dict[str, Any]:
    return {}


def _category(comparison: Any) -> dict[str, Any]:
    if member(comparison, "include") is False:
        raise UnsupportedValue("Alert rules cannot exclude a category")
    return {"value": member(comparison, "value")}


def _age(comparison: Any) -> dict[str, Any]:
    members = _members(comparison)
    return {
        "comparison_type": members.get("comparisonType"),
        "value": members.get("value"),
        "time": members.get("time"),
    }


def _level(comparison: Any) -> dict[str, Any]:
    members = _members(comparison)
    return {"level": str(members.get("level")), "match": members.get("match")}


CONDITION_IDS: Mapping[str, tuple[str, Callable[[Any], dict[str, Any]]]] = MappingProxyType(
    {
        "first_seen_event": (f"{CONDITIONS}.first_seen_event.FirstSeenEventCondition", _nothing),
        "regression_event": (f"{CONDITIONS}.regression_event.RegressionEventCondition", _nothing),
        "reappeared_event": (f"{CONDITIONS}.reappeared_event.ReappearedEventCondition", _nothing),
        "every_event": (f"{CONDITIONS}.every_event.EveryEventCondition", _nothing),
        "new_high_priority_issue": (
            f"{CONDITIONS}.new_high_priority_issue.NewHighPriorityIssueCondition",
            _nothing,
        ),
        "existing_high_priority_issue": (
            f"{CONDITIONS}.existing_high_priority_issue.ExistingHighPriorityIssueCondition",
            _nothing,
        ),
        "age_comparison": (f"{FILTERS}.age_comparison.AgeComparisonFilter", _age),
        "issue_occurrences": (f"{FILTERS}.issue_occurrences.IssueOccurrencesFilter", _members),
        "assigned_to": (f"{FILTERS}.assigned_to.AssignedToFilter", _members),
        "latest_release": (f"{FILTERS}.latest_release.LatestReleaseFilter", _nothing),
        "issue_category": (f"{FILTERS}.issue_category.IssueCategoryFilter", _category),
        "event_attribute": (f"{FILTERS}.event_attribute.EventAttributeFilter", _members),
        "tagged_event": (f"{FILTERS}.tagged_event.TaggedEventFilter", _members),
        "level": (f"{FILTERS}.level.LevelFilter", _level),
    }
)
"""Kind of a workflow's condition → ID of the rule's condition or filter, and its other members."""


def _target(action: Part, name: str) -> Any:
    return member(action.get("config"), name)


def _mail(action: Part) -> dict[str, Any]:
    kind = _target(action, "targetType")
    members = {
        "targetType": TARGETS.get(kind, kind),
        "targetIdentifier": _target(action, "targetIdentifier") or "",
    }
    fallthrough = member(action.get("data"), "fallthroughType")
    return members if fallthrough is None else {**members, "fallthroughType": fallthrough}


def _channel(integration: str) -> Callable[[Part], dict[str, Any]]:
    def translate(action: Part) -> dict[str, Any]:
        channel, number = _target(action, "targetDisplay"), _target(action, "targetIdentifier")
        members = {integration: action.get("integrationId"), "channel": channel, "channel_id": number}
        return {**{name: value for name, value in members.items() if value}, **_members(action.get("data"))}

    return translate


def _on_call(target: str, priority: str) -> Callable[[Part], dict[str, Any]]:
    def translate(action: Part) -> dict[str, Any]:
        members = {"account": action.get("integrationId"), target: _target(action, "targetIdentifier")}
        value = member(action.get("data"), "priority")
        return members if value is None else {**members, priority: value}

    return translate


def _ticket(action: Part) -> dict[str, Any]:
    return {**_members(action.get("data")), "integration": action.get("integrationId")}


def _app(action: Part) -> dict[str, Any]:
    settings = member(action.get("data"), "settings")
    return {
        "sentryAppInstallationUuid": _target(action, "targetIdentifier"),
        "settings": settings or [],
        "hasSchemaFormConfig": True,
    }


def _service(action: Part) -> dict[str, Any]:
    return {"service": _target(action, "targetIdentifier")}


def _ticket_id(provider: str, name: str) -> tuple[str, Callable[[Part], dict[str, Any]]]:
    return (f"{INTEGRATIONS}.{provider}.notify_action.{name}", _ticket)


ACTION_IDS: Mapping[str, tuple[str, Callable[[Part], dict[str, Any]]]] = MappingProxyType(
    {
        "email": ("sentry.mail.actions.NotifyEmailAction", _mail),
        "slack": (f"{INTEGRATIONS}.slack.notify_action.SlackNotifyServiceAction", _channel("workspace")),
        "msteams": (f"{INTEGRATIONS}.msteams.notify_action.MsTeamsNotifyServiceAction", _channel("team")),
        "discord": (f"{INTEGRATIONS}.discord.notify_action.DiscordNotifyServiceAction", _channel("server")),
        "pagerduty": (
            f"{INTEGRATIONS}.pagerduty.notify_action.PagerDutyNotifyServiceAction",
            _on_call("service", "severity"),
        ),
        "opsgenie": (
            f"{INTEGRATIONS}.opsgenie.notify_action.OpsgenieNotifyTeamAction",
            _on_call("team", "priority"),
        ),
        "jira": _ticket_id("jira", "JiraCreateTicketAction"),
        "jira_server": _ticket_id("jira_server", "JiraServerCreateTicketAction"),
        "github": _ticket_id("github", "GitHubCreateTicketAction"),
        "github_enterprise": _ticket_id("github_enterprise", "GitHubEnterpriseCreateTicketAction"),
        "vsts": _ticket_id("vsts", "AzureDevopsCreateTicketAction"),
        "sentry_app": ("sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction", _app),
        "webhook": ("sentry.rules.actions.notify_event_service.NotifyEventServiceAction", _service),
        "plugin": ("sentry.rules.actions.notify_event.NotifyEventAction", lambda _action: {}),
    }
)
"""Kind of a workflow's action → ID of the rule's action, and its other members."""
