"""Knows how organizations are looked up."""

from dataclasses import replace
from typing import Any

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import ListOptions, fetch_list
from dexter_graphql.sentry.catalogue import organizations as catalogue
from dexter_graphql.sentry.errors import InvalidValue, NotFound
from dexter_graphql.sentry.organization_directory import NO_PARENTS, REFERENCE, WITHOUT_DETAILS
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Record, replace_parents


class OrganizationReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """An organization of which the id and the slug are known; whatever else is asked of it is fetched."""

    typename = "Organization"
    representation = "reference"
    members = frozenset({"id", "slug"})

    id: str
    slug: str


@fan_out(target="Organization", uses=(catalogue.DETAIL,), is_shared=True)
async def organization_details(organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The detail of an organization; None when Sentry no longer has it."""
    try:
        return await load_context.client.one(
            catalogue.DETAIL,
            load_context.call_context,
            load_context.projection("detail"),
            parents=Parents(organization),
            query=WITHOUT_DETAILS,
        )
    except NotFound:
        return None


async def organization_page(wanted: ListOptions, load_context: LoadContext) -> Slice:
    """A page of the organizations that the token sees, each in its own scope."""
    projection = load_context.merge_projections(load_context.projection("list"), REFERENCE)
    page = await fetch_list(catalogue.LIST, NO_PARENTS, load_context, wanted=wanted, projection=projection)
    return replace(page, rows=[_in_itself(row, load_context) for row in page.rows])


def reference(organization: OrganizationRef) -> OrganizationReference:
    """An organization of which the id and the slug are known: a record that costs no call."""
    return OrganizationReference(id=organization.id, slug=organization.slug, parents=Parents(organization))


def _in_itself(row: Any, load_context: LoadContext) -> Any:
    """An organization's record in its own scope, or the misfit that stands for it."""
    if not isinstance(row, Record):
        return row
    try:
        return replace_parents(row, Parents(load_context.organizations.remember(load_context.call_context, row)))
    except InvalidValue as invalid:
        return invalid
