"""Loaders of teams and their members."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, bulk, fan_out
from dexter_graphql.loaders.lists import by_complete_list, fetch_all, fetch_list, page_of_rows
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.sentry.catalogue import teams as catalogue
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection


class TeamKey(NamedTuple):
    """A team by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class TeamName(NamedTuple):
    """A team by its slug or its numeric ID."""

    organization: OrganizationRef
    name: str


class TeamMembership(NamedTuple):
    """A team that a member is in, and the member's role in it as sent by Sentry."""

    slug: str
    role: str | None


class MembershipsKey(NamedTuple):
    """The teams of a member."""

    organization: OrganizationRef
    memberships: tuple[TeamMembership, ...]


TEAM = Projection("Team", "list", (Field("id", "id", int | str), Field("slug", "slug", str)))
"""What identifies a team."""


@fan_out(target="Team", uses=(catalogue.LIST,), is_shared=True)
async def all_teams(organization: OrganizationRef, load_context: LoadContext) -> list[Any]:
    """All teams of an organization, with what identifies them."""
    projection = load_context.merge_projections(load_context.projection("list"), TEAM)
    query = list_parameters(projection)
    return await fetch_all(catalogue.LIST, organization, load_context, query=query, projection=projection)


@bulk(target="Team", uses=(catalogue.LIST,))
async def teams_by_id(keys: Sequence[TeamKey], load_context: LoadContext) -> Mapping[TeamKey, Any]:
    """Teams by ID, from the complete list of their organization."""
    return await by_complete_list(keys, load_context, all_teams, "id", TeamKey)


@bulk(target="Team", uses=(catalogue.LIST,))
async def teams_by_slug(keys: Sequence[TeamName], load_context: LoadContext) -> Mapping[TeamName, Any]:
    """Teams by slug, from the complete list of their organization."""
    return await by_complete_list(keys, load_context, all_teams, "slug", TeamName)


@fan_out(target="Team", uses=(catalogue.DETAIL,), is_shared=True)
async def team_details(key: TeamName, load_context: LoadContext) -> Any:
    """The detail of a team by slug or ID; None when it does not exist."""
    projection = load_context.projection("detail")
    query = [("collapse", "organization"), *([("expand", "projects")] if reads_projects(projection) else [])]
    return await load_context.get_or_none(
        catalogue.DETAIL, Parents(key.organization), path={"team": key.name}, query=query, projection=projection
    )


@fan_out(target="Team", uses=(catalogue.LIST,))
async def team_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of the organization's teams; options are ListOptions."""
    query = list_parameters(load_context.projection("list"))
    return await fetch_list(catalogue.LIST, parents, load_context, query=query)


@bulk(target="Team", uses=(catalogue.LIST,), is_shared=False)
async def member_team_pages(keys: Sequence[MembershipsKey], load_context: LoadContext) -> Mapping[MembershipsKey, Any]:
    """A page of the teams of each member, with the roles as details; options are ListOptions."""
    pages = {key: page_of_rows(key.memberships, load_context.options) for key in keys}

    def names_of(key: MembershipsKey) -> list[TeamName]:
        return [TeamName(key.organization, membership.slug) for membership in pages[key].rows]

    all_names = dict.fromkeys(name for key in keys for name in names_of(key))
    teams = await load_context.load_each(teams_by_slug, list(all_names))
    return {
        key: replace(page, rows=[teams[name] for name in names_of(key)], details=page.rows)
        for key, page in pages.items()
    }


@fan_out(target="Member", uses=(catalogue.MEMBERS,))
async def team_member_pages(key: TeamKey, load_context: LoadContext) -> Slice:
    """A page of a team's members, with their roles in it; options are ListOptions."""
    role = Projection("Member", "list", (Field("teamRole", "teamRole", str),))
    projection = load_context.merge_projections(load_context.projection("list"), role)
    return await fetch_list(
        catalogue.MEMBERS, Parents(key.organization), load_context, projection=projection, path={"team": key.id}
    )


def reads_projects(projection: Projection) -> bool:
    """True when the projection reads the projects of the team."""
    return any(member.attr == "projects" for member in projection.members)


def list_parameters(projection: Projection) -> QueryParameters:
    """Parameters of the team list: without projects unless the projection reads them."""
    return () if reads_projects(projection) else (("detailed", "0"),)
