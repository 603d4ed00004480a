"""Knows how members and users are looked up."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, chunks
from dexter_graphql.sentry.catalogue import members as catalogue
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Record, Shape, scoped_below


class UserKey(NamedTuple):
    """A user by Sentry's numeric id, as text; only users who are members of the organization are found."""

    organization: OrganizationRef
    id: str


@bulk(target="User", uses=(catalogue.LIST,))
async def users_by_id(keys: Sequence[UserKey], lookup: Lookup) -> Mapping[UserKey, Any]:
    """Users by id, through the members of their organization: one call per organization and hundred."""
    shape = Shape("Member", "list", (Member("user", "user", lookup.shape("member")),))
    found: dict[UserKey, Any] = {}
    for organization in dict.fromkeys(key.organization for key in keys):
        mine = [key for key in keys if key.organization == organization]
        scope = Scope(organization)
        for chunk in chunks(mine, 100):
            query = (("query", " ".join(f"user.id:{key.id}" for key in chunk)),)
            page = await lookup.client.page(catalogue.LIST, lookup.ticket, shape, scope=scope, query=query)
            users = [
                scoped_below(row.user, scope) for row in page.rows if isinstance(getattr(row, "user", None), Record)
            ]
            found |= {UserKey(organization, str(user.id)): user for user in users}
    return found
