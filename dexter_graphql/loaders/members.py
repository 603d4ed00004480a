"""Knows how members and users are looked up."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, fan_out
from dexter_graphql.loaders.listing import by_organization, pages
from dexter_graphql.sentry.catalogue import members as catalogue
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Record, Shape, records, scoped_below


class UserKey(NamedTuple):
    """A user by Sentry's numeric id, as text; only users who are members of the organization are found."""

    organization: OrganizationRef
    id: str


class MemberKey(NamedTuple):
    """A member by Sentry's numeric id, which is not the id of the user; or `me`, the one behind the token."""

    organization: OrganizationRef
    id: str


@bulk(target="User", uses=(catalogue.LIST,))
async def users_by_id(keys: Sequence[UserKey], lookup: Lookup) -> Mapping[UserKey, Any]:
    """Users by id, through the members of their organization: one call per organization and hundred."""
    shape = Shape("Member", "list", (Member("user", "user", lookup.shape("member")),))

    async def listed(organization: OrganizationRef, mine: Sequence[UserKey]) -> Mapping[UserKey, Any]:
        rows = await _members_of(organization, mine, lookup, shape)
        return {UserKey(organization, str(row.user.id)): row.user for row in rows}

    return await by_organization(keys, listed)


@bulk(target="Member", uses=(catalogue.LIST,))
async def members_by_user(keys: Sequence[UserKey], lookup: Lookup) -> Mapping[UserKey, Any]:
    """Members by the ids of their users: one call per organization and hundred."""
    user = Shape("User", "embedded", (Member("id", "id", int | str),))
    shape = lookup.merged(lookup.shape("list"), Shape("Member", "list", (Member("user", "user", user),)))

    async def listed(organization: OrganizationRef, mine: Sequence[UserKey]) -> Mapping[UserKey, Any]:
        rows = await _members_of(organization, mine, lookup, shape)
        return {UserKey(organization, str(row.user.id)): row for row in rows}

    return await by_organization(keys, listed)


@fan_out(target="Member", uses=(catalogue.DETAIL,), is_shared=True)
async def member_details(key: MemberKey, lookup: Lookup) -> Any:
    """The detail of a member, with teams; None when there is no such member."""
    try:
        return await lookup.client.one(
            catalogue.DETAIL,
            lookup.ticket,
            lookup.shape("detail"),
            scope=Scope(key.organization),
            path={"member": key.id},
        )
    except NotFound:
        return None


async def own_user(organization: OrganizationRef, lookup: Lookup) -> Any:
    """The user behind the token, as a member of an organization; None when it is no member's."""
    shape = Shape("Member", "detail", (Member("user", "user", lookup.shape("member")),))
    scope = Scope(organization)
    try:
        found = await lookup.client.one(catalogue.DETAIL, lookup.ticket, shape, scope=scope, path={"member": "me"})
    except NotFound:
        return None
    return found if isinstance(found, Exception) else scoped_below(found.user, scope)


@fan_out(target="Member", uses=(catalogue.LIST,))
async def member_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the organization's members; options are a Listing."""
    return await pages(catalogue.LIST, scope, lookup)


async def _members_of(
    organization: OrganizationRef, keys: Sequence[UserKey], lookup: Lookup, shape: Shape
) -> list[Any]:
    """Members who are one of these users."""
    scope = Scope(organization)
    query = (("query", " ".join(f"user.id:{key.id}" for key in keys)),)
    page = await lookup.client.page(catalogue.LIST, lookup.ticket, shape, scope=scope, query=query)
    found = [row for row in records(page.rows) if isinstance(row.user, Record)]
    for row in found:
        scoped_below(row.user, scope)
    return found
