"""Loaders and writes of saved queries."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import fetch_list
from dexter_graphql.sentry.catalogue import saved_queries as catalogue
from dexter_graphql.sentry.client import decode_json
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents

WRITTEN = (
    *("name", "projects", "queryDataset", "start", "end", "range", "fields", "orderby"),
    *("environment", "query", "yAxis", "display", "topEvents", "interval"),
)
"""Members of the body of a saved query."""


class SavedQueryKey(NamedTuple):
    """A saved query by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


@fan_out(target="SavedQuery", uses=(catalogue.LIST,))
async def saved_query_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's saved queries; options are ListOptions."""
    return await fetch_list(catalogue.LIST, parents, load_context)


@fan_out(target="SavedQuery", uses=(catalogue.DETAIL,), is_shared=True)
async def saved_queries_by_id(key: SavedQueryKey, load_context: LoadContext) -> Any:
    """A saved query; None when it does not exist."""
    return await load_context.get_or_none(catalogue.DETAIL, Parents(key.organization), path={"query": key.id})


async def create_saved_query(
    organization: OrganizationRef, body: Mapping[str, Any], load_context: LoadContext
) -> SavedQueryKey:
    """Create a saved query."""
    reply = await load_context.send(catalogue.CREATE, Parents(organization), body=dict(body))
    load_context.loaders.clear()
    created = decode_json(catalogue.CREATE, reply)
    if not isinstance(created, dict) or not isinstance(created.get("id"), (str, int)):
        raise BadResponse("Sentry's answer lacks the ID of the saved query", title=catalogue.CREATE.title)
    return SavedQueryKey(organization, str(created["id"]))


async def update_saved_query(key: SavedQueryKey, changes: Mapping[str, Any], load_context: LoadContext) -> None:
    """Change members of a saved query. Sentry replaces all of it, so that the others are read and sent again."""
    parents, path = Parents(key.organization), {"query": key.id}
    current = await load_context.client.get_json(
        catalogue.CURRENT, load_context.call_context, parents=parents, path=path
    )
    kept = {name: current[name] for name in WRITTEN if name in current} if isinstance(current, dict) else {}
    await load_context.send(catalogue.UPDATE, parents, path=path, body={**kept, **changes})
    load_context.loaders.clear()


async def delete_saved_query(key: SavedQueryKey, load_context: LoadContext) -> None:
    """Delete a saved query."""
    await load_context.send(catalogue.DELETE, Parents(key.organization), path={"query": key.id})
    load_context.loaders.clear()
