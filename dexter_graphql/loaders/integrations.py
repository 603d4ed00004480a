"""Knows how integrations and installed apps are looked up."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, by_organization, fetch_list
from dexter_graphql.sentry.catalogue import integrations as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import only_records

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
async def integrations_by_id(keys: Sequence[IntegrationKey], load_context: LoadContext) -> Mapping[IntegrationKey, Any]:
    """Integrations by id, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[IntegrationKey]) -> Mapping[IntegrationKey, Any]:
        page = await fetch_list(
            catalogue.LIST, Parents(organization), load_context, wanted=ALL_ROWS, query=WITHOUT_CONFIG
        )
        return {IntegrationKey(organization, str(row.id)): row for row in only_records(page.rows)}

    return await by_organization(keys, listed, size=EVERYTHING)


@fan_out(target="Integration", uses=(catalogue.LIST,))
async def integration_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's integrations; options are a Listing."""
    return await fetch_list(catalogue.LIST, parents, load_context, query=WITHOUT_CONFIG)


@fan_out(target="AppInstallation", uses=(catalogue.APP_INSTALLATIONS,))
async def installation_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the apps that the organization installed; options are a Listing."""
    return await fetch_list(catalogue.APP_INSTALLATIONS, parents, load_context)


@bulk(target="AppInstallation", uses=(catalogue.APP_INSTALLATIONS,))
async def installations_by_uuid(
    keys: Sequence[InstallationKey], load_context: LoadContext
) -> Mapping[InstallationKey, Any]:
    """Installed apps by UUID, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[InstallationKey]) -> Mapping[InstallationKey, Any]:
        page = await fetch_list(catalogue.APP_INSTALLATIONS, Parents(organization), load_context, wanted=ALL_ROWS)
        return {InstallationKey(organization, row.uuid): row for row in only_records(page.rows)}

    return await by_organization(keys, listed, size=EVERYTHING)
