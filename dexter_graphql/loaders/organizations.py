"""Knows how organizations are looked up."""

from dataclasses import replace
from typing import Any

from dexter_graphql.loaders.base import Lookup, fan_out
from dexter_graphql.loaders.listing import Listing, pages
from dexter_graphql.sentry.catalogue import organizations as catalogue
from dexter_graphql.sentry.errors import Misfit, NotFound
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.regions import BARE, NOWHERE, REFERENCE
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Record, rescoped


class OrganizationReference(Record, frozen=True, eq=False, gc=False, kw_only=True):
    """An organization of which the id and the slug are known; whatever else is asked of it is fetched."""

    typename = "Organization"
    form = "reference"
    members = frozenset({"id", "slug"})

    id: str
    slug: str


@fan_out(target="Organization", uses=(catalogue.DETAIL,), is_shared=True)
async def organization_details(organization: OrganizationRef, lookup: Lookup) -> Any:
    """The detail of an organization; None when Sentry no longer has it."""
    try:
        return await lookup.client.one(
            catalogue.DETAIL, lookup.ticket, lookup.shape("detail"), scope=Scope(organization), query=BARE
        )
    except NotFound:
        return None


async def organization_page(wanted: Listing, lookup: Lookup) -> Slice:
    """A page of the organizations that the token sees, each in its own scope."""
    shape = lookup.merged(lookup.shape("list"), REFERENCE)
    page = await pages(catalogue.LIST, NOWHERE, lookup, wanted=wanted, shape=shape)
    return replace(page, rows=[_in_itself(row, lookup) for row in page.rows])


def reference(organization: OrganizationRef) -> OrganizationReference:
    """An organization of which the id and the slug are known: a record that costs no call."""
    return OrganizationReference(id=organization.id, slug=organization.slug, scope=Scope(organization))


def _in_itself(row: Any, lookup: Lookup) -> Any:
    """An organization's record in its own scope, or the misfit that stands for it."""
    if not isinstance(row, Record):
        return row
    try:
        return rescoped(row, Scope(lookup.organizations.remember(lookup.ticket, row)))
    except Misfit as misfit:
        return misfit
