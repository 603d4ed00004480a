"""Knows how integrations and installed apps are looked up."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, fan_out
from dexter_graphql.loaders.listing import WHOLE, by_organization, pages
from dexter_graphql.sentry.catalogue import integrations as catalogue
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import records

EVERYTHING = 10_000
"""Keys that one list answers."""
WITHOUT_CONFIG = (("includeConfig", "0"),)
"""Settings of integrations are fetched from the other tool, which takes long; nothing here shows them."""


class IntegrationKey(NamedTuple):
    """An integration by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


class InstallationKey(NamedTuple):
    """An installed app by its UUID."""

    organization: OrganizationRef
    uuid: str


@bulk(target="Integration", uses=(catalogue.LIST,))
async def integrations_by_id(keys: Sequence[IntegrationKey], lookup: Lookup) -> Mapping[IntegrationKey, Any]:
    """Integrations by id, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[IntegrationKey]) -> Mapping[IntegrationKey, Any]:
        page = await pages(catalogue.LIST, Scope(organization), lookup, wanted=WHOLE, query=WITHOUT_CONFIG)
        return {IntegrationKey(organization, str(row.id)): row for row in records(page.rows)}

    return await by_organization(keys, listed, size=EVERYTHING)


@fan_out(target="Integration", uses=(catalogue.LIST,))
async def integration_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the organization's integrations; options are a Listing."""
    return await pages(catalogue.LIST, scope, lookup, query=WITHOUT_CONFIG)


@fan_out(target="AppInstallation", uses=(catalogue.APP_INSTALLATIONS,))
async def installation_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the apps that the organization installed; options are a Listing."""
    return await pages(catalogue.APP_INSTALLATIONS, scope, lookup)


@bulk(target="AppInstallation", uses=(catalogue.APP_INSTALLATIONS,))
async def installations_by_uuid(keys: Sequence[InstallationKey], lookup: Lookup) -> Mapping[InstallationKey, Any]:
    """Installed apps by UUID, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[InstallationKey]) -> Mapping[InstallationKey, Any]:
        page = await pages(catalogue.APP_INSTALLATIONS, Scope(organization), lookup, wanted=WHOLE)
        return {InstallationKey(organization, row.uuid): row for row in records(page.rows)}

    return await by_organization(keys, listed, size=EVERYTHING)
