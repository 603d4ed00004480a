"""Knows how teams are looked up, and what hangs below one: members and projects."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import ALL_ROWS, QueryParameters, by_organization, fetch_list
from dexter_graphql.sentry.catalogue import teams as catalogue
from dexter_graphql.sentry.errors import NotFound
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, only_records

EVERYBODY = 10_000
"""Teams of one organization among which a lookup by id searches."""
ID = Field("id", "id", int | str)
SLUG = Field("slug", "slug", str)


class TeamKey(NamedTuple):
    """A team by Sentry's numeric id, as text."""

    organization: OrganizationRef
    id: str


class TeamName(NamedTuple):
    """A team by its slug, or by its numeric id."""

    organization: OrganizationRef
    name: str


@bulk(target="Team", uses=(catalogue.LIST,))
async def teams_by_id(keys: Sequence[TeamKey], load_context: LoadContext) -> Mapping[TeamKey, Any]:
    """Teams by id, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[TeamKey]) -> Mapping[TeamKey, Any]:
        rows = await _all_teams(Parents(organization), load_context, ID)
        return {TeamKey(organization, str(row.id)): row for row in rows}

    return await by_organization(keys, listed, size=EVERYBODY)


@bulk(target="Team", uses=(catalogue.LIST,))
async def teams_by_slug(keys: Sequence[TeamName], load_context: LoadContext) -> Mapping[TeamName, Any]:
    """Teams by slug, from the organization's list, which the cache keeps."""

    async def listed(organization: OrganizationRef, _keys: Sequence[TeamName]) -> Mapping[TeamName, Any]:
        rows = await _all_teams(Parents(organization), load_context, SLUG)
        return {TeamName(organization, row.slug): row for row in rows}

    return await by_organization(keys, listed, size=EVERYBODY)


@fan_out(target="Team", uses=(catalogue.DETAIL,), is_shared=True)
async def team_details(key: TeamName, load_context: LoadContext) -> Any:
    """The detail of a team by slug or id; None when there is no such team."""
    projection = load_context.projection("detail")
    query = [("collapse", "organization"), *([("expand", "projects")] if has_projects(projection) else [])]
    try:
        return await load_context.client.one(
            catalogue.DETAIL,
            load_context.call_context,
            projection,
            parents=Parents(key.organization),
            path={"team": key.name},
            query=query,
        )
    except NotFound:
        return None


@fan_out(target="Team", uses=(catalogue.LIST,))
async def team_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's teams; options are a Listing."""
    projection = load_context.projection("list")
    return await fetch_list(catalogue.LIST, parents, load_context, projection=projection, query=pushdown(projection))


@fan_out(target="Member", uses=(catalogue.MEMBERS,))
async def team_member_pages(key: TeamKey, load_context: LoadContext) -> Slice:
    """A page of a team's members, with their roles in it; options are a Listing."""
    role = Projection("Member", "list", (Field("teamRole", "teamRole", str),))
    projection = load_context.merge_projections(load_context.projection("list"), role)
    return await fetch_list(
        catalogue.MEMBERS, Parents(key.organization), load_context, projection=projection, path={"team": key.id}
    )


def has_projects(projection: Projection) -> bool:
    """True when the projects of the team will be read."""
    return any(member.attr == "projects" for member in projection.members)


def pushdown(projection: Projection) -> QueryParameters:
    """Ask the list of teams for their projects only when those will be read."""
    return () if has_projects(projection) else (("detailed", "0"),)


async def _all_teams(parents: Parents, load_context: LoadContext, key: Field) -> list[Any]:
    """Every team of which the key can be read."""
    projection = load_context.merge_projections(load_context.projection("list"), Projection("Team", "list", (key,)))
    page = await fetch_list(
        catalogue.LIST, parents, load_context, wanted=ALL_ROWS, projection=projection, query=pushdown(projection)
    )
    return [row for row in only_records(page.rows) if isinstance(getattr(row, key.attr), (int, str))]
