"""Where a question about an organization begins."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.connections import Connection, Window, paged
from dexter_graphql.graph.fields import call
from dexter_graphql.graph.listing import Search, listing, searched
from dexter_graphql.graph.organizations.types import Organization
from dexter_graphql.loaders.base import Lookup
from dexter_graphql.loaders.organizations import organization_page, reference
from dexter_graphql.sentry.catalogue import organizations as catalogue


@strawberry.type
class OrganizationQueries:
    """Roots."""

    @call(uses=(catalogue.DETAIL,), target="Organization")
    async def organization(
        _root: Any,
        lookup: Lookup,
        *,
        slug: Annotated[str, strawberry.argument(description="Slug, or Sentry's numeric id.")],
    ) -> Organization | None:
        """An organization; null when the token sees none of that name."""
        found = await lookup.organizations.find(lookup.ticket, slug)
        return None if found is None else reference(found)

    @call(uses=(catalogue.LIST,), target="Organization")
    @paged
    async def organizations(
        _root: Any, lookup: Lookup, *, query: Search = None, wanted: Window
    ) -> Connection[Organization] | None:
        """Organizations that the token sees."""
        return await organization_page(listing(wanted, searched(query)), lookup)
