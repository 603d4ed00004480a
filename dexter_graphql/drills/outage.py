"""Drill: Sentry is unavailable under load while all cached answers are past their lifetime."""

import asyncio
from dataclasses import dataclass
from random import Random

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, LoadCounters, load_client, peak_per_second
from dexter_graphql.drills.queries import ROUTE, IssueQueries
from dexter_graphql.drills.report import Check, DrillResult, Figures, at_least, at_most, percent
from dexter_graphql.drills.site import Site, run_site
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy

POLICY = CachePolicy(max_age=2.0, stale_while_revalidate=2.0, stale_if_error=3600.0)
DRILL_POLICIES = dict(POLICIES) | dict.fromkeys((Lifetime.VOLATILE, Lifetime.STABLE), POLICY)
QUERIES = 24
PAUSE_S = (0.1, 0.9)
STEADY_S = 12.0
"""Load before and after the outage; the second half of the load before is the baseline. Smaller profiles have less."""
RECOVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Phases:
    """Counters while cached answers age, during the rest of the outage and after it; and the times of the outage."""

    aging: LoadCounters
    down: LoadCounters
    after: LoadCounters
    steady_s: float
    down_at: float
    back_at: float


@dataclass(frozen=True, slots=True)
class UpstreamLoad:
    """Calls per second before the outage, peaks before and after it, and seconds until all queries are fresh again."""

    steady: float
    peak_before: int
    peak_after: int
    recovered_s: float
    calls_down: int


async def run(profile: LoadProfile) -> DrillResult:
    """Steady load, an outage of the profile's seconds, steady load again."""
    queries = IssueQueries()
    async with run_site(seed=profile.seed, issues=40, policies=DRILL_POLICIES) as site:
        async with load_client(site.graphql_url) as client:
            await queries.record_expected(client)
            randoms = [Random(profile.seed + number) for number in range(profile.clients)]
            tasks = [asyncio.create_task(_run_client(client, queries, random)) for random in randoms]
            try:
                phases = await _run_phases(site, client, profile.seconds)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        upstream = _measure_upstream(site, phases)
    return DrillResult("outage", _figures(phases, upstream), _checks(phases, upstream))


async def _run_client(client: LoadClient, queries: IssueQueries, random: Random) -> None:
    while True:
        await queries.ask(client, f"k{random.randrange(QUERIES)}")
        await asyncio.sleep(random.uniform(*PAUSE_S))


async def _run_phases(site: Site, client: LoadClient, seconds: float) -> Phases:
    clock, faults = site.sandbox.world.clock, site.sandbox.faults
    steady_s = min(STEADY_S, max(2 * RECOVERY_S - 2, seconds))

    def replace_counters() -> LoadCounters:
        client.counters = LoadCounters()
        return client.counters

    await clock.sleep(steady_s)
    aging, down_at = replace_counters(), clock.time()
    faults.add(Fault(kind="reset", times=None, probability=0.5))
    faults.add(Fault(status=503, body="<html>Service Unavailable</html>", times=None))
    await clock.sleep(POLICY.max_age + POLICY.stale_while_revalidate)
    down = replace_counters()
    await clock.sleep(max(0.0, seconds - POLICY.max_age - POLICY.stale_while_revalidate))
    faults.clear()
    after, back_at = replace_counters(), clock.time()
    await clock.sleep(steady_s)
    return Phases(aging, down, after, steady_s, down_at, back_at)


def _measure_upstream(site: Site, phases: Phases) -> UpstreamLoad:
    calls = site.sandbox.requests.select("GET", ROUTE)
    half_s = phases.steady_s / 2
    before = [call.at for call in calls if phases.down_at - half_s <= call.at < phases.down_at]
    after = [call for call in calls if call.at >= phases.back_at]
    first_success: dict[str, float] = {}
    for call in after:
        if call.status == 200:  # noqa: PLR2004  # success
            first_success.setdefault(call.line, call.at - phases.back_at)
    # A query that was not sent again before the end has not recovered.
    has_recovered = len(first_success) >= QUERIES
    return UpstreamLoad(
        steady=len(before) / half_s,
        peak_before=peak_per_second(before),
        peak_after=peak_per_second([call.at for call in after]),
        recovered_s=max(first_success.values()) if has_recovered else phases.steady_s,
        calls_down=sum(phases.down_at <= call.at < phases.back_at for call in calls),
    )


def _figures(phases: Phases, upstream: UpstreamLoad) -> Figures:
    return {
        **phases.down.figures("down:"),
        "down: upstream calls": upstream.calls_down,
        **phases.after.figures("back:"),
        "back: all queries fresh after, s": upstream.recovered_s,
        "steady upstream calls per second": upstream.steady,
        "busiest second before, upstream calls": upstream.peak_before,
        "busiest second after, upstream calls": upstream.peak_after,
    }


def _checks(phases: Phases, upstream: UpstreamLoad) -> list[Check]:
    aging, down, after = phases.aging, phases.down, phases.after
    answered = percent(aging.right + down.right, aging.requests + down.requests)
    peak_ratio = upstream.peak_after / max(upstream.peak_before, 1)
    checks = [
        at_least("Reads that are answered from the cache during the outage", answered, 99, " %"),
        at_most("Answers past their lifetime without `stale`", down.right - down.stale, 0),
        at_most("Time until all answers are fresh again", upstream.recovered_s, RECOVERY_S, " s"),
        at_most("No thundering herd: busiest second after, relative to before", peak_ratio, 2, " times"),
        at_least("Reads that are answered after the outage", percent(after.right, after.requests), 99, " %"),
    ]
    if phases.steady_s >= STEADY_S:
        # Smaller profiles make too few calls to compare the busiest second with a mean.
        mean_ratio = upstream.peak_after / max(upstream.steady, 1.0)
        checks.append(at_most("No thundering herd: busiest second after, relative to the mean before", mean_ratio, 2))
    return checks


DRILL = Drill("outage", "Sentry is unavailable while cached answers are past their lifetime.", run, LoadProfile(30, 64))
