"""Query fields for organizations."""

from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.declarations.fields import call
from dexter_graphql.graph.organizations.types import Organization
from dexter_graphql.graph.relay.connections import Connection, PageArguments, paged
from dexter_graphql.graph.relay.list_options import NameContains, list_options, search_parameter
from dexter_graphql.graph.relay.references import check_not_global
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.organizations import organization_page, organization_reference
from dexter_graphql.sentry.catalogue import organizations as catalogue


@strawberry.type
class OrganizationQueries:
    """Root fields."""

    @call(uses=(catalogue.DETAIL,), target="Organization")
    async def organization(
        _root: Any,
        load_context: LoadContext,
        *,
        slug: Annotated[str, strawberry.argument(description="Slug or numeric ID of the organization.")],
    ) -> Organization | None:
        """Organization by slug or numeric ID; null when it does not exist or is not visible to the token."""
        check_not_global(slug, ("slug",))
        organization = await load_context.organizations.find(load_context.call_context, slug)
        return None if organization is None else organization_reference(organization)

    @call(uses=(catalogue.LIST,), target="Organization")
    @paged
    async def organizations(
        _root: Any, load_context: LoadContext, *, name_contains: NameContains = None, page: PageArguments
    ) -> Connection[Organization] | None:
        """Organizations that are visible to the token."""
        return await organization_page(list_options(page, search_parameter(name_contains)), load_context)
