"""Drill: webhooks are cut, the poller takes over, and webhooks return."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.live_client import LiveClient, Subscription
from dexter_graphql.drills.report import Check, DrillResult, at_most
from dexter_graphql.drills.site import Site, run_site

DOCUMENT = """subscription {
  issueChanged(organization: { slug: "acme" }) { gap { missed } change { kind origin issue { sentryId } } } }"""
CHANGES = 3
"""Changes before webhooks are cut, meanwhile, and after they have returned."""
SLACK_S = 2.0
"""Time beyond one interval until a change must have arrived."""
POLL_S = 0.005


class Follower:
    """Number and last origin of the items of each issue, for one client."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.origins: dict[str, str] = {}
        self.gaps = 0

    def receive(self, payload: bytes) -> None:
        """Take an item."""
        item = msgspec.json.decode(payload)["data"]["issueChanged"]
        if item["change"] is None:
            self.gaps += 1
            return
        issue_id = item["change"]["issue"]["sentryId"]
        self.counts[issue_id] += 1
        self.origins[issue_id] = item["change"]["origin"]


async def run(profile: LoadProfile) -> DrillResult:
    """Cut and restore webhooks. The seconds of the profile are the interval of the poller."""
    followers = [Follower() for _ in range(profile.clients)]
    async with run_site(
        seed=profile.seed,
        issues=40,
        sends_webhooks=True,
        poll_s=profile.seconds,
        max_streams_per_caller=profile.clients,
        max_sockets_per_caller=profile.clients,
    ) as site:
        clients = [LiveClient(Subscription(DOCUMENT), follower.receive) for follower in followers]
        try:
            address = urlsplit(site.url)
            await asyncio.gather(*(client.connect(address.hostname or "", address.port or 0) for client in clients))
            await _start_streams(site, followers)
            times = {"WEBHOOK": list[float](), "POLL": list[float]()}
            for is_cut in (False, True, False):
                site.sandbox.webhooks.is_cut = is_cut
                for _ in range(CHANGES):
                    took_s, origin = await _open_issue(site, followers, profile)
                    times[origin].append(took_s)
            # A poll that repeats what webhooks have said would come now.
            await asyncio.sleep(2 * profile.seconds)
        finally:
            for client in clients:
                client.abort()
    repeated = sum(count - 1 for follower in followers for count in follower.counts.values())
    gaps = sum(follower.gaps for follower in followers)
    return DrillResult(
        "takeover",
        {
            "clients": profile.clients,
            "changes by webhook": len(times["WEBHOOK"]),
            "changes by polling": len(times["POLL"]),
            "slowest by polling, s": max(times["POLL"], default=0.0),
        },
        [
            Check(
                "Changes while webhooks are cut come from polling",
                len(times["POLL"]) == CHANGES,
                f"{len(times['POLL'])} of {CHANGES}",
            ),
            at_most("Time until such a change", max(times["POLL"], default=0.0), profile.seconds + SLACK_S, " s"),
            at_most("Changes that arrived twice", repeated, 0),
            at_most("Gaps", gaps, 0),
        ],
    )


async def _start_streams(site: Site, followers: list[Follower]) -> None:
    """Open issues until every client has seen one."""
    async with asyncio.timeout(10 * SLACK_S):
        while not all(follower.counts for follower in followers):
            site.sandbox.simulation.add_issue()
            await asyncio.sleep(10 * POLL_S)


async def _open_issue(site: Site, followers: list[Follower], profile: LoadProfile) -> tuple[float, str]:
    """Open an issue; returns the seconds until all clients have it, and its origin."""
    started = time.monotonic()
    issue_id = site.sandbox.simulation.add_issue().id
    await _wait_until(lambda: all(issue_id in follower.origins for follower in followers), profile.seconds)
    return time.monotonic() - started, followers[0].origins[issue_id]


async def _wait_until(is_done: Callable[[], bool], interval_s: float) -> None:
    async with asyncio.timeout(3 * interval_s + 10 * SLACK_S):
        while not is_done():  # noqa: ASYNC110  # items of many clients
            await asyncio.sleep(POLL_S)


DRILL = Drill("takeover", "Webhooks are cut and restored.", run, LoadProfile(10, 8))
