"""Loaders of members and users."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_organization, fetch_all, fetch_list, rows_by_key
from dexter_graphql.sentry.catalogue import members as catalogue
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

SEARCH_BY_USER = f"{catalogue.LIST.name}?query=user.id:"
"""Capability: the search of members by the ID of their user (22.12 and newer)."""


class UserKey(NamedTuple):
    """A user by Sentry's numeric ID, as text. Only members of the organization are found."""

    organization: OrganizationRef
    id: str


class MemberKey(NamedTuple):
    """A member by Sentry's numeric ID, which is not the ID of the user; `me` is the user of the token."""

    organization: OrganizationRef
    id: str


class Membership(NamedTuple):
    """The numeric ID of a user, and the slugs of their teams."""

    user: str | None = None
    teams: tuple[str, ...] = ()


OWN_MEMBER = Projection(
    "Member",
    "detail",
    (
        Field("teams", "teams", list[str] | None),
        Field("user", "user", Projection("User", "embedded", (Field("id", "id", int | str),))),
    ),
)


@bulk(target="User", uses=(catalogue.LIST,))
async def users_by_id(keys: Sequence[UserKey], load_context: LoadContext) -> Mapping[UserKey, Any]:
    """Users by ID, through the member list: one call per 100 users of an organization."""
    projection = Projection("Member", "list", (Field("user", "user", load_context.projection("member")),))

    async def answer(organization: OrganizationRef, own_keys: Sequence[UserKey]) -> Mapping[UserKey, Any]:
        rows = await _members_by_user(organization, own_keys, load_context, projection)
        members = rows_by_key(own_keys, rows, "user.id", partial(UserKey, organization))
        return {key: getattr(member, "user", member) for key, member in members.items()}

    return await by_organization(keys, answer)


@bulk(target="Member", uses=(catalogue.LIST,))
async def members_by_user(keys: Sequence[UserKey], load_context: LoadContext) -> Mapping[UserKey, Any]:
    """Members by the ID of their user: one call per 100 users of an organization."""
    user = Projection("User", "embedded", (Field("id", "id", int | str),))
    projection = load_context.merge_projections(
        load_context.projection("list"), Projection("Member", "list", (Field("user", "user", user),))
    )

    async def answer(organization: OrganizationRef, own_keys: Sequence[UserKey]) -> Mapping[UserKey, Any]:
        rows = await _members_by_user(organization, own_keys, load_context, projection)
        return rows_by_key(own_keys, rows, "user.id", partial(UserKey, organization))

    return await by_organization(keys, answer)


@fan_out(target="Member", uses=(catalogue.DETAIL,), is_shared=True)
async def member_details(key: MemberKey, load_context: LoadContext) -> Any:
    """The detail of a member, with teams; None when it does not exist."""
    return await load_context.get_or_none(catalogue.DETAIL, Parents(key.organization), path={"member": key.id})


async def own_user(organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The user of the token, as a member of an organization; None when they are not a member."""
    projection = Projection("Member", "detail", (Field("user", "user", load_context.projection("member")),))
    parents = Parents(organization)
    member = await load_context.get_or_none(catalogue.DETAIL, parents, path={"member": "me"}, projection=projection)
    return member.user if member is not None and first_invalid(member) is None else member


async def own_membership(organization: OrganizationRef, load_context: LoadContext) -> Membership:
    """User and teams of the token in an organization; none when it does not belong to a member."""
    member = await load_context.get_or_none(
        catalogue.DETAIL, Parents(organization), path={"member": "me"}, projection=OWN_MEMBER
    )
    if member is None or first_invalid(member, "user", "teams"):
        return Membership()
    user_id = getattr(member.user, "id", None)
    return Membership(str(user_id) if isinstance(user_id, (int, str)) else None, tuple(member.teams or ()))


@fan_out(target="Member", uses=(catalogue.LIST,))
async def member_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's members; options are ListOptions."""
    return await fetch_list(catalogue.LIST, parents, load_context)


async def _members_by_user(
    organization: OrganizationRef, keys: Sequence[UserKey], load_context: LoadContext, projection: Projection
) -> list[Any]:
    """The members with these users. Releases that find none by `user.id:` may not know it: there the list is read."""
    parents = Parents(organization)

    async def search() -> list[Any]:
        query = (("query", " ".join(f"user.id:{key.id}" for key in keys)),)
        rows = await load_context.get_rows(catalogue.LIST, parents, query=query, projection=projection)
        if not rows and not load_context.client.is_saas(organization):
            raise NotFound("The search found no members", title=catalogue.LIST.title)
        return rows

    async def read_list() -> list[Any]:
        return await fetch_all(catalogue.LIST, organization, load_context, projection=projection)

    return await load_context.organizations.capabilities.prefer(
        SEARCH_BY_USER, organization, preferred=search, fallback=read_list
    )
