"""Selection of issues by short ID or by search; only their IDs are read."""

from collections.abc import Sequence
from dataclasses import replace

from dexter_graphql.loaders.base import CHUNK_SIZE, LoadContext, chunks
from dexter_graphql.loaders.issues.details import numeric_id
from dexter_graphql.loaders.issues.keys import IssueKey, ShortIdKey
from dexter_graphql.loaders.issues.parameters import COLLAPSE_ALL, RETENTION, pushdown, with_row_filter
from dexter_graphql.loaders.lists import ListOptions, fetch_list, rows_by_key
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.parameters import BatchSearch
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

REQUIRED_ID = Field("id", "id", int | str, is_required=True)
ONLY_ID = Projection("Issue", "list", (REQUIRED_ID,))
BOTH_IDS = Projection("Issue", "list", (REQUIRED_ID, Field("shortId", "shortId", str, is_required=True)))
SELECTION_ENDPOINTS = (catalogue.LIST, organizations.SHORT_ID, *REFERENCE_ENDPOINTS)


async def select_by_short_ids(
    organization: OrganizationRef, short_ids: Sequence[str], load_context: LoadContext
) -> dict[str, IssueKey]:
    """Short ID → key of the issues that exist: one call for a single short ID, one per 100 of several.

    Raises InvalidValue when an issue is missing and may be one whose IDs cannot be read.
    """
    if len(short_ids) == 1:
        issue = await numeric_id(ShortIdKey(organization, short_ids[0]), load_context)
        return {} if issue is None else {short_ids[0]: issue}
    keys: dict[str, IssueKey] = {}
    for chunk in chunks(short_ids, CHUNK_SIZE):
        query = (*COLLAPSE_ALL, *RETENTION, ("query", BatchSearch(f"issue:[{','.join(chunk)}]")))
        page = await load_context.get_page(
            catalogue.LIST, Parents(organization), query=query, projection=BOTH_IDS, size=len(chunk)
        )
        for short_id, row in rows_by_key(chunk, page.rows, "shortId", str).items():
            if isinstance(row, InvalidValue):
                raise row
            if row is not None:
                keys[short_id] = IssueKey(organization, str(row.id))
    return keys


async def select_by_search(
    organization: OrganizationRef, options: ListOptions, load_context: LoadContext
) -> list[IssueKey]:
    """The first issues that match a search."""
    context = replace(load_context, options=options)
    projection = with_row_filter(ONLY_ID, context)
    page = await fetch_list(
        catalogue.LIST, Parents(organization), context, query=pushdown(projection), projection=projection
    )
    return [IssueKey(organization, str(row.id)) for row in page.rows if not first_invalid(row, "id")]
