"""Loader of the kinds of actions that alerts of an organization may have."""

from typing import Any

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, fetch_list
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.parents import Parents


@fan_out(target="AvailableAlertAction", uses=(catalogue.AVAILABLE_ACTIONS,))
async def available_actions(parents: Parents, load_context: LoadContext) -> list[Any]:
    """The kinds of actions, in Sentry's order; options are their types, empty for all."""
    query = tuple(("type", kind) for kind in load_context.options or ())
    page = await fetch_list(catalogue.AVAILABLE_ACTIONS, parents, load_context, options=ALL_ROWS, query=query)
    return page.rows
