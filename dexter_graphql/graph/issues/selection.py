"""Selection of the issues of a bulk mutation: inputs and their resolution to issue keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import strawberry

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, time_range_of
from dexter_graphql.graph.common.user_errors import MutationError, UserErrorCode, mistake_of
from dexter_graphql.graph.issues.filters import IssueFilter
from dexter_graphql.graph.issues.references import checked_short_id, issue_id, issue_key_of
from dexter_graphql.graph.issues.row_filter import row_filter_of
from dexter_graphql.graph.issues.search import filter_query
from dexter_graphql.graph.relay.references import OrganizationReference, find_organization
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.parameters import range_parameters
from dexter_graphql.loaders.issues.selection import select_by_search, select_by_short_ids
from dexter_graphql.loaders.lists import ListOptions
from dexter_graphql.loaders.time_ranges import SECOND_S
from dexter_graphql.sentry.parents import OrganizationRef

MAX_ISSUES = 1000
FIELD = "issues"
"""Member of the bulk inputs that holds the selection."""


@strawberry.input(description="Issues of one organization, selected by short ID.")
class ShortIdSelection:
    """Input."""

    organization: OrganizationReference = strawberry.field(description="Organization of the issues.")
    values: list[str] = strawberry.field(description="Short IDs such as `WEB-9`, at most 1000.")


@strawberry.input(description="Issues of one organization, selected by a filter, most recently seen first.")
class FilterSelection:
    """Input."""

    organization: OrganizationReference = strawberry.field(description="Organization of the issues.")
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
    matching: FilterSelection | None = strawberry.field(
        default=strawberry.UNSET,
        description="Issues that match a filter. Use `dryRun: true` to see which issues match.",
    )


class GivenID(NamedTuple):
    """An ID as the client gave it, and its path in the input."""

    text: str
    field: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SelectedIssues:
    """Selected issues with the IDs that the client gave, IDs that match no issue, and mistakes in others."""

    names: Mapping[IssueKey, GivenID]
    unmatched: list[GivenID] = field(default_factory=list)
    mistakes: list[MutationError] = field(default_factory=list)

    @property
    def keys(self) -> list[IssueKey]:
        """The selected issues without duplicates, in the order of the input."""
        return list(self.names)

    @property
    def organizations(self) -> list[OrganizationRef]:
        """Their organizations."""
        return list(dict.fromkeys(key.organization for key in self.names))

    def without(self, absent: Sequence[IssueKey]) -> list[GivenID]:
        """The IDs that match no issue, given those of the selected issues that turned out to be absent."""
        return [*self.unmatched, *(self.names[key] for key in absent)]


def not_found(given: GivenID) -> MutationError:
    """The user error for an ID that matches no issue."""
    message = f"Issue '{given.text[:100]}' does not exist or is not visible to the token"
    return MutationError(message, UserErrorCode.NOT_FOUND, given.field)


async def select_issues(selection: IssueSelection, load_context: LoadContext) -> SelectedIssues:
    """The issues of a selection; raises BadUserInput before any call when it is empty."""
    with within(FIELD):
        if selection.short_ids:
            return await _by_short_id(selection.short_ids, load_context)
        if selection.matching:
            return await _by_filter(selection.matching, load_context)
        return await _by_id([str(value) for value in _checked(selection.ids, "ids")], load_context)


async def _by_id(ids: list[str], load_context: LoadContext) -> SelectedIssues:
    names: dict[IssueKey, GivenID] = {}
    unmatched: list[GivenID] = []
    mistakes: list[MutationError] = []
    for value, given in _given(ids, FIELD, "ids").items():
        try:
            with within(*given.field):
                key = await issue_key_of(value, load_context)
        except BadUserInput as mistake:
            mistakes.append(mistake_of(mistake))
            continue
        if key is None:
            unmatched.append(given)
        else:
            names.setdefault(key, given)
    return SelectedIssues(names, unmatched, mistakes)


async def _by_short_id(selection: ShortIdSelection, load_context: LoadContext) -> SelectedIssues:
    given_ids: dict[str, GivenID] = {}
    mistakes: list[MutationError] = []
    for value, given in _given(_checked(selection.values, "shortIds", "values"), FIELD, "shortIds", "values").items():
        try:
            given_ids.setdefault(checked_short_id(value, *given.field), given)
        except BadUserInput as mistake:
            mistakes.append(mistake_of(mistake))
    if not given_ids:
        return SelectedIssues({}, mistakes=mistakes)
    organization = await find_organization(selection.organization, load_context, "shortIds", "organization")
    keys = await select_by_short_ids(organization, list(given_ids), load_context)
    names = {keys[value]: given for value, given in given_ids.items() if value in keys}
    return SelectedIssues(names, [given for value, given in given_ids.items() if value not in keys], mistakes)


async def _by_filter(selection: FilterSelection, load_context: LoadContext) -> SelectedIssues:
    with within("matching"):
        if not 1 <= selection.max <= MAX_ISSUES:
            raise BadUserInput(f"'max' must be between 1 and {MAX_ISSUES}", ("max",))
        if not _has_condition(selection.filter):
            raise BadUserInput("'filter' requires at least one condition", ("filter",))
        query = filter_query(selection.filter)
        organization = await find_organization(selection.organization, load_context, "organization")
        # To the second, because a change touches what was asked for and nothing besides.
        time_range = None if selection.range is None else time_range_of(selection.range, SECOND_S)
        parameters = (*query, *range_parameters(time_range, load_context))
        options = ListOptions(parameters, selection.max, None, MAX_ISSUES, row_filter=row_filter_of(selection.filter))
        keys = await select_by_search(organization, options, load_context)
    return SelectedIssues({key: GivenID(issue_id(key), (FIELD, "matching")) for key in keys})


def _has_condition(value: Any) -> bool:
    """True when a filter, or a filter inside it, has a value."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, (bool, int)):
        return True
    return any(map(_has_condition, vars(value).values())) if hasattr(value, "__dict__") else bool(value)


def _given(values: Sequence[str], *path: str) -> dict[str, GivenID]:
    """The distinct values with the path of the first of each."""
    given: dict[str, GivenID] = {}
    for index, value in enumerate(values):
        given.setdefault(value, GivenID(value, (*path, str(index))))
    return given


def _checked(values: Any, *path: str) -> list[Any]:
    if not values:
        raise BadUserInput(f"'{path[-1]}' must not be empty", path)
    if len(values) > MAX_ISSUES:
        raise BadUserInput(f"'{path[-1]}' takes at most {MAX_ISSUES} issues", path)
    return list(values)
