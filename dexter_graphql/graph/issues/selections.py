"""How clients say which issues a mutation is about, and how Sentry's ids are found for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.ids import encode_id, key_of
from dexter_graphql.graph.issues.arguments import checked_short_id
from dexter_graphql.graph.issues.filters import IssueFilter, filter_query
from dexter_graphql.graph.ranges import TimeRange, stretch_of
from dexter_graphql.loaders.base import Lookup
from dexter_graphql.loaders.issue_choices import chosen_by_search, chosen_by_short_id
from dexter_graphql.loaders.issues import IssueKey, stretch_query
from dexter_graphql.loaders.stretches import SECOND_S
from dexter_graphql.sentry.scope import OrganizationRef

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
    range: TimeRange | None = strawberry.field(
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
class Chosen:
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


async def chosen(selection: IssueSelection, lookup: Lookup) -> Chosen:
    """The issues of a selection; raises BadUserInput for one that names nothing, before anything is asked."""
    if selection.short_ids:
        return await _by_short_id(selection.short_ids, lookup)
    if selection.search:
        return await _by_search(selection.search, lookup)
    return await _by_id([str(value) for value in _checked(selection.ids, "ids")], lookup)


async def issue_key_of(value: str, lookup: Lookup) -> IssueKey | None:
    """The key in the global id of an issue; None when the token sees no such organization."""
    organization_id, number = key_of(value, "Issue", 2)
    organization = await lookup.organizations.find(lookup.ticket, organization_id)
    return None if organization is None else IssueKey(organization, number)


def issue_id(key: IssueKey) -> str:
    """The global id of an issue."""
    return encode_id("Issue", key.organization.id, key.id)


async def _by_id(ids: list[str], lookup: Lookup) -> Chosen:
    for value in ids:
        key_of(value, "Issue", 2)
    names: dict[IssueKey, str] = {}
    unmatched: list[str] = []
    for value in dict.fromkeys(ids):
        key = await issue_key_of(value, lookup)
        if key is None:
            unmatched.append(value)
        else:
            names.setdefault(key, value)
    return Chosen(names, unmatched)


async def _by_short_id(selection: ShortIdSelection, lookup: Lookup) -> Chosen:
    values = list(dict.fromkeys(checked_short_id(value) for value in _checked(selection.values, "values")))
    organization = await _organization(selection.organization, lookup)
    found = await chosen_by_short_id(organization, values, lookup)
    return Chosen({found[value]: value for value in values if value in found}, [v for v in values if v not in found])


async def _by_search(selection: SearchSelection, lookup: Lookup) -> Chosen:
    if not 1 <= selection.max <= MAX_ISSUES:
        raise BadUserInput(f"'max' must be between 1 and {MAX_ISSUES}")
    if not _has_condition(selection.filter):
        raise BadUserInput("'filter' needs at least one condition: without one it would mean every issue")
    organization = await _organization(selection.organization, lookup)
    # To the second, because a change touches what was asked for and nothing besides.
    stretch = None if selection.range is None else stretch_of(selection.range, SECOND_S)
    query = (*filter_query(selection.filter), *stretch_query(stretch, lookup))
    keys = await chosen_by_search(organization, query, selection.max, lookup)
    return Chosen({key: issue_id(key) for key in keys})


def _has_condition(value: IssueFilter) -> bool:
    return any(bool(given.strip() if isinstance(given, str) else given) for given in vars(value).values())


def _checked(values: Any, name: str) -> list[Any]:
    if not values:
        raise BadUserInput(f"'{name}' names no issue")
    if len(values) > MAX_ISSUES:
        raise BadUserInput(f"'{name}' takes at most {MAX_ISSUES} issues")
    return list(values)


async def _organization(slug: str, lookup: Lookup) -> OrganizationRef:
    found = await lookup.organizations.find(lookup.ticket, slug)
    if found is None:
        raise BadUserInput(f"There is no organization '{slug[:64]}', or the token may not see it")
    return found
