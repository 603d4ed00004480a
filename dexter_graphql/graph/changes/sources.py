"""Streams of changes, as subscriptions send them: filtered, visible to the subscriber, with their positions."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from dexter_graphql.graph.changes.arguments import Conditions
from dexter_graphql.graph.changes.types import StreamItem, VisibleChange
from dexter_graphql.graph.changes.visibility import NO_VERDICT, is_visible
from dexter_graphql.graph.context import Context
from dexter_graphql.realtime.changes import Change, Stream, Topic
from dexter_graphql.realtime.feed import FeedItem
from dexter_graphql.sentry.parents import OrganizationRef

RETRY_S = 5.0
"""Seconds until the visibility of a change is checked again when Sentry did not answer."""


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """What a subscription follows: a class of changes of an organization, those that pass the conditions."""

    organization: OrganizationRef
    stream: Stream
    conditions: Conditions


async def changes_of(source: ChangeSource, after: str | None, context: Context) -> AsyncGenerator[StreamItem, None]:
    """The items of a stream after a position, or from now on when it is None.

    Raises BadUserInput for a position of another stream. The start is fixed when this returns.
    """
    items = await context.services.changes.subscribe([Topic(source.organization.slug, source.stream)], after)
    return _visible_items(items, source, context)


async def _visible_items(
    items: AsyncGenerator[FeedItem, None], source: ChangeSource, context: Context
) -> AsyncGenerator[StreamItem, None]:
    async with aclosing(items):
        async for item in items:
            if item.change is None:
                await context.renew()
                yield StreamItem(item.position, None, item.gap)
            elif source.conditions.matches(item.change) and await _is_sent(item.change, source, context):
                yield StreamItem(item.position, VisibleChange(item.change, source.organization), None)


async def _is_sent(change: Change, source: ChangeSource, context: Context) -> bool:
    """Whether the subscriber may see the change, and it passes the conditions that take a call.

    Waits while Sentry does not answer. The broker keeps later changes meanwhile, so that a stream which waits here
    skips none of them.
    """
    while True:
        await context.renew()
        try:
            return await is_visible(change, source.organization, context) and await source.conditions.occurs(
                change, source.organization, context
            )
        except NO_VERDICT:
            await context.services.clock.sleep(RETRY_S)
