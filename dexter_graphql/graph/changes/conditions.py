"""Conditions that the filters of subscriptions are made into."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from dexter_graphql.graph.context import Context
from dexter_graphql.graph.relay.references import bounded
from dexter_graphql.loaders.references import NamedEntity, Reference
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.parents import OrganizationRef

ISSUE = "issue"
ISSUE_ENTITIES = frozenset({ISSUE, "comment", "activity_alert", "seer"})
"""Entities of changes whose subject is an issue."""
FILTER = "filter"
"""Name of the argument that has a filter."""
FILTER_DESCRIPTION = (
    "A change passes when every given member matches; a list matches when one value does, an empty list never."
)


class Conditions(Protocol):
    """A filter of changes with the objects that it names."""

    def matches(self, change: Change) -> bool:
        """True when the change passes, as far as that follows from the change itself."""
        ...

    async def occurs(self, change: Change, organization: OrganizationRef, context: Context) -> bool:
        """True when the change passes the conditions that take a call."""
        ...


@dataclass(frozen=True, slots=True)
class ChangeConditions:
    """Conditions on members that all changes have; None is no condition."""

    kinds: frozenset[str] | None = None
    streams: frozenset[str] | None = None
    projects: frozenset[str] | None = None
    levels: frozenset[str] | None = None
    issues: frozenset[str] | None = None

    def matches(self, change: Change) -> bool:
        """True when the change passes; conditions on what only its issue says are passed."""
        return (
            allows(self.kinds, change.kind)
            and allows(self.streams, change.stream)
            and (lacks_project(change) or allows(self.projects, change.project_id, change.project, *change.projects))
            and (lacks_issue(change) or allows(self.levels, change.level))
            and allows(self.issues, issue_of(change))
        )

    async def occurs(self, _change: Change, _organization: OrganizationRef, _context: Context) -> bool:
        """True: no condition takes a call."""
        return True


NO_CONDITIONS = ChangeConditions()


def lacks_project(change: Change) -> bool:
    """True when the change is about an issue and does not name its project: the issue must be read for it."""
    # The slug alone says nothing about an issue, which is compared by the ID of its project.
    is_named = change.project is not None and change.entity != ISSUE
    is_known = change.project_id is not None or bool(change.projects) or is_named
    return not is_known and change.subject is not None and change.entity in ISSUE_ENTITIES


def lacks_issue(change: Change) -> bool:
    """True for a change of an issue that was reported without it: the issue must be read for what filters compare."""
    return change.entity == ISSUE and change.object is None and change.category is None


def issue_of(change: Change) -> str | None:
    """Sentry's ID of the issue that the change is about; None when it is about another object."""
    return change.state or None if change.entity == "error" else change.subject


def allows(allowed: frozenset[str] | None, *values: str | None) -> bool:
    """True when a condition has one of the values; None is no condition."""
    return allowed is None or not allowed.isdisjoint(values)


def condition(given: Sequence[Any] | None, values: Iterable[str]) -> frozenset[str] | None:
    """The values as a condition; None when nothing was given."""
    return None if given is None else frozenset(values)


def enum_condition(values: Sequence[Enum] | None, field: str) -> frozenset[str] | None:
    """The wire values of an enum as a condition; raises BadUserInput for too many."""
    return condition(values, [value.value for value in bounded(values, field)])


def project_condition(
    given: Sequence[Any] | None, references: Iterable[Reference], entities: Mapping[Reference, NamedEntity]
) -> frozenset[str] | None:
    """The IDs and slugs of projects as a condition; without those that the organization does not have."""
    return condition(given, [name for reference in references for name in entities.get(reference, ())])
