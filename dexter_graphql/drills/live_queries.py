"""Drill: many clients watch the same live query while issues are resolved."""

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.live_client import LiveClient, Subscription
from dexter_graphql.drills.report import DrillResult, at_most
from dexter_graphql.drills.site import Site, run_site
from dexter_graphql.sandbox.issue_editor import IssueEditor
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sandbox.world import World

DOCUMENT = """query @live { organization(slug: "acme") {
  issues(first: 100, filter: { status: UNRESOLVED }) { nodes { sentryId title status } } } }"""
SLOW_S = 2.0
"""How long an issue may stay on screen after it was resolved."""
PATIENCE_S = 15.0
POLL_S = 0.005
ROUND_S = 1.5
"""Time for one change."""
SETTLE_S = 6.0
"""Time after the last change, in which a second refresh would come."""


class Watcher:
    """The newest answer of one client, as the issues in it."""

    def __init__(self) -> None:
        self.issues: frozenset[str] | None = None
        self.answers = 0

    def receive(self, payload: bytes) -> None:
        """Take an answer."""
        nodes = msgspec.json.decode(payload)["data"]["organization"]["issues"]["nodes"]
        self.issues = frozenset(node["sentryId"] for node in nodes)
        self.answers += 1


async def run(profile: LoadProfile) -> DrillResult:
    """Resolve issues, one after the other, and wait each time until they have left the answers of all clients."""
    watchers = [Watcher() for _ in range(profile.clients)]
    async with run_site(
        seed=profile.seed,
        issues=60,
        sends_webhooks=True,
        max_streams_per_caller=profile.clients,
        max_sockets_per_caller=profile.clients,
    ) as site:
        clients = [LiveClient(Subscription(DOCUMENT), watcher.receive) for watcher in watchers]
        try:
            address = urlsplit(site.url)
            await asyncio.gather(*(client.connect(address.hostname or "", address.port or 0) for client in clients))
            await _wait_until(lambda: all(watcher.issues is not None for watcher in watchers))
            before = len(site.sandbox.requests)
            times = [await _resolve_one(site, watchers) for _ in range(max(1, round(profile.seconds / ROUND_S)))]
            await asyncio.sleep(SETTLE_S if profile.seconds > SETTLE_S else 0)
            calls = [request.path for request in list(site.sandbox.requests)[before:]]
        finally:
            for client in clients:
                client.abort()
    return DrillResult(
        "live_queries",
        {
            "watchers": profile.clients,
            "changes": len(times),
            "answers": sum(watcher.answers for watcher in watchers),
            "upstream calls": len(calls),
            "slowest change, s": max(times),
        },
        [
            at_most("Time until the last client has the new list", max(times), SLOW_S, " s"),
            at_most("Upstream calls for all clients together", len(calls), len(times)),
        ],
    )


async def _resolve_one(site: Site, watchers: list[Watcher]) -> float:
    """Resolve an issue that every client shows; returns the seconds until none shows it."""
    issue_id = min(frozenset.intersection(*(watcher.issues or frozenset() for watcher in watchers)))
    started = time.monotonic()
    _resolve(site.sandbox.world, issue_id)
    await _wait_until(lambda: all(issue_id not in (watcher.issues or ()) for watcher in watchers))
    took_s = time.monotonic() - started
    await asyncio.sleep(max(0.0, ROUND_S - took_s))
    return took_s


def _resolve(world: World, issue_id: str) -> None:
    organization = world.organizations[0]
    IssueEditor(world, organization, world.users[0]).resolve(organization.issues[issue_id], Resolution())


async def _wait_until(is_done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_done():  # noqa: ASYNC110  # answers of many clients
            await asyncio.sleep(POLL_S)


DRILL = Drill("live_queries", "Many clients watch the same live query.", run, LoadProfile(15, 100))
