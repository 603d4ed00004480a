"""Knows how teams are looked up, and what hangs below one: members and projects."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import Lookup, bulk, fan_out
from dexter_graphql.loaders.listing import WHOLE, Query, by_organization, pages
from dexter_graphql.sentry.catalogue import teams as catalogue
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.paging import Slice
from dexter_graphql.sentry.scope import OrganizationRef, Scope
from dexter_graphql.sentry.shape import Member, Shape, records

EVERYBODY = 10_000
"""Teams of one organization among which a lookup by id searches."""
ID = Member("id", "id", int | str)
SLUG = Member("slug", "slug", str)


class TeamKey(NamedTuple):
    """A team by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


class TeamName(NamedTuple):
    """A team by its slug, or by its numeric id."""

    organization: OrganizationRef
    name: str


@bulk(target="Team", uses=(catalogue.LIST,))
async def teams_by_id(keys: Sequence[TeamKey], lookup: Lookup) -> Mapping[TeamKey, Any]:
    """Teams by id, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[TeamKey]) -> Mapping[TeamKey, Any]:
        rows = await _all_teams(Scope(organization), lookup, ID)
        return {TeamKey(organization, str(row.id)): row for row in rows}

    return await by_organization(keys, listed, size=EVERYBODY)


@bulk(target="Team", uses=(catalogue.LIST,))
async def teams_by_slug(keys: Sequence[TeamName], lookup: Lookup) -> Mapping[TeamName, Any]:
    """Teams by slug, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[TeamName]) -> Mapping[TeamName, Any]:
        rows = await _all_teams(Scope(organization), lookup, SLUG)
        return {TeamName(organization, row.slug): row for row in rows}

    return await by_organization(keys, listed, size=EVERYBODY)


@fan_out(target="Team", uses=(catalogue.DETAIL,), is_shared=True)
async def team_details(key: TeamName, lookup: Lookup) -> Any:
    """The detail of a team by slug or id; None when there is no such team."""
    shape = lookup.shape("detail")
    query = [("collapse", "organization"), *([("expand", "projects")] if has_projects(shape) else [])]
    try:
        return await lookup.client.one(
            catalogue.DETAIL,
            lookup.ticket,
            shape,
            scope=Scope(key.organization),
            path={"team": key.name},
            query=query,
        )
    except NotFound:
        return None


@fan_out(target="Team", uses=(catalogue.LIST,))
async def team_pages(scope: Scope, lookup: Lookup) -> Slice:
    """A page of the organization's teams; options are a Listing."""
    shape = lookup.shape("list")
    return await pages(catalogue.LIST, scope, lookup, shape=shape, query=pushdown(shape))


@fan_out(target="Member", uses=(catalogue.MEMBERS,))
async def team_member_pages(key: TeamKey, lookup: Lookup) -> Slice:
    """A page of a team's members, with their roles in it; options are a Listing."""
    role = Shape("Member", "list", (Member("teamRole", "teamRole", str),))
    shape = lookup.merged(lookup.shape("list"), role)
    return await pages(catalogue.MEMBERS, Scope(key.organization), lookup, shape=shape, path={"team": key.id})


def has_projects(shape: Shape) -> bool:
    """True when the projects of the team will be read."""
    return any(member.attr == "projects" for member in shape.members)


def pushdown(shape: Shape) -> Query:
    """Ask the list of teams for their projects only when those will be read."""
    return () if has_projects(shape) else (("detailed", "0"),)


async def _all_teams(scope: Scope, lookup: Lookup, key: Member) -> list[Any]:
    """Every team of which the key can be read."""
    shape = lookup.merged(lookup.shape("list"), Shape("Team", "list", (key,)))
    page = await pages(catalogue.LIST, scope, lookup, wanted=WHOLE, shape=shape, query=pushdown(shape))
    return [row for row in records(page.rows) if isinstance(getattr(row, key.attr), (int, str))]
