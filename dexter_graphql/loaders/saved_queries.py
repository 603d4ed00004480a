"""Loaders and writes of saved queries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.explore.datasets import Dataset
from dexter_graphql.loaders.explore.tables import TableOptions, TablePage, read_table, requested_columns
from dexter_graphql.loaders.lists import fetch_list
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.sentry.catalogue import events
from dexter_graphql.sentry.catalogue import saved_queries as catalogue
from dexter_graphql.sentry.client import decode_json
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents

DATASETS: Mapping[str, Dataset] = MappingProxyType({"transaction-like": Dataset.TRANSACTIONS})
"""`queryDataset` → dataset of the table; all others are errors."""
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


@fan_out(target="DiscoverConnection", uses=(catalogue.DETAIL, events.DISCOVER))
async def saved_query_tables(key: SavedQueryKey, load_context: LoadContext) -> TablePage | None:
    """The table of a saved query; options are TableOptions, whose dataset, search and columns are the query's."""
    options: TableOptions = load_context.options
    path = {"query": key.id}
    saved = await load_context.client.get_json(
        catalogue.DETAIL, load_context.call_context, parents=Parents(key.organization), path=path
    )
    if not isinstance(saved, dict):
        raise BadResponse("The saved query in Sentry's answer is not an object", title=catalogue.DETAIL.title)
    columns = requested_columns(_texts(saved.get("fields")), load_context)
    query = (
        *repeated("project", map(str, saved.get("projects") or ())),
        *repeated("environment", _texts(saved.get("environment"))),
        *repeated("sort", _sort(saved, columns)),
    )
    search = saved.get("query")
    dataset = DATASETS.get(str(saved.get("queryDataset")), Dataset.ERRORS)
    options = options._replace(dataset=dataset, search=search if isinstance(search, str) else "")
    return await read_table(key.organization, options, columns, query, load_context)


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


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _sort(saved: Mapping[str, Any], columns: tuple[str, ...]) -> list[str]:
    """The order of the query, which names functions without parentheses: `-count` for `count()`."""
    order = saved.get("orderby")
    if not isinstance(order, str) or not order:
        return []
    name = order.removeprefix("-")
    column = next((each for each in columns if name in {each, each.partition("(")[0]}), None)
    return [] if column is None else [f"{'-' if order.startswith('-') else ''}{column}"]
