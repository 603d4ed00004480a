"""Knows how members and users are looked up."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_organization, fetch_list
from dexter_graphql.sentry.catalogue import members as catalogue
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, Record, only_records, with_parents


class UserKey(NamedTuple):
    """A user by Sentry's numeric id, as text; only users who are members of the organization are found."""

    organization: OrganizationRef
    id: str


class MemberKey(NamedTuple):
    """A member by Sentry's numeric id, which is not the id of the user; or `me`, the one behind the token."""

    organization: OrganizationRef
    id: str


@bulk(target="User", uses=(catalogue.LIST,))
async def users_by_id(keys: Sequence[UserKey], load_context: LoadContext) -> Mapping[UserKey, Any]:
    """Users by id, through the members of their organization: one call per organization and hundred."""
    projection = Projection("Member", "list", (Field("user", "user", load_context.projection("member")),))

    async def listed(organization: OrganizationRef, mine: Sequence[UserKey]) -> Mapping[UserKey, Any]:
        rows = await _members_of(organization, mine, load_context, projection)
        return {UserKey(organization, str(row.user.id)): row.user for row in rows}

    return await by_organization(keys, listed)


@bulk(target="Member", uses=(catalogue.LIST,))
async def members_by_user(keys: Sequence[UserKey], load_context: LoadContext) -> Mapping[UserKey, Any]:
    """Members by the ids of their users: one call per organization and hundred."""
    user = Projection("User", "embedded", (Field("id", "id", int | str),))
    projection = load_context.merge_projections(
        load_context.projection("list"), Projection("Member", "list", (Field("user", "user", user),))
    )

    async def listed(organization: OrganizationRef, mine: Sequence[UserKey]) -> Mapping[UserKey, Any]:
        rows = await _members_of(organization, mine, load_context, projection)
        return {UserKey(organization, str(row.user.id)): row for row in rows}

    return await by_organization(keys, listed)


@fan_out(target="Member", uses=(catalogue.DETAIL,), is_shared=True)
async def member_details(key: MemberKey, load_context: LoadContext) -> Any:
    """The detail of a member, with teams; None when there is no such member."""
    try:
        return await load_context.client.one(
            catalogue.DETAIL,
            load_context.call_context,
            load_context.projection("detail"),
            parents=Parents(key.organization),
            path={"member": key.id},
        )
    except NotFound:
        return None


async def own_user(organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The user behind the token, as a member of an organization; None when it is no member's."""
    projection = Projection("Member", "detail", (Field("user", "user", load_context.projection("member")),))
    parents = Parents(organization)
    try:
        found = await load_context.client.one(
            catalogue.DETAIL, load_context.call_context, projection, parents=parents, path={"member": "me"}
        )
    except NotFound:
        return None
    return found if isinstance(found, Exception) else with_parents(found.user, parents)


@fan_out(target="Member", uses=(catalogue.LIST,))
async def member_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's members; options are a Listing."""
    return await fetch_list(catalogue.LIST, parents, load_context)


async def _members_of(
    organization: OrganizationRef, keys: Sequence[UserKey], load_context: LoadContext, projection: Projection
) -> list[Any]:
    """Members who are one of these users."""
    parents = Parents(organization)
    query = (("query", " ".join(f"user.id:{key.id}" for key in keys)),)
    page = await load_context.client.page(
        catalogue.LIST, load_context.call_context, projection, parents=parents, query=query
    )
    found = [row for row in only_records(page.rows) if isinstance(row.user, Record)]
    for row in found:
        with_parents(row.user, parents)
    return found
