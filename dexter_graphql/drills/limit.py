"""Drill: load beyond Sentry's rate limit, half of it interactive and half in the background."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from random import Random

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, LoadResponse, load_client, quantile
from dexter_graphql.drills.queries import ROUTE, IssueQueries
from dexter_graphql.drills.report import DrillResult, at_least, at_most, percent
from dexter_graphql.drills.site import Site, run_site
from dexter_graphql.sandbox import RateLimit

LIMIT = RateLimit(calls=10, window_s=1, concurrent=5)
LATENCY_MS = 100
PAUSE_S = (5.0, 25.0)
"""Pause between the queries of an interactive client: a hundred of them use at most two thirds of the limit."""
FULL_S = 30.0
"""Shorter runs have too few waits for a 95th percentile; they compare the medians."""
RATE_LIMITED = "RATE_LIMITED"
BACKGROUND = {"X-Dexter-Priority": "background"}


@dataclass(slots=True)
class RetryOutcomes:
    """Retries after `retryAfterSeconds`: how many, how many were answered, and the longest time."""

    retries: int = 0
    answered: int = 0
    longest_s: float = 0.0


async def run(profile: LoadProfile) -> DrillResult:
    """Load for the profile's seconds; requests in flight at the end complete."""
    return await run_with(profile, LIMIT, deadline_s=30.0)


async def run_with(profile: LoadProfile, limit: RateLimit, *, deadline_s: float) -> DrillResult:
    """The drill with another rate limit and another deadline."""
    queries, outcomes = IssueQueries(), RetryOutcomes()
    async with run_site(
        seed=profile.seed, issues=40, latency_ms=LATENCY_MS, limit=limit, deadline_s=deadline_s
    ) as site:
        async with load_client(site.graphql_url) as front, load_client(site.graphql_url, BACKGROUND) as back:
            await queries.record_expected(front)
            site.sandbox.requests.clear()
            ends_at = asyncio.get_running_loop().time() + profile.seconds
            random, half = Random(profile.seed), profile.clients // 2
            await asyncio.gather(
                *(_run_interactive(front, queries, outcomes, random, ends_at) for _ in range(half)),
                *(_run_background(back, queries, outcomes, ends_at) for _ in range(profile.clients - half)),
            )
        front_quantile = 0.95 if profile.seconds >= FULL_S else 0.5
        return _report(site, front, back, outcomes, deadline_s=deadline_s, front_quantile=front_quantile)


async def _run_interactive(
    client: LoadClient, queries: IssueQueries, outcomes: RetryOutcomes, random: Random, ends_at: float
) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(random.uniform(0, 1))
    while loop.time() < ends_at:
        await _query_with_retries(client, queries, outcomes, ends_at)
        await asyncio.sleep(min(random.uniform(*PAUSE_S), max(0.0, ends_at - loop.time())))


async def _run_background(client: LoadClient, queries: IssueQueries, outcomes: RetryOutcomes, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < ends_at:
        response = await _query_with_retries(client, queries, outcomes, ends_at)
        if response.retry_after_s is not None:
            await asyncio.sleep(max(0.0, ends_at - loop.time()))


async def _query_with_retries(
    client: LoadClient, queries: IssueQueries, outcomes: RetryOutcomes, ends_at: float
) -> LoadResponse:
    """Send a query; retry it after each `retryAfterSeconds` that ends before the load does."""
    response = await queries.ask_new(client)
    while response.retry_after_s is not None and asyncio.get_running_loop().time() + response.retry_after_s < ends_at:
        outcomes.longest_s = max(outcomes.longest_s, response.retry_after_s)
        await asyncio.sleep(response.retry_after_s)
        response = await queries.ask_new(client)
        outcomes.retries += 1
        outcomes.answered += response.is_right
    return response


def _report(
    site: Site,
    front: LoadClient,
    back: LoadClient,
    outcomes: RetryOutcomes,
    *,
    deadline_s: float,
    front_quantile: float,
) -> DrillResult:
    calls = site.sandbox.requests.select("GET", ROUTE)
    refused = sum(call.status == HTTPStatus.TOO_MANY_REQUESTS for call in calls)
    all_counters = (front.counters, back.counters)
    others = sum(counters.requests - counters.right - counters.codes[RATE_LIMITED] for counters in all_counters)
    front_wait, back_median = quantile(front.counters.waits, front_quantile), quantile(back.counters.waits, 0.5)
    front_text = f"p{round(front_quantile * 100)} of interactive waits"
    longest = max(*front.counters.waits, *back.counters.waits)
    answered = percent(outcomes.answered, outcomes.retries, 100)
    figures = {
        **front.counters.figures("interactive"),
        **back.counters.figures("background"),
        f"{front_text}, s": front_wait,
        "upstream calls": len(calls),
        "upstream calls with 429": refused,
        "retries after retryAfterSeconds": outcomes.retries,
        "retries that were answered": outcomes.answered,
        "longest retryAfterSeconds": outcomes.longest_s,
    }
    checks = [
        at_most("Answers that are neither right nor RATE_LIMITED", others, 0),
        at_most("Upstream calls beyond the limit", percent(refused, len(calls)), 2, " %"),
        at_most(f"{front_text}, against the median of background waits", front_wait, back_median, " s"),
        at_most("Longest wait, against the deadline and one second", longest, deadline_s + 1, " s"),
        at_least("Retries after retryAfterSeconds that are answered", answered, 90, " %"),
    ]
    return DrillResult("limit", figures, checks)


DRILL = Drill("limit", "Load beyond Sentry's limit of 10 calls per second and 5 at once.", run, LoadProfile(60, 200))
