"""Loaders of single issues: by ID, by short ID, and their figures within a time range."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dexter_graphql.loaders.base import LoadContext, bulk, each, fan_out, two_calls_per_key
from dexter_graphql.loaders.issues.keys import ActivityKey, IssueKey, ShortIdKey, issue_parents
from dexter_graphql.loaders.issues.parameters import EXPANDABLE, RETENTION, pushdown, with_id_parameters
from dexter_graphql.loaders.lists import by_organization, fetch_list, rows_by_key
from dexter_graphql.loaders.parameters import QueryParameters, repeated
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.lenient import omitted_from
from dexter_graphql.sentry.pagination import Slice
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid

DETAIL_ID = Projection("Issue", "detail", (Field("id", "id", int | str),))
SHORT_ID_TARGET = Projection("ShortId", "detail", (Field("groupId", "groupId", int | str, is_required=True),))
"""The issue that a short ID refers to."""


@bulk(target="Issue", uses=(catalogue.LIST, catalogue.DETAIL))
async def issues_by_id(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """Issues by ID: one detail call for a single issue, one list call per 100 issues of an organization."""
    if len(keys) == 1:
        return await each(keys, lambda key: _detail(key, load_context))
    projection = load_context.projection("list")

    async def answer(organization: OrganizationRef, own_keys: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        return await _list_by_id(Parents(organization), own_keys, projection, load_context, RETENTION)

    return await by_organization(keys, answer)


@fan_out(target="Issue", uses=(catalogue.DETAIL,), is_shared=True)
async def issue_details(key: IssueKey, load_context: LoadContext) -> Any:
    """The detail of an issue; None when it does not exist."""
    return await _detail(key, load_context)


@fan_out(target="Issue", uses=(organizations.SHORT_ID, catalogue.DETAIL), is_shared=True, cost=two_calls_per_key)
async def issue_by_short_id(key: ShortIdKey, load_context: LoadContext) -> Any:
    """An issue by its short ID: one call, and one more for its number where Sentry requires that."""
    issue = await _detail(IssueKey(key.organization, key.short_id), load_context)
    if issue is None:
        number = await numeric_id(key, load_context)
        return None if number is None else await load_context.load(issues_by_id, number)
    if not first_invalid(issue, "id"):
        load_context.loaders.prime(issues_by_id, IssueKey(key.organization, str(issue.id)), issue)
    return issue


async def numeric_id(key: ShortIdKey, load_context: LoadContext) -> IssueKey | None:
    """The key of the issue with a short ID; None when there is none."""
    parents = Parents(key.organization)
    target = await load_context.get_or_none(
        organizations.SHORT_ID, parents, path={"issue": key.short_id}, projection=SHORT_ID_TARGET
    )
    if target is None:
        return None
    if invalid := first_invalid(target, "groupId"):
        raise invalid
    return IssueKey(key.organization, str(target.groupId))


@fan_out(target="Issue", uses=(organizations.SHORT_ID, catalogue.DETAIL), cost=two_calls_per_key)
async def organization_issue(organization: OrganizationRef, load_context: LoadContext) -> Any:
    """The issue of an organization whose short ID the options are."""
    return await load_context.load(issue_by_short_id, ShortIdKey(organization, load_context.options))


@bulk(target="IssueInRange", uses=(catalogue.STATS, catalogue.LIST), is_shared=False)
async def issues_in_range(keys: Sequence[IssueKey], load_context: LoadContext) -> Mapping[IssueKey, Any]:
    """Figures of issues within the time range in the options: one call per 100 issues of an organization."""
    projection = load_context.projection("list")

    async def answer(organization: OrganizationRef, own_keys: Sequence[IssueKey]) -> Mapping[IssueKey, Any]:
        return await _figures(Parents(organization), own_keys, projection, load_context)

    return await by_organization(keys, answer)


@fan_out(target="IssueHash", uses=(catalogue.HASHES,))
async def hash_pages(key: IssueKey, load_context: LoadContext) -> Slice:
    """A page of the grouping hashes of an issue; options are ListOptions."""
    return await fetch_list(catalogue.HASHES, issue_parents(key), load_context, path={"issue": key.id})


@fan_out(target="IssueActivity", uses=(catalogue.DETAIL,), is_shared=True)
async def activities_by_id(key: ActivityKey, load_context: LoadContext) -> Any:
    """An entry among those in the detail of its issue; None when it is no longer there."""
    entries = Field("activity", "activity", load_context.projection("embedded"), container="list")
    issue: Any = await load_context.get_or_none(
        catalogue.DETAIL,
        issue_parents(key.issue),
        path={"issue": key.issue.id},
        query=repeated("collapse", ("stats", "tags", "release")),
        projection=Projection("Issue", "detail", (entries,)),
    )
    activity = getattr(issue, "activity", None) or ()
    return rows_by_key((key.id,), [*activity, *omitted_from(activity)], "id", str)[key.id]


async def _detail(key: IssueKey, load_context: LoadContext) -> Any:
    projection = load_context.merge_projections(load_context.projection("detail"), DETAIL_ID)
    members = {member.attr for member in projection.members}
    expand = [value for member, value in EXPANDABLE.items() if member in members]
    collapse = [value for value in ("stats", "tags") if value not in members]
    collapse += ["release"] if not members & {"firstRelease", "lastRelease"} else []
    # The ID of objects in an issue contains its number, never its short ID.
    parents = Parents(key.organization, issue=key.id if key.id.isdecimal() else None)
    query = (*repeated("expand", expand), *repeated("collapse", collapse))
    return await load_context.get_or_none(
        catalogue.DETAIL, parents, path={"issue": key.id}, query=query, projection=projection
    )


async def _figures(
    parents: Parents, keys: Sequence[IssueKey], projection: Projection, load_context: LoadContext
) -> dict[IssueKey, Any]:
    """Figures from the undocumented statistics endpoint and, where the host lacks it, from the list."""
    time_range = load_context.interval(load_context.options).query
    query = (*pushdown(projection), *time_range, ("query", ""), *repeated("groups", (key.id for key in keys)))

    async def from_statistics() -> dict[IssueKey, Any]:
        rows = await load_context.get_rows(catalogue.STATS, parents, query=query, projection=projection)
        return rows_by_key(keys, rows, "id", partial(IssueKey, parents.organization))

    return await load_context.organizations.capabilities.prefer(
        catalogue.STATS.name,
        parents.organization,
        preferred=from_statistics,
        fallback=lambda: _list_by_id(parents, keys, projection, load_context, time_range),
    )


async def _list_by_id(
    parents: Parents,
    keys: Sequence[IssueKey],
    projection: Projection,
    load_context: LoadContext,
    time_range: QueryParameters,
) -> dict[IssueKey, Any]:
    query = (*pushdown(projection), *time_range)
    page = await with_id_parameters(
        keys,
        lambda ids: load_context.get_page(
            catalogue.LIST, parents, query=(*query, *ids), projection=projection, size=len(keys)
        ),
        load_context,
    )
    return rows_by_key(keys, page.rows, "id", partial(IssueKey, parents.organization))
