"""Drill: clients disconnect in the middle of requests, and the server releases all resources."""

import asyncio
from dataclasses import dataclass
from random import Random

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, load_client
from dexter_graphql.drills.queries import IssueQueries
from dexter_graphql.drills.report import Check, DrillResult, at_least, at_most
from dexter_graphql.drills.site import Site, run_site
from dexter_graphql.sandbox import RateLimit

LIMIT = RateLimit(calls=50, window_s=1, concurrent=10)
LATENCY_MS = 100
DISCONNECT_AFTER_S = (0.0, 0.4)
COMPLETED_SHARE = 0.1
"""Share of the requests that clients wait for."""
SETTLE_S = 15.0
STAGES = ("<SingleFlight", "<Limiter", "<Transport")
"""State lines of the stages that hold calls, permits and connections."""


@dataclass(frozen=True, slots=True)
class IdleState:
    """Number of tasks in the process, and the state lines of the stages that hold resources."""

    tasks: int
    stages: list[str]


async def run(profile: LoadProfile) -> DrillResult:
    """Abandon most requests for the profile's seconds, then compare the server's state with the one before."""
    queries = IssueQueries()
    async with run_site(seed=profile.seed, issues=40, latency_ms=LATENCY_MS, limit=LIMIT, deadline_s=10.0) as site:
        async with load_client(site.graphql_url) as client:
            await queries.record_expected(client)
        before = await _wait_until_idle(site, None)
        async with load_client(site.graphql_url) as client:
            abandoned = await _abandon_requests(client, queries, profile)
            counters = client.counters
        after = await _wait_until_idle(site, before.tasks)
        async with load_client(site.graphql_url) as client:
            is_right = (await queries.ask_new(client)).is_right
    figures = counters.figures() | {
        "abandoned requests": abandoned,
        "tasks before": before.tasks,
        "tasks after": after.tasks,
        "stages after": " ".join(after.stages),
    }
    checks = [
        at_least("Abandoned requests", abandoned, profile.clients),
        at_most("Tasks that remain", after.tasks - before.tasks, 0),
        Check("No call, permit, queue entry or connection remains", after.stages == before.stages, after.stages[-1]),
        Check("The next query is answered", is_right, "right" if is_right else "wrong"),
    ]
    return DrillResult("cancellations", figures, checks)


async def _abandon_requests(client: LoadClient, queries: IssueQueries, profile: LoadProfile) -> int:
    """Run all clients; returns how many requests they abandoned."""
    ends_at = asyncio.get_running_loop().time() + profile.seconds
    randoms = [Random(profile.seed + number) for number in range(profile.clients)]
    return sum(await asyncio.gather(*(_run_client(client, queries, random, ends_at) for random in randoms)))


async def _run_client(client: LoadClient, queries: IssueQueries, random: Random, ends_at: float) -> int:
    abandoned, loop = 0, asyncio.get_running_loop()
    while loop.time() < ends_at:
        timeout_s = None if random.random() < COMPLETED_SHARE else random.uniform(*DISCONNECT_AFTER_S)
        try:
            async with asyncio.timeout(timeout_s):
                await queries.ask_new(client)
        except TimeoutError:
            abandoned += 1
    return abandoned


async def _wait_until_idle(site: Site, tasks: int | None) -> IdleState:
    """The state once no connection to Sentry is open and at most `tasks` tasks remain, or after `SETTLE_S`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_S
    while True:
        # By the end of the pause the clients' idle connections are closed, and their tasks have ended.
        await asyncio.sleep(0.25)
        count = len(asyncio.all_tasks())
        stages = [line for line in site.dexter.client.state() if any(stage in line for stage in STAGES)]
        is_idle = (tasks is None or count <= tasks) and "<Transport 0" in stages[-1]
        if is_idle or loop.time() >= deadline:
            return IdleState(count, stages)


DRILL = Drill("cancellations", "Clients disconnect in the middle of requests.", run, LoadProfile(20, 100))
