"""Polling of the sandbox's organization acme with a clock that tests move, and the webhooks that would have come."""

import asyncio
from contextlib import ExitStack, asynccontextmanager

from dexter_graphql.realtime.changes import Stream, Topic
from dexter_graphql.realtime.feed import in_memory_feed
from dexter_graphql.realtime.poller import Poller, PollerServices
from dexter_graphql.realtime.polling.poll_store import PollStore
from dexter_graphql.realtime.silence import WebhookArrivals
from dexter_graphql.realtime.webhooks.publication import DurablePublication
from dexter_graphql.realtime.webhooks.receiver import WebhookReceiver
from dexter_graphql.realtime.webhooks.signatures import Signers
from dexter_graphql.sandbox.issue_editor import IssueEditor
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.client import build_client
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from support.command import PATIENCE_S
from support.realtime import MovableClock
from support.sandbox import running_sandbox

INTERVAL_S = 30.0
TICK_S = 0.001
"""Times that differ by less are the same."""
TOPICS = tuple(Topic("acme", stream) for stream in (Stream.ISSUES, Stream.COMMENTS, Stream.RELEASES))


class SteppedClock(MovableClock):
    """A clock that stands still until `go_on`; who sleeps wakes when it has moved far enough."""

    def __init__(self):
        super().__init__()
        self._sleepers = []
        self._asleep = asyncio.Event()

    async def sleep(self, seconds):
        due = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.passed + seconds, due))
        self._asleep.set()
        await due

    def go_on(self, seconds):
        super().go_on(seconds)
        for at, due in self._sleepers:
            if at <= self.passed + TICK_S and not due.done():
                due.set_result(None)
        self._sleepers = [(at, due) for at, due in self._sleepers if not due.done()]

    async def until_asleep(self, sleepers=1):
        """Wait until so many sleep; returns the seconds until the first one wakes."""
        while len(waits := [at - self.passed for at, due in self._sleepers if not due.done()]) < sleepers:
            self._asleep.clear()
            await asyncio.wait_for(self._asleep.wait(), PATIENCE_S)
        return round(min(waits), 3)


class Polling:
    """A poller over a sandbox. Its feed is followed from the start."""

    def __init__(self, upstream, clock, feed, poller, sleepers):
        self.upstream, self.clock, self.feed, self.poller = upstream, clock, feed, poller
        self.events, self._sleepers = [], sleepers
        self._receiver = WebhookReceiver(
            Signers([("acme", upstream.webhooks.secret())]),
            DurablePublication(feed, lambda _tags: None, clock, None),
            clock,
            known_id=lambda _slug: None,
        )
        self._positions = None
        self._subscriptions = ExitStack()

    def follow(self):
        """Subscribe to the changes of acme."""
        self._subscriptions.enter_context(self.feed.followed.following(TOPICS))

    def unfollow(self):
        """End the subscription."""
        self._subscriptions.close()

    @property
    def editor(self):
        """An editor that changes issues of acme in the sandbox, as one of its users."""
        world = self.upstream.world
        return IssueEditor(world, world.find_organization("acme"), world.users[0])

    def issues(self, status="unresolved"):
        """Error issues of acme with a status, those with the newest events first."""
        issues = self.upstream.world.find_organization("acme").issues.values()
        chosen = [issue for issue in issues if issue.status == status and issue.is_error]
        return sorted(chosen, key=lambda issue: -issue.events[-1].at)

    async def poll(self):
        """Let the poller poll once, with its wait for late webhooks; returns what was published."""
        self.clock.go_on(await self.clock.until_asleep())
        await self.pause_s()
        return await self.published()

    async def pause_s(self):
        """Wait until the poller has polled; returns the seconds until it polls again."""
        while (pause_s := await self.clock.until_asleep(self._sleepers)) < INTERVAL_S / 2:
            self.clock.go_on(pause_s)
        return pause_s

    async def published(self):
        """The changes published since the last look."""
        if self._positions is None:
            self._positions = await self.feed.newest(TOPICS)
        backlog = await self.feed.backlog(self._positions)
        self._positions = backlog.positions
        return [entry.change for entry in backlog.entries]

    async def deliver(self):
        """Deliver the webhooks of what has happened since the last delivery."""
        events, self.events[:] = list(self.events), []
        for event in events:
            delivery = self.upstream.webhooks.build_delivery(event)
            head = self._receiver.parse_head(delivery.headers)
            await self._receiver.accept(head, delivery.body)

    async def until_idle(self):
        """Wait until no organization is polled."""
        async with asyncio.timeout(PATIENCE_S):
            while self.poller.organizations:  # noqa: ASYNC110  # the poller has no event for it
                await asyncio.sleep(0)

    def lose_webhooks(self):
        """Lose the webhooks of what has happened."""
        self.events.clear()


@asynccontextmanager
async def running_poller(
    upstream=None, *, has_webhooks=True, token=None, feed=None, store=None, leases=None, sleepers=1
):
    """A poller that has polled once, until the block ends; then so many pollers of the sandbox sleep."""
    async with running_sandbox(SteppedClock()) if upstream is None else _as_is(upstream) as sandbox:
        clock = sandbox.world.clock
        client = build_client(clock=clock, base_url=sandbox.url)
        feed = feed or in_memory_feed(clock, b"key")
        arrivals = WebhookArrivals(frozenset({"acme"} if has_webhooks else ()), clock)
        services = PollerServices(
            feed,
            client,
            OrganizationDirectory(client, clock),
            clock,
            Upstream("own", token or sandbox.token),
            store or PollStore(),
            leases,
        )
        poller = Poller(services, INTERVAL_S, arrivals.is_configured)
        polling = Polling(sandbox, clock, feed, poller, sleepers)
        sandbox.world.listeners.append(polling.events.append)
        running = asyncio.create_task(poller.run())
        try:
            polling.follow()
            await polling.published()
            await polling.pause_s()
            yield polling
        finally:
            polling.unfollow()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            sandbox.world.listeners.remove(polling.events.append)
            await client.close()


@asynccontextmanager
async def _as_is(value):
    yield value
