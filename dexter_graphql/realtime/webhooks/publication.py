"""Durable publication of webhooks: in the broker, or in the journal while the broker cannot be reached."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from enum import StrEnum
from typing import Any

from dexter_graphql.clock import Clock
from dexter_graphql.errors import DexterError
from dexter_graphql.realtime.brokers.base import BrokerUnavailable, Report
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.webhooks.journal import Journal, JournalBatch, JournalFull
from dexter_graphql.telemetry.logs import get_log

MAX_BATCH = 64
"""Entries of the journal that are published at the same time."""
RETRY_S = 0.25
"""Time between two tries to publish the journal while the broker cannot be reached."""
DISK_RETRY_S = 5.0
"""Time between two tries to read the journal while the disk fails."""
ADOPT_S = 60.0
"""Time between two looks for the journals of processes that have ended."""
Invalidate = Callable[[Iterable[str]], None]
"""Invalidates the cached answers with one of these tags, on all replicas."""


class WebhookOutcome(StrEnum):
    """What became of an accepted webhook: an outcome of the broker, or one before it."""

    PUBLISHED = "published"
    UNTRUSTED = "untrusted"
    REDELIVERY = "redelivery"
    DUPLICATE = "duplicate"
    JOURNALED = "journaled"
    """In the journal, from which it is published later."""
    SET_ASIDE = "set_aside"
    """Not published, because its payload names another organization than its secret."""


class NotPublished(DexterError):
    """Neither the broker nor the journal has taken a webhook. The message is safe to send to the client."""


class JournalPublisher:
    """Takes what is in the journal out of it and publishes it, in order, whenever the broker can be reached."""

    def __init__(self, journal: Journal, feed: ChangeFeed, clock: Clock) -> None:
        self._journal = journal
        self._feed = feed
        self._clock = clock
        self._batch_size = MAX_BATCH
        self._log = get_log("dexter.webhooks")

    async def run(self) -> None:
        """Publish as long as the server runs. A batch that fails is published again: the broker recognizes repetitions.

        It is then made smaller, because a slow broker may not take a large one in time.
        """
        while True:
            try:
                batch = await self._journal.next_batch(self._batch_size)
                await self._publish(batch)
                await self._journal.take(batch)
            except BrokerUnavailable:
                self._batch_size = max(1, self._batch_size // 2)
                await self._clock.sleep(RETRY_S)
            except OSError as error:
                self._log.error("journal cannot be read", reason=error.strerror)
                await self._clock.sleep(DISK_RETRY_S)
            else:
                self._batch_size = min(MAX_BATCH, self._batch_size * 2)

    async def adopt(self) -> None:
        """Take over the journals of processes that end while this one runs."""
        while True:
            await self._clock.sleep(ADOPT_S)
            await self._journal.adopt()

    async def _publish(self, batch: JournalBatch) -> None:
        reports = batch.reports
        results = await asyncio.gather(
            *(self._feed.publish(report.change, body_hash=report.body_hash) for report in reports),
            return_exceptions=True,
        )
        for report, result in zip(reports, results, strict=True):
            if isinstance(result, BrokerUnavailable):
                raise result
            if isinstance(result, Exception):
                # An entry that can never be published must not hold up those behind it.
                self._log.error("entry of the journal not published", action=report.change.action, reason=repr(result))


class DurablePublication:
    """Publishes reports so that none is lost once `publish` has returned."""

    def __init__(self, feed: ChangeFeed, invalidate: Invalidate, clock: Clock, journal: Journal | None = None) -> None:
        self._feed = feed
        self._invalidate = invalidate
        self._clock = clock
        self._journal = journal

    @property
    def tasks(self) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
        """What must run as long as the server does."""
        if self._journal is None:
            return ()
        publisher = JournalPublisher(self._journal, self._feed, self._clock)
        return (self._journal.write, publisher.run, publisher.adopt)

    async def close(self) -> None:
        """Close the journal; what it has is published after the next start."""
        if self._journal is not None:
            await self._journal.close()

    async def publish(self, report: Report) -> WebhookOutcome:
        """Publish a report, or write it to the journal. Raises NotPublished.

        While the journal has entries, later reports follow them into it: the order stays, and an answer does not wait
        for a broker that is known to be away.
        """
        if self._journal is None or not self._journal.has_entries:
            try:
                return WebhookOutcome(await self._feed.publish(report.change, body_hash=report.body_hash))
            except BrokerUnavailable:
                if self._journal is None:
                    raise NotPublished("Redis cannot be reached, and there is no journal (DEXTER_JOURNAL)") from None
        # The broker does it when it has the change; until then at least this replica answers with what is true.
        self._invalidate(report.change.tags)
        try:
            await self._journal.append(report)
        except JournalFull as error:
            raise NotPublished(f"Redis cannot be reached, and {error}") from None
        return WebhookOutcome.JOURNALED
