"""Knows how projects are looked up."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, chunks
from dexter_graphql.sentry.catalogue import projects as catalogue
from dexter_graphql.sentry.scope import OrganizationRef, Scope


class ProjectKey(NamedTuple):
    """A project by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


@bulk(target="Project", uses=(catalogue.LIST,))
async def projects_by_id(keys: Sequence[ProjectKey], lookup: Lookup) -> Mapping[ProjectKey, Any]:
    """Projects by id: one call per organization and hundred of them."""
    found: dict[ProjectKey, Any] = {}
    for organization in dict.fromkeys(key.organization for key in keys):
        mine = [key for key in keys if key.organization == organization]
        for chunk in chunks(mine, 100):
            query = (("query", " ".join(f"id:{key.id}" for key in chunk)),)
            page = await lookup.client.page(
                catalogue.LIST, lookup.ticket, lookup.shape("list"), scope=Scope(organization), query=query
            )
            found |= {ProjectKey(organization, str(row.id)): row for row in page.rows if hasattr(row, "id")}
    return found
