"""Selection of the issues of a bulk mutation: inputs and their resolution to issue keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.issues.arguments import checked_short_id
from dexter_graphql.graph.issues.search import IssueFilter, filter_query
from dexter_graphql.graph.relay.global_ids import encode_id, key_from_id
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.parameters import range_parameters
from dexter_graphql.loaders.issues.selection import select_by_search, select_by_short_ids
from dexter_graphql.loaders.time_ranges import SECOND_S
from dexter_graphql.sentry.parents import OrganizationRef

MAX_ISSUES = 1000


@strawberry.input(description="Issues of one organization, selected by short ID.")
class ShortIdSelection:
    """Input."""

    organization: str = strawberry.field(description="Slug of the organization.")
    values: list[str] = strawberry.field(description="Short IDs such as `WEB-9`, at most 1000.")


@strawberry.input(description="Issues of one organization, selected by a filter, most recently seen first.")
class SearchSelection:
    """Input."""

    organization: str = strawberry.field(description="Slug of the organization.")
    filter: IssueFilter = strawberry.field(description="Filter on the issues, with at least one condition.")
    range: TimeRangeInput | None = strawberry.field(
        default=None,
        description="Time range in which the issues have events, exact to the second. Default: the last 90 days.",
    )
    max: int = strawberry.field(default=100, description="Maximum number of issues to select, 1 to 1000.")


@strawberry.input(one_of=True, description="Issues of a bulk mutation. Exactly one field must be given.")
class IssueSelection:
    """Input."""

    ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Global IDs of issues, at most 1000."
    )
    short_ids: ShortIdSelection | None = strawberry.field(default=strawberry.UNSET, description="Issues by short ID.")
    search: SearchSelection | None = strawberry.field(
        default=strawberry.UNSET,
        description="Issues that match a filter. Use `dryRun: true` to see which issues match.",
    )


@dataclass(frozen=True, slots=True)
class SelectedIssues:
    """Selected issues with the IDs that the client gave, and the IDs that match no issue."""

    names: Mapping[IssueKey, str]
    unmatched: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[IssueKey]:
        """The selected issues without duplicates, in the order of the input."""
        return list(self.names)

    @property
    def organizations(self) -> frozenset[str]:
        """IDs of their organizations."""
        return frozenset(key.organization.id for key in self.names)


async def select_issues(selection: IssueSelection, load_context: LoadContext) -> SelectedIssues:
    """The issues of a selection; raises BadUserInput before any call when it is empty."""
    if selection.short_ids:
        return await _by_short_id(selection.short_ids, load_context)
    if selection.search:
        return await _by_search(selection.search, load_context)
    return await _by_id([str(value) for value in _checked(selection.ids, "ids")], load_context)


async def issue_key_of(value: str, load_context: LoadContext) -> IssueKey | None:
    """The key in the global ID of an issue; None when the organization is not visible to the token."""
    organization_id, number = key_from_id(value, "Issue", 2)
    organization = await load_context.organizations.find(load_context.call_context, organization_id)
    return None if organization is None else IssueKey(organization, number)


def issue_id(key: IssueKey) -> str:
    """The global ID of an issue."""
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
    keys = await select_by_short_ids(organization, values, load_context)
    return SelectedIssues(
        {keys[value]: value for value in values if value in keys}, [v for v in values if v not in keys]
    )


async def _by_search(selection: SearchSelection, load_context: LoadContext) -> SelectedIssues:
    if not 1 <= selection.max <= MAX_ISSUES:
        raise BadUserInput(f"'max' must be between 1 and {MAX_ISSUES}")
    if not _has_condition(selection.filter):
        raise BadUserInput("'filter' requires at least one condition")
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
        raise BadUserInput(f"'{name}' must not be empty")
    if len(values) > MAX_ISSUES:
        raise BadUserInput(f"'{name}' takes at most {MAX_ISSUES} issues")
    return list(values)


async def _organization(slug: str, load_context: LoadContext) -> OrganizationRef:
    organization = await load_context.organizations.find(load_context.call_context, slug)
    if organization is None:
        raise BadUserInput(f"Organization '{slug[:64]}' does not exist or is not visible to the token")
    return organization
