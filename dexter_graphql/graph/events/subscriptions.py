"""Subscription to new errors."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec
import strawberry

from dexter_graphql.graph.changes.arguments import (
    SUBSCRIPTION_ENDPOINTS,
    After,
    Organization,
    Organizations,
    followed_organizations,
)
from dexter_graphql.graph.changes.sources import changes_of
from dexter_graphql.graph.changes.types import ChangeFields, StreamItem, StreamItemFields, VisibleChange
from dexter_graphql.graph.context import context_of
from dexter_graphql.graph.declarations.fields import LazyJSON, call, computed, value_type
from dexter_graphql.graph.events.error_filter import ErrorFilter, error_conditions
from dexter_graphql.graph.events.received import ReceivedEvent
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.realtime.changes import Stream
from dexter_graphql.sentry.parents import Parents


def received_event(visible: VisibleChange) -> LazyJSON | None:
    """The event of a change, as it was reported; None when it was not."""
    if visible.change.object is None:
        return None
    return LazyJSON("ReceivedEvent", msgspec.Raw(visible.change.object), parents=Parents(visible.organization))


@value_type
class ErrorChange(ChangeFields):
    """A new error."""

    @computed()
    def event(visible: VisibleChange) -> ReceivedEvent | None:
        """The event; null when the same webhook arrived before, so that its content is not trusted again."""
        event: Any = received_event(visible)
        return event


@value_type
class ErrorReceived(StreamItemFields):
    """One item of a stream of errors: a new error or a gap."""

    @computed()
    def change(item: StreamItem) -> ErrorChange | None:
        """The error; null when this item is a gap."""
        change: Any = item.change
        return change


@strawberry.type
class ErrorSubscriptions:
    """Root fields."""

    @call(uses=SUBSCRIPTION_ENDPOINTS)
    async def error_received(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Organization = None,
        organizations: Organizations = None,
        filter: Annotated[
            ErrorFilter | None, strawberry.argument(description="Which errors to send; all when omitted.")
        ] = None,
        after: After = None,
    ) -> AsyncGenerator[ErrorReceived, None]:
        """Errors as they occur, from webhooks of the resource `error`. No error costs a call.

        Errors of projects whose issues the token may not read are left out. The stream ends when Sentry rejects the
        token.
        """
        followed = await followed_organizations(organization, organizations, load_context)
        conditions = await error_conditions(filter, followed, load_context)
        return await changes_of((Stream.ERRORS,), conditions, after, context_of(load_context))
