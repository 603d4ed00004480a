"""The actions of alerts: an interface, and a type for each kind that is known."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.enums import ActionTarget, EmailFallthrough
from dexter_graphql.graph.alerts.reading import decoded, member_of, read
from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.declarations.fields import ID, batch, computed, entity, plain, value_type
from dexter_graphql.graph.integrations.types import AppInstallation, Integration
from dexter_graphql.graph.issues.parts import Assignee
from dexter_graphql.loaders.actors import ActorKey, actors_by_key
from dexter_graphql.loaders.integrations import (
    InstallationKey,
    IntegrationKey,
    installations_by_uuid,
    integrations_by_id,
)

CONFIG, DATA = {"config": msgspec.Raw}, {"data": msgspec.Raw}
INTEGRATION = {"integrationId": ID | None}
UUID_LENGTH = 36


class Target(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`config` of an action: who is told."""

    target_type: str | int | None = None
    target_display: str | None = None
    target_identifier: str | int | None = None


class Settings(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`data` of an action: how they are told. Each kind uses a few of these."""

    fallthrough_type: str | None = None
    tags: str | None = None
    notes: str | None = None
    priority: str | None = None
    settings: msgspec.Raw = msgspec.Raw(b"null")


def _target(row: Any) -> Target:
    return read(row.config, Target) or Target()


def _settings(row: Any) -> Settings:
    return read(row.data, Settings) or Settings()


def _identifier(row: Any) -> str | None:
    found = _target(row).target_identifier
    return None if found is None or found == "" else str(found)


def _integration(row: Any) -> IntegrationKey | None:
    return IntegrationKey(row.parents.organization, str(row.integrationId)) if row.integrationId else None


def _receiver(row: Any) -> ActorKey | None:
    kind, number = _target(row).target_type, _identifier(row)
    return ActorKey(row.parents.organization, str(kind), number) if kind in {"user", "team"} and number else None


def _installation(row: Any) -> InstallationKey | None:
    number = _identifier(row)
    is_uuid = number is not None and len(number) == UUID_LENGTH
    return InstallationKey(row.parents.organization, number) if number and is_uuid else None


@entity(representations=(), is_interface=True)
class AlertAction:
    """What an alert does; its type says which."""

    type: str | None = plain(description="Sentry's own word for the kind of action.")
    action_id: strawberry.ID | None = plain("id", description="Sentry's id of it; null on servers with old rules.")
    status: str | None = plain(description="`active` or `disabled`.")


@entity(representations=(), is_interface=True)
class IntegrationAlertAction(AlertAction):
    """An action in another tool that is connected."""

    integration_id: strawberry.ID | None = plain("integrationId", description="Sentry's id of the connected tool.")
    integration: Integration | None = batch(
        integrations_by_id,
        key=_integration,
        reads=INTEGRATION,
        description="The connected tool. One call for all of an organization.",
    )


@value_type
class EmailAlertAction(AlertAction):
    """Sends an e-mail."""

    target: Assignee | None = batch(
        actors_by_key,
        key=_receiver,
        reads=CONFIG,
        description="The user or team that gets it; null when the owners of the issue do.",
    )

    @computed(CONFIG)
    def target_kind(row: Any) -> ActionTarget | None:
        """What kind of receiver it has."""
        return member_of(ActionTarget, _target(row).target_type)

    @computed(DATA)
    def fallthrough(row: Any) -> EmailFallthrough | None:
        """Who gets it when the issue has no owners."""
        return member_of(EmailFallthrough, _settings(row).fallthrough_type)


@entity(representations=(), is_interface=True)
class ChannelAlertAction(IntegrationAlertAction):
    """Posts a message into a channel."""

    @computed(CONFIG)
    def channel(row: Any) -> str | None:
        """Name of the channel; null when only its id is known."""
        return _target(row).target_display

    @computed(CONFIG)
    def channel_id(row: Any) -> str | None:
        """The other tool's id of the channel."""
        return _identifier(row)

    @computed(DATA)
    def tags(row: Any) -> list[str]:
        """Tags of the event that the message shows."""
        return [tag.strip() for tag in (_settings(row).tags or "").split(",") if tag.strip()]

    @computed(DATA)
    def notes(row: Any) -> str | None:
        """Text that the message shows, for example whom to call."""
        return _settings(row).notes or None


@value_type
class SlackAlertAction(ChannelAlertAction):
    """Posts a message into a channel of Slack."""


@value_type
class MicrosoftTeamsAlertAction(ChannelAlertAction):
    """Posts a message into a channel of Microsoft Teams."""


@value_type
class DiscordAlertAction(ChannelAlertAction):
    """Posts a message into a channel of Discord."""


@entity(representations=(), is_interface=True)
class OnCallAlertAction(IntegrationAlertAction):
    """Calls whoever is on duty."""

    @computed(CONFIG)
    def target_name(row: Any) -> str | None:
        """Name of the service or team that is called; null when only its id is known."""
        return _target(row).target_display

    @computed(CONFIG)
    def target_id(row: Any) -> str | None:
        """The id of the service or team."""
        return _identifier(row)

    @computed(DATA)
    def priority(row: Any) -> str | None:
        """How urgent, in the other tool's own word."""
        return _settings(row).priority


@value_type
class PagerDutyAlertAction(OnCallAlertAction):
    """Opens an incident at PagerDuty."""


@value_type
class OpsgenieAlertAction(OnCallAlertAction):
    """Opens an alert at Opsgenie."""


@value_type
class TicketAlertAction(IntegrationAlertAction):
    """Opens a ticket in another tool: Jira, GitHub, Azure DevOps; `type` says which."""

    fields: JSON | None = plain("data", description="What the ticket is filled in with, as Sentry sent it.")


@value_type
class AppAlertAction(AlertAction):
    """Tells an app built on Sentry's integration platform."""

    installation: AppInstallation | None = batch(
        installations_by_uuid,
        key=_installation,
        reads=CONFIG,
        description="The installed app; null when Sentry names it by another id. One call for all of an organization.",
    )

    @computed(CONFIG)
    def target_id(row: Any) -> str | None:
        """Sentry's id of the app or of its installation."""
        return _identifier(row)

    @computed(DATA)
    def settings(row: Any) -> JSON | None:
        """What the app was told when the alert was made."""
        return decoded(_settings(row).settings, msgspec.Raw)


@value_type
class WebhookAlertAction(AlertAction):
    """Calls a web address that a project, or an integration, has set up."""

    @computed(CONFIG)
    def service(row: Any) -> str | None:
        """Sentry's short name of what is called, for example `webhooks`."""
        return _identifier(row)


@value_type
class PluginAlertAction(AlertAction):
    """Tells all plugins of the project."""


@value_type
class UnknownAlertAction(AlertAction):
    """An action of a kind that is newer than this server."""

    @computed({**CONFIG, **DATA, **INTEGRATION})
    def data(row: Any) -> JSON:
        """Its settings as Sentry sent them: `integrationId`, `config` and `data`."""
        return raw({"integrationId": row.integrationId, "config": row.config, "data": row.data})


ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "email": "EmailAlertAction",
        "slack": "SlackAlertAction",
        "msteams": "MicrosoftTeamsAlertAction",
        "discord": "DiscordAlertAction",
        "pagerduty": "PagerDutyAlertAction",
        "opsgenie": "OpsgenieAlertAction",
        "github": "TicketAlertAction",
        "github_enterprise": "TicketAlertAction",
        "jira": "TicketAlertAction",
        "jira_server": "TicketAlertAction",
        "azure_devops": "TicketAlertAction",
        "vsts": "TicketAlertAction",
        "sentry_app": "AppAlertAction",
        "webhook": "WebhookAlertAction",
        "plugin": "PluginAlertAction",
    }
)
"""Sentry's word for an action → its type in the graph."""

ACTION_TYPES: tuple[type, ...] = (
    EmailAlertAction,
    SlackAlertAction,
    MicrosoftTeamsAlertAction,
    DiscordAlertAction,
    PagerDutyAlertAction,
    OpsgenieAlertAction,
    TicketAlertAction,
    AppAlertAction,
    WebhookAlertAction,
    PluginAlertAction,
    UnknownAlertAction,
)
"""Types that no field names, but that stand behind AlertAction."""
