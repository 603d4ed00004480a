"""How clients say which issues a mutation is about, and how Sentry's ids are found for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.issues.arguments import checked_short_id
from dexter_graphql.graph.issues.filters import IssueFilter, filter_query
from dexter_graphql.graph.relay.global_ids import encode_id, key_from_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issue_selection import select_by_search, select_by_short_ids
from dexter_graphql.loaders.issues import IssueKey, range_parameters
from dexter_graphql.loaders.time_ranges import SECOND_S
from dexter_graphql.sentry.parents import OrganizationRef

MAX_ISSUES = 1000


@strawberry.input(description="Issues of one organization by their short ids.")
class ShortIdSelection:
    """Input."""

    organization: str = strawberry.field(description="Slug of the organization.")
    values: list[str] = strawberry.field(description="Short ids such as `WEB-9`, at most a thousand.")


@strawberry.input(description="Issues of one organization that match a filter, most recently seen first.")
class SearchSelection:
    """Input."""

    organization: str = strawberry.field(description="Slug of the organization.")
    filter: IssueFilter = strawberry.field(description="Which issues; at least one condition.")
    range: TimeRangeInput | None = strawberry.field(
        default=None,
        description="Only issues with events in this stretch, to the second; the last 90 days when left out.",
    )
    max: int = strawberry.field(default=100, description="Touch at most so many, 1 to 1000.")


@strawberry.input(one_of=True, description="Issues to change: by id, by short id, or all that match a search.")
class IssueSelection:
    """Input."""

    ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Global ids of issues, at most a thousand."
    )
    short_ids: ShortIdSelection | None = strawberry.field(
        default=strawberry.UNSET, description="Short ids in an organization."
    )
    search: SearchSelection | None = strawberry.field(
        default=strawberry.UNSET, description="All that match. Try it with `dryRun: true` first."
    )


@dataclass(frozen=True, slots=True)
class SelectedIssues:
    """The issues that were chosen, each with what the client called it, and what was found to be no issue."""

    names: Mapping[IssueKey, str]
    unmatched: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[IssueKey]:
        """The issues, each once, in the client's order."""
        return list(self.names)

    @property
    def organizations(self) -> frozenset[str]:
        """Ids of their organizations."""
        return frozenset(key.organization.id for key in self.names)


async def select_issues(selection: IssueSelection, load_context: LoadContext) -> SelectedIssues:
    """The issues of a selection; raises BadUserInput for one that names nothing, before anything is asked."""
    if selection.short_ids:
        return await _by_short_id(selection.short_ids, load_context)
    if selection.search:
        return await _by_search(selection.search, load_context)
    return await _by_id([str(value) for value in _checked(selection.ids, "ids")], load_context)


async def issue_key_of(value: str, load_context: LoadContext) -> IssueKey | None:
    """The key in the global id of an issue; None when the token sees no such organization."""
    organization_id, number = key_from_id(value, "Issue", 2)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    return None if organization is None else IssueKey(organization, number)


def issue_id(key: IssueKey) -> str:
    """The global id of an issue."""
    return encode_id("Issue", key.organization.id, key.id)


async def _by_id(ids: list[str], load_context: LoadContext) -> SelectedIssues:
    for value in ids:
        key_from_id(value, "Issue", 2)
    names: dict[IssueKey, str] = {}
    unmatched: list[str] = []
    for value in dict.fromkeys(ids):
        key = await issue_key_of(value, load_context)
        if key is None:
            unmatched.append(value)
        else:
            names.setdefault(key, value)
    return SelectedIssues(names, unmatched)


async def _by_short_id(selection: ShortIdSelection, load_context: LoadContext) -> SelectedIssues:
    values = list(dict.fromkeys(checked_short_id(value) for value in _checked(selection.values, "values")))
    organization = await _organization(selection.organization, load_context)
    found = await select_by_short_ids(organization, values, load_context)
    return SelectedIssues(
        {found[value]: value for value in values if value in found}, [v for v in values if v not in found]
    )


async def _by_search(selection: SearchSelection, load_context: LoadContext) -> SelectedIssues:
    if not 1 <= selection.max <= MAX_ISSUES:
        raise BadUserInput(f"'max' must be between 1 and {MAX_ISSUES}")
    if not _has_condition(selection.filter):
        raise BadUserInput("'filter' needs at least one condition: without one it would mean every issue")
    organization = await _organization(selection.organization, load_context)
    # To the second, because a change touches what was asked for and nothing besides.
    time_range = None if selection.range is None else time_range_of(selection.range, SECOND_S)
    query = (*filter_query(selection.filter), *range_parameters(time_range, load_context))
    keys = await select_by_search(organization, query, selection.max, load_context)
    return SelectedIssues({key: issue_id(key) for key in keys})


def _has_condition(value: IssueFilter) -> bool:
    return any(bool(given.strip() if isinstance(given, str) else given) for given in vars(value).values())


def _checked(values: Any, name: str) -> list[Any]:
    if not values:
        raise BadUserInput(f"'{name}' names no issue")
    if len(values) > MAX_ISSUES:
        raise BadUserInput(f"'{name}' takes at most {MAX_ISSUES} issues")
    return list(values)


async def _organization(slug: str, load_context: LoadContext) -> OrganizationRef:
    found = await load_context.organizations.find(load_context.call_context, slug)
    if found is None:
        raise BadUserInput(f"There is no organization '{slug[:64]}', or the token may not see it")
    return found
