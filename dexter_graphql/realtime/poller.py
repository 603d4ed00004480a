"""The poller: finds changes of followed organizations where webhooks are silent, one replica for each organization."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dexter_graphql.clock import Clock
from dexter_graphql.realtime.brokers.base import BrokerUnavailable
from dexter_graphql.realtime.feed import ChangeFeed
from dexter_graphql.realtime.polling.organization_poll import OrganizationPoll
from dexter_graphql.realtime.polling.poll_store import PollStore
from dexter_graphql.realtime.polling.release_poll import ReleasePoll
from dexter_graphql.realtime.polling.sentry_lists import SentryLists
from dexter_graphql.realtime.silence import Mode, Silence
from dexter_graphql.sentry.call import Priority, Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient
from dexter_graphql.sentry.errors import ClientError, NotFound, RateLimited, SentryError
from dexter_graphql.sentry.organization_directory import OrganizationDirectory
from dexter_graphql.telemetry.logs import get_log
from dexter_graphql.telemetry.metrics import Sample

if TYPE_CHECKING:
    from dexter_graphql.sentry.redis.leases import SharedLeases

POLL_S = 20.0
"""Time for one poll."""
MAX_CALLS = 20
"""Calls of one poll, those included that are sent again."""
LINGER_S = 300.0
"""Time for which an organization is polled after its last subscription has ended: subscribers come back."""
REFUSAL_PAUSE_S = 600.0
"""Pause after Sentry has refused the server's token."""
MAX_PAUSE_S = 300.0
"""Longest pause after failures."""
DOUBLINGS = 5
MAX_ORGANIZATIONS = 100
"""Organizations that one process polls at the same time."""
WATCHED_EVERY = 4
"""While webhooks arrive, every fourth poll reads a page of older issues, too."""
OUTCOMES = (*Mode, "failed", "refused")
ELSEWHERE = "another replica polls it"


@dataclass(slots=True)
class PolledOrganization:
    """The polling of one organization by this process; `problem` says why it is not polled now."""

    slug: str
    silence: Silence
    problem: str | None = None
    failures: int = 0
    polls: int = 0
    releases_from: float = 0.0
    """When releases may be read again, in monotonic seconds."""


@dataclass(frozen=True, slots=True)
class PollerServices:
    """What polling uses. `own` is the server's token; `leases` are None where no other replica can be."""

    feed: ChangeFeed
    client: SentryClient
    organizations: OrganizationDirectory
    clock: Clock
    own: Upstream
    store: PollStore
    leases: "SharedLeases | None" = None


class Poller:
    """Polls each organization that is followed, every `interval_s`. `is_configured` says whose webhooks may arrive."""

    def __init__(self, services: PollerServices, interval_s: float, is_configured: Callable[[str], bool]) -> None:
        self._services = services
        self._interval_s = interval_s
        self._is_configured = is_configured
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._outcomes: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._found = 0
        self.organizations: dict[str, PolledOrganization] = {}
        self._log = get_log("dexter.poller")

    def __repr__(self) -> str:
        return f"<Poller of {', '.join(sorted(self.organizations)) or 'no organization'}>"

    def collect(self) -> Iterable[Sample]:
        """What is polled, and what became of the polls."""
        polling = sum(each.silence.mode is Mode.POLLING and not each.problem for each in self.organizations.values())
        yield Sample("dexter_polled_organizations", "Organizations whose changes come from polling.", polling)
        yield Sample("dexter_polled_changes_total", "Changes found by polling.", self._found)
        for outcome, count in self._outcomes.items():
            yield Sample("dexter_polls_total", "Polls of organizations.", count, (("outcome", outcome),))

    async def run(self) -> None:
        """Poll the organizations that are followed, until cancelled."""
        followed = self._services.feed.followed
        try:
            while True:
                for slug in sorted(followed.organizations - self._tasks.keys()):
                    if len(self._tasks) < MAX_ORGANIZATIONS:
                        self._tasks[slug] = asyncio.create_task(self._poll_while_followed(slug))
                await followed.wait_for_change()
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _poll_while_followed(self, slug: str) -> None:
        services = self._services
        organization = PolledOrganization(slug, Silence(is_configured=self._is_configured(slug)))
        self.organizations[slug] = organization
        followed_at = services.clock.monotonic()
        try:
            while services.clock.monotonic() - followed_at <= LINGER_S:
                if slug in services.feed.followed.organizations:
                    followed_at = services.clock.monotonic()
                await services.clock.sleep(await self._poll(organization))
        finally:
            del self._tasks[slug], self.organizations[slug]
            if services.leases is not None:
                await services.leases.release(slug)

    async def _poll(self, organization: PolledOrganization) -> float:
        """Poll an organization once; returns the seconds until the next time."""
        leases, lifetime_s = self._services.leases, self._interval_s + POLL_S
        if leases is not None and not await leases.hold(organization.slug, lifetime_s):
            organization.problem = ELSEWHERE if leases.is_reachable else "Redis is away"
            return self._interval_s
        mode, began_at = organization.silence.mode, self._services.clock.monotonic()
        try:
            async with asyncio.timeout(POLL_S):
                self._found += await self._read(organization)
        except (SentryError, BrokerUnavailable, TimeoutError) as error:
            return self._handle_failure(organization, str(error) or type(error).__name__, error)
        except Exception as error:  # noqa: BLE001  # a border: what cannot be foreseen must not end the polling of an organization
            self._log.exception("polling failed", organization=organization.slug)
            return self._handle_failure(organization, "an internal error, see the log", error)
        finally:
            self._log_mode(organization, mode)
        self._outcomes[organization.silence.mode] += 1
        organization.problem, organization.failures = None, 0
        organization.polls += 1
        return self._interval_s - (self._services.clock.monotonic() - began_at)

    async def _read(self, organization: PolledOrganization) -> int:
        """Read Sentry's lists once; returns the number of changes that were published."""
        services, slug, clock = self._services, organization.slug, self._services.clock
        call_context = CallContext(services.own, clock.time() + POLL_S, CallBudget(MAX_CALLS), Priority.JOB)
        reference = await services.organizations.find(call_context, slug)
        if reference is None:
            raise NotFound(f"The token of this server does not reach the organization '{slug}'")
        state = await services.store.get(slug)
        lists = SentryLists(services.client, reference, call_context)
        poll = OrganizationPoll(services.feed, clock, organization.silence, lists, state, clock.time())
        is_watching = organization.silence.mode is Mode.WATCHING
        published = await poll.run(reads_older=not is_watching or organization.polls % WATCHED_EVERY == 0)
        if clock.monotonic() >= organization.releases_from:
            published += await self._read_releases(organization, ReleasePoll(services.feed, lists, state, clock.time()))
        await services.store.put(slug, state)
        return published

    async def _read_releases(self, organization: PolledOrganization, poll: ReleasePoll) -> int:
        """Read the releases, unless Sentry refuses them to the token: changes of issues are found all the same."""
        try:
            return await poll.run()
        except ClientError as error:
            self._log.warning("releases are not polled", organization=organization.slug, reason=str(error))
            organization.releases_from = self._services.clock.monotonic() + REFUSAL_PAUSE_S
            return 0

    def _handle_failure(self, organization: PolledOrganization, problem: str, error: Exception) -> float:
        """Note why an organization was not polled; returns the seconds until the next time."""
        if problem != organization.problem:
            self._log.warning("polling paused", organization=organization.slug, reason=problem)
        organization.problem = problem
        organization.failures += 1
        self._outcomes["refused" if isinstance(error, ClientError) else "failed"] += 1
        if isinstance(error, ClientError):
            return max(self._interval_s, REFUSAL_PAUSE_S)
        retry_after_s = (error.retry_after or 0.0) if isinstance(error, RateLimited) else 0.0
        return max(retry_after_s, min(MAX_PAUSE_S, self._interval_s * 2.0 ** min(organization.failures, DOUBLINGS)))

    def _log_mode(self, organization: PolledOrganization, before: Mode) -> None:
        """Log that polling has taken over, or that webhooks have returned."""
        if organization.silence.mode is before:
            return
        is_polling = organization.silence.mode is Mode.POLLING
        message = "webhooks are silent; polling takes over" if is_polling else "webhooks are back"
        self._log.warning(message, organization=organization.slug)
