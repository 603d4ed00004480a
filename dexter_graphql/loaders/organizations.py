"""Loaders of organizations."""

from dataclasses import replace
from typing import Any

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.lists import ListOptions, fetch_list
from dexter_graphql.sentry.catalogue import organizations as catalogue
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.organization_directory import NO_PARENTS, REFERENCE, WITHOUT_DETAILS
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import ParentRows, Record


class OrganizationReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """An organization of which the ID and the slug are known; its other members are fetched on demand."""

    typename = "Organization"
    representation = "reference"
    members = frozenset({"id", "slug"})

    id: str
    slug: str


@fan_out(target="Organization", uses=(catalogue.DETAIL,), is_shared=True)
async def organization_details(organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The detail of an organization; None when it no longer exists."""
    return await load_context.get_or_none(catalogue.DETAIL, Parents(organization), query=WITHOUT_DETAILS)


async def organization_page(options: ListOptions, load_context: LoadContext) -> Slice:
    """A page of the organizations that are visible to the token, each with itself as parent."""
    projection = load_context.merge_projections(load_context.projection("list"), REFERENCE)
    rows = ParentRows(projection, load_context.organizations.parents_of)
    page = await fetch_list(catalogue.LIST, NO_PARENTS, load_context, options=options, projection=rows)
    return replace(page, rows=[_remember(row, load_context) for row in page.rows])


def organization_reference(organization: OrganizationRef) -> OrganizationReference:
    """A record with the ID and the slug of an organization, which costs no call."""
    return OrganizationReference(id=organization.id, slug=organization.slug, parents=Parents(organization))


def _remember(row: Any, load_context: LoadContext) -> Any:
    """An organization's record, which the directory knows from now on, or the InvalidValue that replaces it."""
    if not isinstance(row, Record):
        return row
    try:
        load_context.organizations.remember(load_context.call_context, row)
    except InvalidValue as invalid:
        return invalid
    return row
