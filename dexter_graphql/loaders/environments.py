"""Knows how an organization's environments are looked up; those of one project are in `projects`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_organization
from dexter_graphql.sentry.catalogue import environments as catalogue
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import only_records

EVERYTHING = 10_000
"""Keys that one list of environments answers."""


class EnvironmentKey(NamedTuple):
    """An environment by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


@fan_out(target="Environment", uses=(catalogue.LIST,), is_shared=True)
async def organization_environments(parents: Parents, load_context: LoadContext) -> list[Any]:
    """The environments of an organization; options are `visible`, `hidden` or `all`."""
    page = await load_context.client.page(
        catalogue.LIST,
        load_context.call_context,
        load_context.projection("list"),
        parents=parents,
        query=(("visibility", load_context.options),),
    )
    return page.rows


@bulk(target="Environment", uses=(catalogue.LIST,))
async def environments_by_id(keys: Sequence[EnvironmentKey], load_context: LoadContext) -> Mapping[EnvironmentKey, Any]:
    """Environments by id, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[EnvironmentKey]) -> Mapping[EnvironmentKey, Any]:
        rows = only_records(await load_context.load(organization_environments, Parents(organization), "all"))
        return {EnvironmentKey(organization, str(row.id)): row for row in rows}

    return await by_organization(keys, listed, size=EVERYTHING)
