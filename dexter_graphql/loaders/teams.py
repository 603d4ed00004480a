"""Knows how teams are looked up."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk
from dexter_graphql.sentry.catalogue import teams as catalogue
from dexter_graphql.sentry.paging import Slice, collect
from dexter_graphql.sentry.scope import OrganizationRef, Scope

MAX_TEAMS = 1000
"""Teams of one organization that a lookup by id reads at most."""


class TeamKey(NamedTuple):
    """A team by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


@bulk(target="Team", uses=(catalogue.LIST,))
async def teams_by_id(keys: Sequence[TeamKey], lookup: Lookup) -> Mapping[TeamKey, Any]:
    """Teams by id, from the organization's list, which the cache keeps."""
    found: dict[TeamKey, Any] = {}
    for organization in dict.fromkeys(key.organization for key in keys):
        page = await _all_teams(Scope(organization), lookup)
        found |= {TeamKey(organization, str(row.id)): row for row in page.rows if hasattr(row, "id")}
    return found


async def _all_teams(scope: Scope, lookup: Lookup) -> Slice:
    shape = lookup.shape("list")
    return await collect(
        lambda size, cursor: lookup.client.page(
            catalogue.LIST, lookup.ticket, shape, scope=scope, size=size, cursor=cursor
        ),
        first=MAX_TEAMS,
        after=None,
        cap=MAX_TEAMS,
    )
