"""Subscriptions to changes of issues."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from dexter_graphql.graph.common.scalars import BigInt
from dexter_graphql.graph.context import Context, context_of
from dexter_graphql.graph.declarations.fields import call, computed, value_type
from dexter_graphql.graph.issues.change_filter import (
    ChangeConditions,
    ChangeKind,
    IssueChangeFilter,
    change_conditions,
)
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.graph.relay.references import OrganizationReference, find_organization
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.references import REFERENCE_ENDPOINTS
from dexter_graphql.realtime.brokers.base import Gap
from dexter_graphql.realtime.changes import Actor, Change, Kind, Origin, Stream, Topic
from dexter_graphql.realtime.feed import FeedItem
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.catalogue import members, organizations
from dexter_graphql.sentry.errors import (
    BadResponse,
    BudgetExhausted,
    DeadlineExceeded,
    RateLimited,
    Unavailable,
    UpstreamTimeout,
)
from dexter_graphql.sentry.parents import OrganizationRef, Parents

SUBSCRIPTION_ENDPOINTS = (
    organizations.DETAIL,
    organizations.LIST,
    organizations.SHORT_ID,
    members.DETAIL,
    catalogue.LIST,
    *REFERENCE_ENDPOINTS,
)
PERSONAL = frozenset({"hasSeen", "isBookmarked", "isSubscribed", "subscriptionDetails"})
"""Members that depend on the credential: those in a change's object belong to its author, not to the subscriber."""
RETRY_S = 5.0
"""Seconds until the visibility of a change is checked again when Sentry did not answer."""
NO_VERDICT = (Unavailable, UpstreamTimeout, DeadlineExceeded, RateLimited, BadResponse, BudgetExhausted)
"""Failures of a visibility check that say nothing about the credential."""


@strawberry.enum(description="Where a change was reported.")
class ChangeOrigin(Enum):
    """Origins of changes."""

    WEBHOOK = strawberry.enum_value(Origin.WEBHOOK, description="A webhook from Sentry.")
    MUTATION = strawberry.enum_value(Origin.MUTATION, description="A mutation of this server.")
    POLL = strawberry.enum_value(Origin.POLL, description="This server, which found the change by polling Sentry.")


@dataclass(frozen=True, slots=True)
class VisibleChange:
    """A change that the subscriber may see, and its organization."""

    change: Change
    organization: OrganizationRef


@dataclass(frozen=True, slots=True)
class StreamItem:
    """A change or a gap, and the signed position after it."""

    position: str
    change: VisibleChange | None
    gap: Gap | None


@value_type
class ChangeActor:
    """Author of a change: a user, an integration or Sentry itself."""

    @computed()
    def kind(actor: Actor) -> str:
        """`user`, `application` or a value this server does not know."""
        return actor.type

    @computed()
    def name(actor: Actor) -> str:
        """Display name of the author."""
        return actor.name


@value_type
class StreamGap:
    """Changes that are no longer kept. Query the current state and continue with the stream."""

    @computed()
    def missed(gap: Gap) -> BigInt | None:
        """Number of missed changes before filtering; null when unknown, because the server lost its changes."""
        return None if gap.missed is None else BigInt(gap.missed)


@value_type
class IssueChange:
    """A change of an issue."""

    @computed()
    def kind(visible: VisibleChange) -> ChangeKind:
        """Kind of the change."""
        return ChangeKind(visible.change.kind)

    @computed()
    def action(visible: VisibleChange) -> str:
        """Sentry's name of the change, for example `issue.resolved`."""
        return visible.change.action

    @computed()
    def occurred_at(visible: VisibleChange) -> datetime:
        """When the change happened, in whole seconds."""
        return visible.change.occurred_at

    @computed()
    def received_at(visible: VisibleChange) -> datetime:
        """When this server received the change."""
        return visible.change.received_at

    @computed()
    def origin(visible: VisibleChange) -> ChangeOrigin:
        """Where the change was reported."""
        return ChangeOrigin(visible.change.origin)

    @computed()
    def actor(visible: VisibleChange) -> ChangeActor | None:
        """Author of the change; null when Sentry did not name one."""
        return visible.change.actor

    @call(uses=(catalogue.DETAIL,), target="Issue")
    async def issue(visible: VisibleChange, load_context: LoadContext) -> IssueType | None:
        """The issue right after the change; null when it was deleted."""
        change, parents = visible.change, Parents(visible.organization)
        if change.kind is Kind.DELETED or change.subject is None:
            return None
        if change.object is None or load_context.reads("base") & PERSONAL:
            return await load_context.load(issues_by_id, IssueKey(visible.organization, change.subject))
        return load_context.client.records.decode_one(change.object, load_context.projection("base"), (), parents)


@value_type
class IssueChanged:
    """One item of a stream of changes: a change or a gap."""

    @computed()
    def position(item: StreamItem) -> str:
        """Position after this item; pass it as `after` to resume from here."""
        return item.position

    @computed()
    def gap(item: StreamItem) -> StreamGap | None:
        """Set instead of `change` when changes were missed that are no longer kept; null otherwise."""
        return item.gap

    @computed()
    def change(item: StreamItem) -> IssueChange | None:
        """The change; null when this item is a gap."""
        return item.change


@strawberry.type
class IssueSubscriptions:
    """Root fields."""

    @call(uses=SUBSCRIPTION_ENDPOINTS)
    async def issue_changed(
        _root: Any,
        load_context: LoadContext,
        *,
        organization: Annotated[
            OrganizationReference, strawberry.argument(description="Organization whose issues are followed.")
        ],
        filter: Annotated[
            IssueChangeFilter | None, strawberry.argument(description="Which changes to send; all when omitted.")
        ] = None,
        after: Annotated[
            str | None,
            strawberry.argument(description="Position of the last item received; omit to start with new changes."),
        ] = None,
    ) -> AsyncGenerator[IssueChanged, None]:
        """Changes of the issues that the token may read, from webhooks and from mutations of this server.

        Changes of projects whose issues the token may not read are left out. The stream ends when Sentry rejects the
        token.
        """
        context = context_of(load_context)
        reference = await find_organization(organization, load_context, "organization")
        conditions = await change_conditions(filter, reference, load_context)
        items = await context.services.changes.subscribe(Topic(reference.slug, Stream.ISSUES), after)
        return _visible_items(items, reference, conditions, context)


async def _visible_items(
    items: AsyncGenerator[FeedItem, None], organization: OrganizationRef, conditions: ChangeConditions, context: Context
) -> AsyncGenerator[StreamItem, None]:
    async with aclosing(items):
        async for item in items:
            if item.change is None:
                await context.renew()
                yield StreamItem(item.position, None, item.gap)
            elif conditions.matches(item.change) and await _is_sent(item.change, organization, conditions, context):
                yield StreamItem(item.position, VisibleChange(item.change, organization), None)


async def _is_sent(
    change: Change, organization: OrganizationRef, conditions: ChangeConditions, context: Context
) -> bool:
    """Whether the subscriber's own credential may read the issue, and it occurs where the filter says.

    Waits while Sentry does not answer.

    The broker keeps later changes meanwhile, so that a stream which waits here skips none of them.
    """
    while True:
        await context.renew()
        try:
            is_visible = await _may_read(change, organization, context)
            return is_visible and await conditions.occurs(change, organization, context)
        except NO_VERDICT:
            await context.services.clock.sleep(RETRY_S)


async def _may_read(change: Change, organization: OrganizationRef, context: Context) -> bool:
    if change.project_id is not None:
        visibility = context.services.visibility
        return await visibility.may_read(organization, change.project_id, context.call_context)
    if change.subject is None:
        return False
    issue = await context.loaders.load(issues_by_id, IssueKey(organization, change.subject))
    return issue is not None
