"""Loaders of the environments of an organization. Those of one project are in `projects`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import ListOptions, by_complete_list, page_of_rows
from dexter_graphql.sentry.catalogue import environments as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents


class EnvironmentKey(NamedTuple):
    """An environment by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class EnvironmentOptions(NamedTuple):
    """Part of an environment list, and which environments it has: `visible`, `hidden` or `all`."""

    part: ListOptions
    visibility: str


@fan_out(target="OrganizationEnvironment", uses=(catalogue.LIST,), is_shared=True)
async def organization_environments(parents: Parents, load_context: LoadContext) -> list[Any]:
    """The environments of an organization; options are `visible`, `hidden` or `all`."""
    return await load_context.get_rows(catalogue.LIST, parents, query=(("visibility", load_context.options),))


@fan_out(target="OrganizationEnvironment", uses=(catalogue.LIST,), is_shared=True)
async def organization_environment_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the environments of an organization, which Sentry sends in one answer."""
    options: EnvironmentOptions = load_context.options
    return page_of_rows(await load_context.load(organization_environments, parents, options.visibility), options.part)


@fan_out(target="OrganizationEnvironment", uses=(catalogue.LIST,), is_shared=True)
async def all_environments(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All environments of an organization, also hidden ones."""
    rows: list[Any] = await load_context.load(organization_environments, Parents(organization), "all")
    return rows


@bulk(target="OrganizationEnvironment", uses=(catalogue.LIST,))
async def environments_by_id(keys: Sequence[EnvironmentKey], load_context: LoadContext) -> Mapping[EnvironmentKey, Any]:
    """Environments by ID, from the complete list of their organization."""
    return await by_complete_list(
        keys, load_context, all_environments, lambda organization, row: EnvironmentKey(organization, str(row.id))
    )
