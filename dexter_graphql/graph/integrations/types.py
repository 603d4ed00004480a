"""Integrations and installed apps of an organization."""

from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.common.statuses import ObjectStatus
from dexter_graphql.graph.common.web_urls import settings_page_url
from dexter_graphql.graph.declarations.fields import LIST, batch, computed, entity, plain, value_type
from dexter_graphql.graph.lazy_types import OrganizationType
from dexter_graphql.graph.organizations.organization_field import organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.graph.tickets.arguments import (
    DependentData,
    LabelContains,
    OptionsProject,
    OptionsUri,
    choice_options,
)
from dexter_graphql.graph.tickets.types import AppFormOptions
from dexter_graphql.loaders.integrations import (
    InstallationKey,
    IntegrationKey,
    installations_by_uuid,
    integrations_by_id,
)
from dexter_graphql.loaders.tickets import app_form_options


class App(msgspec.Struct, frozen=True, gc=False):
    """`app` of an installation on the wire."""

    uuid: str | None = None
    slug: str | None = None


class Provider(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`provider` of an integration on the wire."""

    key: str | None = None
    name: str | None = None
    can_add: bool | None = None
    can_disable: bool | None = None
    features: list[str] | None = None


APP = {"app": App | None}
PROVIDER = {"provider": Provider | None}


@strawberry.enum(description="Status of an app installation.")
class InstallationStatus(Enum):
    """`status` on the wire."""

    PENDING = wire_value("pending", "The app has not confirmed the installation yet.")
    INSTALLED = wire_value("installed", "The app is installed.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@value_type
class IntegrationProvider:
    """Provider of integrations, such as GitHub or Slack."""

    @computed()
    def key(row: Provider) -> str | None:
        """Key of the provider in Sentry, for example `github` or `slack`."""
        return row.key

    @computed()
    def name(row: Provider) -> str | None:
        """Display name of the provider."""
        return row.name

    @computed()
    def can_add(row: Provider) -> bool | None:
        """True when another integration of this provider can be added."""
        return row.can_add

    @computed()
    def can_disable(row: Provider) -> bool | None:
        """True when integrations of this provider can be disabled."""
        return row.can_disable

    @computed()
    def features(row: Provider) -> list[str] | None:
        """Features of the provider, as named by Sentry."""
        return row.features


@entity(key=IntegrationKey, load=integrations_by_id, representations=(LIST,))
class Integration(Node):
    """Integration of an organization with a third-party service. Its settings and secrets are not exposed."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID in Sentry's API.")
    name: str | None = plain(description="Name of the integration, usually the name of the account at the provider.")
    status: ObjectStatus | None = plain(description="Status of the integration.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    organization_status: ObjectStatus | None = plain(
        "organizationIntegrationStatus", description="Status of the integration within this organization."
    )
    organization_status_raw: str | None = plain(
        "organizationIntegrationStatus", description="Value of `organizationStatus`, as sent by Sentry."
    )
    icon: str | None = plain(description="URL of the icon.")
    domain_name: str | None = plain(
        "domainName", description="Domain of the account at the provider, without `https://`."
    )
    account_type: str | None = plain("accountType", description="Type of account at the provider.")
    scopes: list[str] | None = plain(description="Permissions that were granted at the provider.")
    is_out_of_date: bool | None = plain("outOfDate", description="True when the integration must be installed again.")
    external_id: str | None = plain(
        "externalId", type=int | str, convert=str, description="ID of the account at the provider."
    )
    grace_period_ends_at: datetime | None = plain(
        "gracePeriodEnd", description="Time when the integration will be disabled; null when that is not planned."
    )
    organization: OrganizationType = organization_field()

    @computed(PROVIDER)
    def provider(row: Any) -> IntegrationProvider | None:
        """Provider of the integration."""
        return row.provider

    @computed(PROVIDER, id=int | str)
    def web_url(row: Any) -> str | None:
        """URL of the integration's settings in Sentry; null when the web address of the organization is unknown."""
        if row.provider is None or row.provider.key is None:
            return None
        return settings_page_url(row.parents.organization, "integrations", row.provider.key, str(row.id))


@entity(key=InstallationKey, load=installations_by_uuid, representations=(LIST,))
class AppInstallation(Node):
    """Installation of an app that is built on Sentry's integration platform."""

    uuid: str = plain(description="UUID of the installation in Sentry.")
    status: InstallationStatus | None = plain(description="Status of the installation.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    organization: OrganizationType = organization_field()

    @batch(app_form_options)
    def form_options(
        *,
        uri: OptionsUri,
        project: OptionsProject = None,
        label_contains: LabelContains = None,
        dependent_data: DependentData = None,
    ) -> AppFormOptions | None:
        """Choices that the app gives for a field of its form. One call per installation, which asks the app."""
        return choice_options(uri, project, label_contains, dependent_data)

    @computed(APP)
    def app_slug(row: Any) -> str | None:
        """Slug of the app."""
        return row.app and row.app.slug

    @computed(APP)
    def app_uuid(row: Any) -> str | None:
        """UUID of the app in Sentry."""
        return row.app and row.app.uuid

    @computed(APP)
    def web_url(row: Any) -> str | None:
        """URL of the app in Sentry; null when the web address of the organization is unknown."""
        return (
            settings_page_url(row.parents.organization, "sentry-apps", row.app.slug)
            if row.app and row.app.slug
            else None
        )
