"""Knows how issues that a change is about are found by short id or by search: nothing but their ids is read."""

from collections.abc import Sequence

from dexter_graphql.loaders.base import Lookup, chunks
from dexter_graphql.loaders.issues import COLLAPSIBLE, RETENTION, IssueKey, Query, ShortIdKey, numeric_id
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.paging import collect
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Shape, misfit_in

ID = Member("id", "id", int | str, is_required=True)
BY_ID = Shape("Issue", "list", (ID,))
BY_SHORT_ID = Shape("Issue", "list", (ID, Member("shortId", "shortId", str, is_required=True)))
COLLAPSED = tuple(("collapse", value) for value in COLLAPSIBLE)
USES = (catalogue.LIST, organizations.SHORT_ID)


async def chosen_by_short_id(
    organization: OrganizationRef, short_ids: Sequence[str], lookup: Lookup
) -> dict[str, IssueKey]:
    """Short id → issue, for those that Sentry has: one call for one of them, one for each hundred of several."""
    if len(short_ids) == 1:
        found = await numeric_id(ShortIdKey(organization, short_ids[0]), lookup)
        return {} if found is None else {short_ids[0]: found}
    keys: dict[str, IssueKey] = {}
    for part in chunks(short_ids, 100):
        query = (*COLLAPSED, *RETENTION, ("query", f"issue:[{','.join(part)}]"))
        page = await lookup.client.page(
            catalogue.LIST, lookup.ticket, BY_SHORT_ID, scope=Scope(organization), query=query, size=len(part)
        )
        for row in page.rows:
            if not misfit_in(row, "id", "shortId"):
                keys[row.shortId] = IssueKey(organization, str(row.id))
    return keys


async def chosen_by_search(organization: OrganizationRef, query: Query, most: int, lookup: Lookup) -> list[IssueKey]:
    """The first issues that a search finds, at most so many."""
    scope = Scope(organization)
    page = await collect(
        lambda size, cursor: lookup.client.page(
            catalogue.LIST, lookup.ticket, BY_ID, scope=scope, query=(*COLLAPSED, *query), size=size, cursor=cursor
        ),
        first=most,
        after=None,
        cap=most,
    )
    return [IssueKey(organization, str(row.id)) for row in page.rows if not misfit_in(row, "id")]
