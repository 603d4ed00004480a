"""Integrations with other tools, and apps that an organization installed."""

from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.common.web_urls import settings_page_url
from dexter_graphql.graph.declarations.fields import LIST, computed, entity, plain, value_type
from dexter_graphql.graph.organizations.backlink import OrganizationType, organization_field
from dexter_graphql.graph.relay.node import Node
from dexter_graphql.loaders.integrations import (
    InstallationKey,
    IntegrationKey,
    installations_by_uuid,
    integrations_by_id,
)


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


@strawberry.enum(description="Where the installation of an app stands.")
class InstallationStatus(Enum):
    """`status` on the wire."""

    PENDING = wire_value("pending", "The app has not confirmed it yet.")
    INSTALLED = wire_value("installed", "In use.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@value_type
class IntegrationProvider:
    """A kind of tool that can be integrated."""

    @computed()
    def key(row: Provider) -> str | None:
        """Sentry's word, for example `github` or `slack`."""
        return row.key

    @computed()
    def name(row: Provider) -> str | None:
        """Name for people."""
        return row.name

    @computed()
    def can_add(row: Provider) -> bool | None:
        """True when another one can be set up."""
        return row.can_add

    @computed()
    def can_disable(row: Provider) -> bool | None:
        """True when it can be switched off."""
        return row.can_disable

    @computed()
    def features(row: Provider) -> list[str] | None:
        """What it can do, in Sentry's words."""
        return row.features


@entity(key=IntegrationKey, load=integrations_by_id, representations=(LIST,))
class Integration(Node):
    """A tool that an organization has connected to Sentry. Its settings and secrets are not given."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id.")
    name: str = plain(description="Name, for example that of the account in the other tool.")
    status: str | None = plain(description="`active`, `disabled` or a newer word.")
    organization_status: str | None = plain(
        "organizationIntegrationStatus", description="The same for this organization's part in it."
    )
    icon: str | None = plain(description="Address of its picture.")
    domain_name: str | None = plain("domainName", description="Its address in the other tool, without `https://`.")
    account_type: str | None = plain("accountType", description="Kind of account in the other tool.")
    scopes: list[str] | None = plain(description="What it may do in the other tool.")
    is_out_of_date: bool | None = plain("outOfDate", description="True when it has to be installed anew.")
    external_id: str | None = plain("externalId", type=int | str, convert=str, description="Its id in the other tool.")
    grace_period_end: datetime | None = plain("gracePeriodEnd", description="When it will be switched off.")
    organization: OrganizationType = organization_field()

    @computed(PROVIDER)
    def provider(row: Any) -> IntegrationProvider | None:
        """What kind of tool it is."""
        return row.provider

    @computed(PROVIDER, id=int | str)
    def web_url(row: Any) -> str | None:
        """Address of the integration's settings in Sentry; null when Sentry does not say where its pages are."""
        if row.provider is None or row.provider.key is None:
            return None
        return settings_page_url(row.parents.organization, "integrations", row.provider.key, str(row.id))


@entity(key=InstallationKey, load=installations_by_uuid, representations=(LIST,))
class AppInstallation(Node):
    """An app built on Sentry's integration platform, as installed in an organization."""

    uuid: str = plain(description="Sentry's own id of the installation.")
    status: InstallationStatus | None = plain(description="Where it stands.")
    status_raw: str | None = plain("status", description="`status` in Sentry's own word.")
    organization: OrganizationType = organization_field()

    @computed(APP)
    def app_slug(row: Any) -> str | None:
        """Short name of the app."""
        return row.app and row.app.slug

    @computed(APP)
    def app_uuid(row: Any) -> str | None:
        """Sentry's own id of the app."""
        return row.app and row.app.uuid

    @computed(APP)
    def web_url(row: Any) -> str | None:
        """Address of the app's page in Sentry; null when Sentry does not say where its pages are."""
        return (
            settings_page_url(row.parents.organization, "sentry-apps", row.app.slug)
            if row.app and row.app.slug
            else None
        )
