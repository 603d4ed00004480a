"""Knows how organizations are looked up."""

from typing import Any

from dexter_graphql.loaders.base import Lookup, fan_out
from dexter_graphql.sentry.catalogue import organizations as catalogue
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Record, Shape


@fan_out(target="Organization", uses=(catalogue.DETAIL,), is_shared=True)
async def organization_details(organization: OrganizationRef, lookup: Lookup) -> Any:
    """The detail of an organization; None when Sentry no longer has it."""
    try:
        return await lookup.client.one(
            catalogue.DETAIL, lookup.ticket, lookup.shape("detail"), scope=Scope(organization)
        )
    except NotFound:
        return None


def reference(organization: OrganizationRef, lookup: Lookup) -> Record:
    """An organization of which the id and the slug are known: a record that costs no call."""
    text = int | str
    shape = Shape("Organization", "reference", (Member("id", "id", text), Member("slug", "slug", text)))
    cls: Any = lookup.client.records.record_class(shape)
    found: Record = cls(id=organization.id, slug=organization.slug, scope=Scope(organization))
    return found
