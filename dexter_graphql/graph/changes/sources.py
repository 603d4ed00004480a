"""Streams of changes, as subscriptions send them: filtered, visible to the subscriber, with their positions."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from dexter_graphql.graph.changes.conditions import Conditions
from dexter_graphql.graph.changes.types import StreamItem, VisibleChange
from dexter_graphql.graph.changes.visibility import NO_VERDICT, is_visible, with_project
from dexter_graphql.graph.context import Context
from dexter_graphql.realtime.changes import Stream, Topic
from dexter_graphql.realtime.feed import FeedItem
from dexter_graphql.sentry.parents import OrganizationRef

RETRY_S = 5.0
"""Seconds until the visibility of a change is checked again when Sentry did not answer."""
Followed = Mapping[OrganizationRef, Conditions]
"""The organizations that a subscription follows, and the conditions that changes of each have to pass."""


async def changes_of(
    streams: Sequence[Stream], followed: Followed, after: str | None, context: Context
) -> AsyncGenerator[StreamItem, None]:
    """The items of classes of changes of some organizations, as one stream: after a position, or from now on.

    Raises BadUserInput for a position of another stream. The start is fixed when this returns.
    """
    topics = sorted(Topic(organization.slug, stream) for organization in followed for stream in streams)
    feed = context.services.changes
    start = context.start_of(after)
    context.start = await feed.position(topics) if start is None else start
    items = await feed.subscribe(topics, context.start)
    return _visible_items(items, followed, context)


async def _visible_items(
    items: AsyncGenerator[FeedItem, None], followed: Followed, context: Context
) -> AsyncGenerator[StreamItem, None]:
    organizations = {organization.slug: organization for organization in followed}
    async with aclosing(items):
        async for item in items:
            if item.change is None:
                await context.renew()
                yield StreamItem(item.position, None, item.gap)
                continue
            visible = VisibleChange(item.change, organizations[item.change.organization])
            conditions = followed[visible.organization]
            if conditions.matches(item.change) and await _is_sent(visible, conditions, context):
                yield StreamItem(item.position, visible, None)


async def _is_sent(candidate: VisibleChange, conditions: Conditions, context: Context) -> bool:
    """Whether the subscriber may see the change, and it passes all conditions, also those that take a call.

    Waits while Sentry does not answer. The broker keeps later changes meanwhile, so that a stream which waits here
    skips none of them.
    """
    organization = candidate.organization
    while True:
        await context.renew()
        try:
            change = await with_project(candidate.change, organization, context)
            return (
                conditions.matches(change)
                and await is_visible(change, organization, context)
                and await conditions.occurs(change, organization, context)
            )
        except NO_VERDICT:
            await context.services.clock.sleep(RETRY_S)
