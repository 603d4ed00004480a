"""Kinds of actions that alerts of an organization may have."""

import strawberry

from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.declarations.fields import LIST, entity, plain, value_type


@value_type
class AvailableService:
    """Service of an integration that an action can page."""

    service_id: strawberry.ID = plain("id", description="ID of the service in the third-party service.")
    name: str | None = plain(description="Name of the service.")


@value_type
class AvailableIntegration:
    """Integration that can run an action."""

    integration_id: strawberry.ID = plain("id", description="ID of the integration in Sentry.")
    name: str | None = plain(description="Name of the integration.")
    services: list[AvailableService] | None = plain(description="Services of the integration; null without any.")


@value_type
class AvailableApp:
    """Installed app that an action can notify."""

    app_id: strawberry.ID = plain("id", description="ID of the app in Sentry.")
    name: str | None = plain(description="Name of the app.")
    installation_uuid: str | None = plain("installationUuid", description="UUID of the installation.")
    title: str | None = plain(description="Title of the action that the app defines; null without any.")


@value_type
class AvailableWebhook:
    """Service with webhooks that an action can call."""

    slug: str | None = plain(description="Name of the service in Sentry, for example `webhooks`.")
    name: str | None = plain(description="Display name of the service.")


@entity(representations=(LIST,))
class AvailableAlertAction:
    """Kind of action that alerts of an organization may have."""

    type: str | None = plain(description="Kind of the action, as named by Sentry.")
    group: str | None = plain("handlerGroup", description="`notification`, `ticket_creation` or `other`.")
    integrations: list[AvailableIntegration] | None = plain(
        description="Integrations that can run the action; null for actions without an integration."
    )
    app: AvailableApp | None = plain("sentryApp", description="App that the action notifies; null for other actions.")
    webhooks: list[AvailableWebhook] | None = plain(
        "services", description="Services with webhooks; null for other actions."
    )
    config_schema: JSON | None = plain("configSchema", description="JSON Schema of the recipient.")
    data_schema: JSON | None = plain("dataSchema", description="JSON Schema of the settings.")
