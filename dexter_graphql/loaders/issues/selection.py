"""Knows how issues that a change is about are found by short id or by search: nothing but their ids is read."""

from collections.abc import Sequence

from dexter_graphql.loaders.base import LoadContext, chunks
from dexter_graphql.loaders.issues.details import (
    COLLAPSIBLE,
    RETENTION,
    IssueKey,
    QueryParameters,
    ShortIdKey,
    numeric_id,
)
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.pagination import collect
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

ID = Field("id", "id", int | str, is_required=True)
BY_ID = Projection("Issue", "list", (ID,))
BY_SHORT_ID = Projection("Issue", "list", (ID, Field("shortId", "shortId", str, is_required=True)))
COLLAPSED = tuple(("collapse", value) for value in COLLAPSIBLE)
USES = (catalogue.LIST, organizations.SHORT_ID)


async def select_by_short_ids(
    organization: OrganizationRef, short_ids: Sequence[str], load_context: LoadContext
) -> dict[str, IssueKey]:
    """Short id → issue, for those that Sentry has: one call for one of them, one for each hundred of several."""
    if len(short_ids) == 1:
        found = await numeric_id(ShortIdKey(organization, short_ids[0]), load_context)
        return {} if found is None else {short_ids[0]: found}
    keys: dict[str, IssueKey] = {}
    for part in chunks(short_ids, 100):
        query = (*COLLAPSED, *RETENTION, ("query", f"issue:[{','.join(part)}]"))
        page = await load_context.client.page(
            catalogue.LIST,
            load_context.call_context,
            BY_SHORT_ID,
            parents=Parents(organization),
            query=query,
            size=len(part),
        )
        for row in page.rows:
            if not first_invalid(row, "id", "shortId"):
                keys[row.shortId] = IssueKey(organization, str(row.id))
    return keys


async def select_by_search(
    organization: OrganizationRef, query: QueryParameters, most: int, load_context: LoadContext
) -> list[IssueKey]:
    """The first issues that a search finds, at most so many."""
    parents = Parents(organization)
    page = await collect(
        lambda size, cursor: load_context.client.page(
            catalogue.LIST,
            load_context.call_context,
            BY_ID,
            parents=parents,
            query=(*COLLAPSED, *query),
            size=size,
            cursor=cursor,
        ),
        first=most,
        after=None,
        cap=most,
    )
    return [IssueKey(organization, str(row.id)) for row in page.rows if not first_invalid(row, "id")]
