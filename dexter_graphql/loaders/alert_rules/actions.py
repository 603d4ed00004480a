"""Translation of the actions of alert rules to actions of workflows, JSON to JSON."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dexter_graphql.loaders.alert_rules.old_values import identifier, text

Action = Mapping[str, Any]
TARGETS = MappingProxyType({"IssueOwners": "issue_owners", "Team": "team", "Member": "user"})
TICKETS = MappingProxyType(
    {
        "JiraCreateTicketAction": "jira",
        "JiraServerCreateTicketAction": "jira_server",
        "GitHubCreateTicketAction": "github",
        "GitHubEnterpriseCreateTicketAction": "github_enterprise",
        "AzureDevopsCreateTicketAction": "vsts",
    }
)


def rule_action(old: Action) -> dict[str, Any]:
    """An action of an issue rule as a workflow action. An unknown one keeps its ID as type and its members as data."""
    name = text(old.get("id"))
    class_name = str(name).rpartition(".")[2]
    if class_name in TICKETS:
        return _ticket(TICKETS[class_name], old)
    translation = ACTION_TRANSLATIONS.get(class_name)
    return workflow_action(name, data=_other_members(old)) if translation is None else translation(old)


def metric_action(old: Action) -> dict[str, Any]:
    """An action of a metric rule's trigger as a workflow action. A channel has a name and an ID."""
    channel = old.get("inputChannelId")
    target, app = old.get("targetIdentifier"), old.get("sentryAppId")
    return workflow_action(
        text(old.get("type")),
        integration=old.get("integrationId"),
        target=(old.get("targetType"), target if channel else None, channel or (target if app is None else app)),
        data={"priority": old.get("priority"), "settings": old.get("settings")},
    )


def _mail(old: Action) -> dict[str, Any]:
    kind = text(old.get("targetType"))
    target = (TARGETS.get(str(kind), kind), None, old.get("targetIdentifier"))
    return workflow_action("email", target=target, data={"fallthroughType": old.get("fallthroughType")})


def _channel(kind: str, integration: str) -> Callable[[Action], dict[str, Any]]:
    def translate(old: Action) -> dict[str, Any]:
        target = ("specific", old.get("channel"), old.get("channel_id"))
        data = {"tags": old.get("tags"), "notes": old.get("notes")}
        return workflow_action(kind, integration=old.get(integration), target=target, data=data)

    return translate


def _on_call(kind: str, target: str, priority: str) -> Callable[[Action], dict[str, Any]]:
    def translate(old: Action) -> dict[str, Any]:
        data = {"priority": old.get(priority)}
        return workflow_action(
            kind, integration=old.get("account"), target=("specific", None, old.get(target)), data=data
        )

    return translate


def _ticket(kind: str, old: Action) -> dict[str, Any]:
    return workflow_action(kind, integration=old.get("integration"), data=_other_members(old, "integration"))


def _app(old: Action) -> dict[str, Any]:
    target = ("sentry_app", None, old.get("sentryAppInstallationUuid"))
    return workflow_action("sentry_app", target=target, data={"settings": old.get("settings")})


def _service(old: Action) -> dict[str, Any]:
    return workflow_action("webhook", target=(None, None, old.get("service")))


def _plugins(_old: Action) -> dict[str, Any]:
    return workflow_action("plugin")


ACTION_TRANSLATIONS: Mapping[str, Callable[[Action], dict[str, Any]]] = MappingProxyType(
    {
        "NotifyEmailAction": _mail,
        "SlackNotifyServiceAction": _channel("slack", "workspace"),
        "MsTeamsNotifyServiceAction": _channel("msteams", "team"),
        "DiscordNotifyServiceAction": _channel("discord", "server"),
        "PagerDutyNotifyServiceAction": _on_call("pagerduty", "service", "severity"),
        "OpsgenieNotifyTeamAction": _on_call("opsgenie", "team", "priority"),
        "NotifyEventSentryAppAction": _app,
        "NotifyEventServiceAction": _service,
        "NotifyEventAction": _plugins,
    }
)
"""Class name of a rule's action → its translation."""


def workflow_action(
    kind: Any, *, integration: Any = None, target: tuple[Any, Any, Any] = (None, None, None), data: Any = None
) -> dict[str, Any]:
    """A workflow action; `target` consists of kind, display name and ID."""
    config = dict(zip(("targetType", "targetDisplay", "targetIdentifier"), target, strict=True))
    return {
        "type": kind,
        "integrationId": identifier(integration),
        "data": {} if data is None else data,
        "config": config,
        "status": "active",
    }


def _other_members(old: Action, *but: str) -> dict[str, Any]:
    return {key: value for key, value in old.items() if key not in {"id", "name", "uuid", *but}}
