"""Loaders of changes of feature flags."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import ListOptions, fetch_list
from dexter_graphql.sentry.catalogue import flags as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents


class FlagChangeKey(NamedTuple):
    """A change of a feature flag by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


@fan_out(target="FlagChange", uses=(catalogue.LIST,))
async def flag_change_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the changes of an organization's feature flags; options are ListOptions."""
    options: ListOptions = load_context.options
    interval = None if options.time_range is None else load_context.interval(options.time_range)
    return await fetch_list(catalogue.LIST, parents, load_context, query=() if interval is None else interval.query)


@fan_out(target="FlagChange", uses=(catalogue.DETAIL,), is_shared=True)
async def flag_changes_by_id(key: FlagChangeKey, load_context: LoadContext) -> Any:
    """A change of a feature flag; None when it does not exist."""
    path = {"flag_change": key.id}
    return await load_context.get_or_none(
        catalogue.DETAIL, Parents(key.organization), path=path, projection=load_context.projection("list")
    )
