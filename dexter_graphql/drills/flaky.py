"""Drill: one upstream call in five fails with a 502 page or a connection reset, and no cache helps."""

import asyncio
from random import Random

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, load_client
from dexter_graphql.drills.queries import ROUTE, IssueQueries
from dexter_graphql.drills.report import Check, DrillResult, at_most, percent
from dexter_graphql.drills.site import Site, run_site
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import html_page
from dexter_graphql.sentry.stages.retry import FLOOR_PER_S, SHARE

PAUSE_S = (0.3, 0.7)
FAILURE_RATE = 0.2
BURST_S = 5
"""Seconds of the retry budget's floor that a full budget holds."""


async def run(profile: LoadProfile) -> DrillResult:
    """Send distinct queries for the profile's seconds."""
    queries = IssueQueries()
    async with run_site(seed=profile.seed, issues=40) as site, load_client(site.graphql_url) as client:
        await queries.record_expected(client)
        site.sandbox.requests.clear()
        _inject_faults(site)
        ends_at = asyncio.get_running_loop().time() + profile.seconds
        randoms = [Random(profile.seed + number) for number in range(profile.clients)]
        await asyncio.gather(*(_run_client(client, queries, random, ends_at) for random in randoms))
        calls = site.sandbox.requests.select("GET", ROUTE)
    counters = client.counters
    budget = SHARE * counters.requests + FLOOR_PER_S * (profile.seconds + BURST_S)
    right = percent(counters.right, counters.requests)
    figures = counters.figures() | {
        "upstream calls": len(calls),
        "upstream calls that failed": sum(call.status != 200 for call in calls),  # noqa: PLR2004  # success
        "retries in extensions.dexter": counters.retries,
        "right answers, %": right,
    }
    is_reliable = counters.requests - counters.right <= max(1, counters.requests // 1000)
    checks = [
        Check("At most one read in a thousand fails", is_reliable, f"{right:.3f} %"),
        at_most("Upstream calls beyond one per read, against the retry budget", len(calls) - counters.requests, budget),
    ]
    return DrillResult("flaky", figures, checks)


def _inject_faults(site: Site) -> None:
    """Reset half of the failing calls and answer the other half with a 502 page."""
    reset = FAILURE_RATE / 2
    site.sandbox.faults.add(Fault(kind="reset", times=None, probability=reset, route=ROUTE))
    # The second fault applies only to calls that the first left alone.
    site.sandbox.faults.add(html_page(), times=None, probability=reset / (1 - reset), route=ROUTE)


async def _run_client(client: LoadClient, queries: IssueQueries, random: Random, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < ends_at:
        await queries.ask_new(client)
        await asyncio.sleep(random.uniform(*PAUSE_S))


DRILL = Drill("flaky", "One upstream call in five fails with a 502 or a reset.", run, LoadProfile(60, 24))
