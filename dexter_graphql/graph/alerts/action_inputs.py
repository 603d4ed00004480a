"""Inputs of alert actions and the actions of Sentry's API that they are translated to."""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.alerts.condition_inputs import known
from dexter_graphql.graph.alerts.enums import EmailFallthrough
from dexter_graphql.graph.alerts.references import actor_number
from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.integrations.references import IntegrationReference, find_integration
from dexter_graphql.graph.relay.references import ONE_NAME, TeamReference, UserReference, member
from dexter_graphql.loaders.alert_rules.actions import workflow_action
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.workflow_engine import KeptPart
from dexter_graphql.sentry.parents import OrganizationRef

Translate = Callable[[Any, OrganizationRef, LoadContext], Awaitable[dict[str, Any]]]
Action = dict[str, Any] | KeptPart


@strawberry.enum(description="Issue tracker in which an alert creates tickets.")
class TicketTracker(Enum):
    """`type` of a ticket action on the wire."""

    JIRA = wire_value("jira", "Jira Cloud.")
    JIRA_SERVER = wire_value("jira_server", "Jira Server.")
    GITHUB = wire_value("github", "GitHub in the cloud.")
    GITHUB_ENTERPRISE = wire_value("github_enterprise", "GitHub Enterprise.")
    AZURE_DEVOPS = wire_value("vsts", "Azure DevOps.")


@strawberry.input(one_of=True, description=f"Recipients of an email. {ONE_NAME}")
class EmailTargetInput:
    """Input."""

    issue_owners: EmailFallthrough | None = member("The owners of the issue, or these when it has none.")
    user: UserReference | None = member("A user.")
    team: TeamReference | None = member("A team.")


@strawberry.input(description="Message to a channel. The channel is given by name, by ID or by both.")
class ChannelActionInput:
    """Input."""

    integration: IntegrationReference = strawberry.field(description="Integration that posts the message.")
    channel: str | None = strawberry.field(
        default=None,
        description="Name of the channel. With the name alone Sentry looks up the ID, which may take long.",
    )
    channel_id: str | None = strawberry.field(default=None, description="ID of the channel in the service.")
    tags: list[str] | None = strawberry.field(default=None, description="Event tags shown in the message.")
    notes: str | None = strawberry.field(default=None, description="Additional text of the message. Slack only.")


@strawberry.input(description="Page of an on-call service or team.")
class OnCallActionInput:
    """Input."""

    integration: IntegrationReference = strawberry.field(description="Integration that sends the page.")
    target_id: str = strawberry.field(description="ID of the service or team in the third-party service.")
    target_name: str | None = strawberry.field(default=None, description="Name of the service or team.")
    priority: str | None = strawberry.field(
        default=None, description="Priority, as named by the third-party service, for example `critical` or `P1`."
    )


@strawberry.input(description="Creation of a ticket.")
class TicketActionInput:
    """Input."""

    tracker: TicketTracker = strawberry.field(description="Kind of issue tracker.")
    integration: IntegrationReference = strawberry.field(description="Integration with the issue tracker.")
    fields: JSON = strawberry.field(description="Fields of the ticket, as `fields` of a `TicketAlertAction`.")


@strawberry.input(description="Notification of an app built on Sentry's integration platform.")
class AppActionInput:
    """Input."""

    target_id: str = strawberry.field(description="ID of the app in Sentry, or UUID of its installation.")
    settings: JSON | None = strawberry.field(
        default=None, description="Settings of the app's alert form, as `settings` of an `AppAlertAction`."
    )


@strawberry.input(description="Action of a kind that has no other input, in the form of Sentry's API.")
class RawActionInput:
    """Input."""

    type: str = strawberry.field(description="Kind of the action, as named by Sentry.")
    integration: IntegrationReference | None = strawberry.field(
        default=None, description="Integration that runs the action."
    )
    config: JSON | None = strawberry.field(default=None, description="Recipient of the action.")
    data: JSON | None = strawberry.field(default=None, description="Settings of the action.")


@strawberry.input(one_of=True, description=f"Action of an alert. {ONE_NAME}")
class AlertActionInput:
    """Input."""

    email: EmailTargetInput | None = member("Sends an email.")
    slack: ChannelActionInput | None = member("Posts a message to a Slack channel.")
    discord: ChannelActionInput | None = member("Posts a message to a Discord channel; requires `channelId`.")
    microsoft_teams: ChannelActionInput | None = member("Posts a message to a Microsoft Teams channel.")
    pager_duty: OnCallActionInput | None = member("Opens a PagerDuty incident.")
    opsgenie: OnCallActionInput | None = member("Opens an Opsgenie alert.")
    ticket: TicketActionInput | None = member("Creates a ticket in an issue tracker.")
    app: AppActionInput | None = member("Notifies an app.")
    webhook: str | None = member("Calls the webhook of this service, as named by Sentry, for example `webhooks`.")
    plugins: bool | None = member("True to notify all plugins of the project.")
    keep: str | None = member("ID of an action that the alert has, `actionId`, to keep it as it is.")
    raw: RawActionInput | None = member("Any other action.")


async def action_of(value: AlertActionInput, organization: OrganizationRef, load_context: LoadContext) -> Action:
    """An action as Sentry takes it."""
    if value.email:
        with within("email"):
            return await _email(value.email, organization, load_context)
    for attribute, (name, translate) in TRANSLATIONS.items():
        given = getattr(value, attribute)
        if given:
            with within(name):
                return await translate(given, organization, load_context)
    if value.keep:
        return KeptPart(value.keep)
    raise BadUserInput("An action needs one of its fields")


async def _email(value: EmailTargetInput, organization: OrganizationRef, load_context: LoadContext) -> dict[str, Any]:
    if value.issue_owners:
        data = {"fallthroughType": known(value.issue_owners, "issueOwners")}
        return workflow_action("email", target=("issue_owners", None, None), data=data)
    for given, kind in ((value.user, "user"), (value.team, "team")):
        if given:
            return workflow_action(
                "email", target=(kind, None, await actor_number(given, organization, load_context, kind))
            )
    raise BadUserInput("The recipient must be the owners of the issue, a user or a team")


def _channel(kind: str) -> Translate:
    async def translate(
        value: ChannelActionInput, organization: OrganizationRef, load_context: LoadContext
    ) -> dict[str, Any]:
        integration = await find_integration(value.integration, organization, load_context, "integration")
        if not value.channel and not value.channel_id:
            raise BadUserInput("Either 'channel' or 'channelId' is required", ("channel",))
        name = (value.channel or "").removeprefix("#") or None
        data = {"tags": ",".join(value.tags or ()), "notes": value.notes or ""} if kind != "msteams" else {}
        if kind == "discord":
            del data["notes"]
        return workflow_action(kind, integration=integration, target=("specific", name, value.channel_id), data=data)

    return translate


def _on_call(kind: str) -> Translate:
    async def translate(
        value: OnCallActionInput, organization: OrganizationRef, load_context: LoadContext
    ) -> dict[str, Any]:
        integration = await find_integration(value.integration, organization, load_context, "integration")
        data = {"priority": value.priority} if value.priority else {}
        target = ("specific", value.target_name, value.target_id)
        return workflow_action(kind, integration=integration, target=target, data=data)

    return translate


async def _ticket(value: TicketActionInput, organization: OrganizationRef, load_context: LoadContext) -> dict[str, Any]:
    integration = await find_integration(value.integration, organization, load_context, "integration")
    return workflow_action(
        value.tracker.value, integration=integration, target=("specific", None, None), data=value.fields
    )


async def _app(value: AppActionInput, *_context: object) -> dict[str, Any]:
    data = {} if value.settings is None else {"settings": value.settings}
    return workflow_action("sentry_app", target=("sentry_app", None, value.target_id), data=data)


async def _webhook(service: str, *_context: object) -> dict[str, Any]:
    return workflow_action("webhook", target=(None, None, service))


async def _plugins(_given: object, *_context: object) -> dict[str, Any]:
    return workflow_action("plugin")


async def _raw(value: RawActionInput, organization: OrganizationRef, load_context: LoadContext) -> dict[str, Any]:
    given = value.integration
    integration = given and await find_integration(given, organization, load_context, "integration")
    config: Any = {} if value.config is None else value.config
    return {**workflow_action(value.type, integration=integration, data=value.data), "config": config}


TRANSLATIONS: Mapping[str, tuple[str, Translate]] = MappingProxyType(
    {
        "slack": ("slack", _channel("slack")),
        "discord": ("discord", _channel("discord")),
        "microsoft_teams": ("microsoftTeams", _channel("msteams")),
        "pager_duty": ("pagerDuty", _on_call("pagerduty")),
        "opsgenie": ("opsgenie", _on_call("opsgenie")),
        "ticket": ("ticket", _ticket),
        "app": ("app", _app),
        "webhook": ("webhook", _webhook),
        "plugins": ("plugins", _plugins),
        "raw": ("raw", _raw),
    }
)
"""Attribute of AlertActionInput → its name in the schema, and the function that makes the action of its value."""
