"""Alert actions: the `AlertAction` interface and its types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.alerts.enums import ActionTarget, EmailFallthrough
from dexter_graphql.graph.alerts.json_values import decoded, member_of, read
from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.common.statuses import ObjectStatus
from dexter_graphql.graph.declarations.fields import ID, batch, computed, entity, plain, value_type
from dexter_graphql.graph.integrations.types import AppInstallation, Integration
from dexter_graphql.graph.members.actors import Assignee
from dexter_graphql.loaders.actors import ActorKey, actor_key, actors_by_key
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
    """`config` of an action: its recipient."""

    target_type: str | int | None = None
    target_display: str | None = None
    target_identifier: str | int | None = None


class Settings(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`data` of an action: message settings. Each kind uses some of them."""

    fallthrough_type: str | None = None
    tags: str | None = None
    notes: str | None = None
    priority: str | None = None
    settings: msgspec.Raw = msgspec.Raw(b"null")


def _target(row: Any) -> Target:
    return read(row.config, Target, "config") or Target()


def _settings(row: Any) -> Settings:
    return read(row.data, Settings, "data") or Settings()


def _identifier(row: Any) -> str | None:
    identifier = _target(row).target_identifier
    return None if identifier is None or identifier == "" else str(identifier)


def _integration(row: Any) -> IntegrationKey | None:
    return IntegrationKey(row.parents.organization, str(row.integrationId)) if row.integrationId else None


def _receiver(row: Any) -> ActorKey | None:
    return actor_key(row.parents.organization, _target(row).target_type, _identifier(row))


def _installation(row: Any) -> InstallationKey | None:
    identifier = _identifier(row)
    is_uuid = identifier is not None and len(identifier) == UUID_LENGTH
    return InstallationKey(row.parents.organization, identifier) if identifier and is_uuid else None


@entity(representations=(), is_interface=True)
class AlertAction:
    """Action of an alert. The concrete type depends on the kind of action."""

    type: str | None = plain(description="Kind of the action, as sent by Sentry.")
    action_id: strawberry.ID | None = plain(
        "id", description="ID of the action in Sentry; null on servers that have only alert rules."
    )
    status: ObjectStatus | None = plain(description="Status of the action: ACTIVE or DISABLED.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")


@entity(representations=(), is_interface=True)
class IntegrationAlertAction(AlertAction):
    """Action in a connected third-party service."""

    integration_id: strawberry.ID | None = plain("integrationId", description="ID of the integration in Sentry.")
    integration: Integration | None = batch(
        integrations_by_id,
        key=_integration,
        reads=INTEGRATION,
        description="Integration that runs the action. One call per organization.",
    )


@value_type
class EmailAlertAction(AlertAction):
    """Sends an email."""

    target: Assignee | None = batch(
        actors_by_key,
        key=_receiver,
        reads=CONFIG,
        description="User or team that receives the email; null when it is sent to the owners of the issue.",
    )

    @computed(CONFIG)
    def target_kind(row: Any) -> ActionTarget | None:
        """Kind of recipient."""
        return member_of(ActionTarget, _target(row).target_type)

    @computed(CONFIG)
    def target_kind_raw(row: Any) -> str | None:
        """Value of `targetKind`, as sent by Sentry."""
        return None if (value := _target(row).target_type) is None else str(value)

    @computed(DATA)
    def fallthrough(row: Any) -> EmailFallthrough | None:
        """Recipients when the issue has no owners."""
        return member_of(EmailFallthrough, _settings(row).fallthrough_type)

    @computed(DATA)
    def fallthrough_raw(row: Any) -> str | None:
        """Value of `fallthrough`, as sent by Sentry."""
        return _settings(row).fallthrough_type


@entity(representations=(), is_interface=True)
class ChannelAlertAction(IntegrationAlertAction):
    """Posts a message to a channel."""

    @computed(CONFIG)
    def channel(row: Any) -> str | None:
        """Name of the channel; null when only its ID is known."""
        return _target(row).target_display

    @computed(CONFIG)
    def channel_id(row: Any) -> str | None:
        """ID of the channel in the third-party service."""
        return _identifier(row)

    @computed(DATA)
    def tags(row: Any) -> list[str]:
        """Event tags shown in the message."""
        return [tag.strip() for tag in (_settings(row).tags or "").split(",") if tag.strip()]

    @computed(DATA)
    def notes(row: Any) -> str | None:
        """Additional text of the message; null when none is configured."""
        return _settings(row).notes or None


@value_type
class SlackAlertAction(ChannelAlertAction):
    """Posts a message to a Slack channel."""


@value_type
class MicrosoftTeamsAlertAction(ChannelAlertAction):
    """Posts a message to a Microsoft Teams channel."""


@value_type
class DiscordAlertAction(ChannelAlertAction):
    """Posts a message to a Discord channel."""


@entity(representations=(), is_interface=True)
class OnCallAlertAction(IntegrationAlertAction):
    """Pages an on-call service or team."""

    @computed(CONFIG)
    def target_name(row: Any) -> str | None:
        """Name of the on-call service or team; null when only its ID is known."""
        return _target(row).target_display

    @computed(CONFIG)
    def target_id(row: Any) -> str | None:
        """ID of the on-call service or team in the third-party service."""
        return _identifier(row)

    @computed(DATA)
    def priority(row: Any) -> str | None:
        """Priority, as named by the third-party service."""
        return _settings(row).priority


@value_type
class PagerDutyAlertAction(OnCallAlertAction):
    """Opens a PagerDuty incident."""


@value_type
class OpsgenieAlertAction(OnCallAlertAction):
    """Opens an Opsgenie alert."""


@value_type
class TicketAlertAction(IntegrationAlertAction):
    """Creates a ticket in an issue tracker such as Jira, GitHub or Azure DevOps, given by `type`."""

    fields: JSON | None = plain("data", description="Fields of the ticket, as sent by Sentry.")


@value_type
class AppAlertAction(AlertAction):
    """Notifies an app built on Sentry's integration platform."""

    installation: AppInstallation | None = batch(
        installations_by_uuid,
        key=_installation,
        reads=CONFIG,
        description="Installation of the app; null when Sentry identifies it by another ID. One call per organization.",
    )

    @computed(CONFIG)
    def target_id(row: Any) -> str | None:
        """ID of the app or of its installation in Sentry."""
        return _identifier(row)

    @computed(DATA)
    def settings(row: Any) -> JSON | None:
        """Settings that were passed to the app when the alert was created."""
        return decoded(_settings(row).settings, msgspec.Raw, "settings")


@value_type
class WebhookAlertAction(AlertAction):
    """Calls a webhook that is configured on a project or an integration."""

    @computed(CONFIG)
    def service(row: Any) -> str | None:
        """Name of the service in Sentry, for example `webhooks`."""
        return _identifier(row)


@value_type
class PluginAlertAction(AlertAction):
    """Notifies all plugins of the project."""


@value_type
class UnknownAlertAction(AlertAction):
    """Action of a kind that this server does not know."""

    @computed({**CONFIG, **DATA, **INTEGRATION})
    def data(row: Any) -> JSON:
        """Settings as sent by Sentry: `integrationId`, `config` and `data`."""
        return raw({"integrationId": row.integrationId, "config": row.config, "data": row.data})


ACTION_TYPENAMES: Mapping[str, str] = MappingProxyType(
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
"""Kind of action in Sentry's API → its type in the graph."""

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
"""Implementations of `AlertAction`, which no field refers to."""
