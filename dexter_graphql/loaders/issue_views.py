"""Loaders and writes of issue views."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out, two_calls_per_key
from dexter_graphql.loaders.issues.lists import issue_pages, narrowed_page
from dexter_graphql.loaders.lists import ListOptions, fetch_list, find_row
from dexter_graphql.loaders.parameters import repeated
from dexter_graphql.loaders.time_ranges import TimeRange
from dexter_graphql.sentry.catalogue import issue_views as catalogue
from dexter_graphql.sentry.client import NO_PATH
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

OWN, OTHERS = "me", "others"
"""Values of `createdBy`."""
VIEW_ID = Projection("IssueView", "list", (Field("id", "id", int | str, is_required=True),))


class IssueViewKey(NamedTuple):
    """An issue view by Sentry's numeric ID, as text."""

    organization: OrganizationRef
    id: str


class IssueViewSearch(NamedTuple):
    """What an issue view searches for."""

    view: IssueViewKey
    search: str
    sort: str
    projects: tuple[str, ...]
    environments: tuple[str, ...]
    time_range: TimeRange | None


@fan_out(target="IssueView", uses=(catalogue.LIST,))
async def issue_view_pages(parents: Parents, load_context: LoadContext) -> Slice:
    """A page of issue views; options are ListOptions."""
    return await fetch_list(catalogue.LIST, parents, load_context)


@fan_out(target="IssueView", uses=(catalogue.LIST,), is_shared=True, cost=two_calls_per_key)
async def issue_views_by_id(key: IssueViewKey, load_context: LoadContext) -> Any:
    """An issue view, found among those of the token's user and then of others, at most 1000 of each.

    Sentry publishes no endpoint for a single one.
    """
    unreadable = None
    for created_by in (OWN, OTHERS):
        row = await find_row(
            catalogue.LIST,
            Parents(key.organization),
            load_context,
            path=NO_PATH,
            query=(("createdBy", created_by),),
            row_id=key.id,
        )
        if row is not None and not isinstance(row, Exception):
            return row
        unreadable = row or unreadable
    return unreadable


@fan_out(target="Issue", uses=issue_pages.uses)
async def viewed_issue_pages(key: IssueViewSearch, load_context: LoadContext) -> Any:
    """A page of the issues that a view searches for; options are ListOptions."""
    options: ListOptions = load_context.options
    query = (
        ("query", key.search),
        ("sort", key.sort),
        *repeated("project", key.projects),
        *repeated("environment", key.environments),
    )
    narrowed = options._replace(query=query, time_range=key.time_range)
    return await narrowed_page(key.view.organization, narrowed, load_context)


async def create_issue_view(
    organization: OrganizationRef, body: Mapping[str, Any], load_context: LoadContext
) -> IssueViewKey:
    """Create an issue view of the token's user. Its record is that of lookups in the rest of the operation."""
    parents = Parents(organization)
    reply = await load_context.send(catalogue.CREATE, parents, body=dict(body))
    load_context.loaders.clear()
    views = load_context.all_on_type("IssueView")
    projection = views.merge_projections(views.projection("list"), VIEW_ID)
    view: Any = load_context.client.records.decode_one(reply.body, projection, (), parents)
    if invalid := first_invalid(view, "id"):
        raise invalid
    key = IssueViewKey(organization, str(view.id))
    load_context.loaders.prime(issue_views_by_id, key, view)
    return key
