"""Arguments of subscriptions, and the conditions that their filters are made into."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Annotated, Any, Protocol

import strawberry

from dexter_graphql.graph.context import Context
from dexter_graphql.graph.relay.references import bounded
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.realtime.changes import Change
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import members, organizations
from dexter_graphql.sentry.parents import OrganizationRef

After = Annotated[
    str | None,
    strawberry.argument(description="Position of the last item received; omit to start with new changes."),
]
SUBSCRIPTION_ENDPOINTS = (
    organizations.DETAIL,
    organizations.LIST,
    organizations.SHORT_ID,
    members.DETAIL,
    catalogue.LIST,
    *REFERENCE_ENDPOINTS,
)
"""What a subscription may call to find the objects that its arguments name, and to check which changes are visible."""


class Conditions(Protocol):
    """A filter of changes with the objects that it names."""

    def matches(self, change: Change) -> bool:
        """True when the change passes, as far as that follows from the change itself."""
        ...

    async def occurs(self, change: Change, organization: OrganizationRef, context: Context) -> bool:
        """True when the change passes the conditions that take a call."""
        ...


def allows(allowed: frozenset[str] | None, *values: str | None) -> bool:
    """True when a condition has one of the values; None is no condition."""
    return allowed is None or not allowed.isdisjoint(values)


def condition(given: Sequence[Any] | None, values: Iterable[str]) -> frozenset[str] | None:
    """The values as a condition; None when nothing was given."""
    return None if given is None else frozenset(values)


def enum_condition(values: Sequence[Enum] | None, field: str) -> frozenset[str] | None:
    """The wire values of an enum as a condition; raises BadUserInput for too many."""
    return condition(values, [value.value for value in bounded(values, field)])
