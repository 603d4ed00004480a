"""Drill: a large number of distinct queries through a small cache, and the memory of the process meanwhile."""

import asyncio
import gc
import resource
from pathlib import Path

import aiohttp

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, load_client
from dexter_graphql.drills.queries import ROUTE, IssueQueries
from dexter_graphql.drills.report import DrillResult, at_most, percent
from dexter_graphql.drills.site import run_site
from dexter_graphql.sandbox import Fault, SandboxServer
from dexter_graphql.sentry.stages.cache import MEBIBYTE

CACHE_MIB = 4
"""Full after the first few thousand answers."""
REQUESTS_PER_SECOND = 1000
"""Requests for each of the profile's seconds, however long they take."""
ROUNDS = 10
WARM_UP_ROUNDS = 3
"""Rounds after which memory must not grow."""


async def run(profile: LoadProfile) -> DrillResult:
    """Send all requests in ten rounds and read the memory of this process after each."""
    queries, sizes = IssueQueries(), []
    requests = max(1, int(profile.seconds * REQUESTS_PER_SECOND / ROUNDS / profile.clients))
    async with (
        run_site(seed=profile.seed, issues=40, cache_mib=CACHE_MIB) as site,
        load_client(site.graphql_url) as client,
    ):
        await queries.record_expected(client)
        # One prepared answer for all queries keeps the cost of the sandbox small.
        page = await _read_page(site.sandbox)
        site.sandbox.faults.add(Fault(status=200, body=page, times=None, route=ROUTE))
        for _ in range(ROUNDS):
            await asyncio.gather(*(_run_client(client, queries, requests) for _ in range(profile.clients)))
            site.sandbox.requests.clear()
            gc.collect()
            sizes.append(resident_mib())
        stages = site.dexter.client.state()
    counters, baseline = client.counters, sizes[WARM_UP_ROUNDS - 1]
    growth = percent(sizes[-1] - baseline, baseline)
    figures = counters.figures() | {
        "MiB after each tenth": " ".join(f"{size:.0f}" for size in sizes),
        "growth after the third tenth, %": growth,
        **{f"stage {number}": line for number, line in enumerate(stages)},
    }
    checks = [
        at_most("Answers that are not right", counters.requests - counters.right, 0),
        at_most("Growth of the process's memory once the cache is full", growth, 5, " %"),
    ]
    return DrillResult("memory", figures, checks)


async def _run_client(client: LoadClient, queries: IssueQueries, requests: int) -> None:
    for _ in range(requests):
        await queries.ask_new(client)


async def _read_page(sandbox: SandboxServer) -> object:
    """The sandbox's first page of issues."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {sandbox.token}"}) as session:
        path = ROUTE.format(organization="acme")
        async with session.get(f"{sandbox.url}/api/0{path}", params={"query": "", "limit": "3"}) as response:
            return await response.json()


def resident_mib() -> float:
    """Resident memory of this process; 0 on systems without /proc."""
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.exists() else 0
    return pages * resource.getpagesize() / MEBIBYTE


DRILL = Drill("memory", "A large number of distinct queries through a small cache.", run, LoadProfile(200, 16))
