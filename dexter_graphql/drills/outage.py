"""Drill: Sentry is gone for a while in the middle of load, and all that is kept is older than its lifetime."""

import asyncio
from dataclasses import dataclass
from random import Random

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.keys import ROUTE, Keys
from dexter_graphql.drills.load import Client, LoadCounters, busiest_second, group
from dexter_graphql.drills.report import Result, at_least, at_most, percent
from dexter_graphql.drills.site import Site, running
from dexter_graphql.sandbox import Fault
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.stages.cache import POLICIES, CachePolicy

LIFE = CachePolicy(max_age=2.0, stale_while_revalidate=2.0, stale_if_error=3600.0)
KEPT = dict(POLICIES) | dict.fromkeys((Lifetime.VOLATILE, Lifetime.STABLE), LIFE)
QUESTIONS = 24
THINK_S = (0.1, 0.9)
STEADY_S = 12.0
"""Load before the outage, of which the second half is the measure, and after it; less in smaller forms."""
RECOVERY_S = 5.0


async def run(form: Form) -> Result:
    """Steady load, an outage of so many seconds, steady load again."""
    keys = Keys()
    async with running(seed=form.seed, issues=40, policies=KEPT) as site, group(site.graphql) as client:
        await keys.learn(client)
        clients = [asyncio.create_task(_reader(client, keys, Random(form.seed + n))) for n in range(form.clients)]  # noqa: S311  # draws lots, hides nothing
        try:
            phases = await _phases(site, client, form.seconds)
        finally:
            for one in clients:
                one.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
        return _judged(site, phases)


async def _reader(client: Client, keys: Keys, lots: Random) -> None:
    while True:
        await keys.known(client, f"k{lots.randrange(QUESTIONS)}")
        await asyncio.sleep(lots.uniform(*THINK_S))


@dataclass(frozen=True, slots=True)
class Phases:
    """What was counted while the last answers grew old, then until Sentry was back, then; and when that was."""

    aging: LoadCounters
    down: LoadCounters
    after: LoadCounters
    steady_s: float
    down_at: float
    back_at: float


async def _phases(site: Site, client: Client, seconds: float) -> Phases:
    clock, faults = site.sandbox.world.clock, site.sandbox.faults
    steady_s = min(STEADY_S, max(2 * RECOVERY_S - 2, seconds))

    def counted_anew() -> LoadCounters:
        client.tally = LoadCounters()
        return client.tally

    await clock.sleep(steady_s)
    aging, down_at = counted_anew(), clock.time()
    faults.add(Fault(kind="reset", times=None, probability=0.5))
    faults.add(Fault(status=503, body="<html>Service Unavailable</html>", times=None))
    await clock.sleep(LIFE.max_age + LIFE.stale_while_revalidate)
    down = counted_anew()
    await clock.sleep(max(0.0, seconds - LIFE.max_age - LIFE.stale_while_revalidate))
    faults.clear()
    after, back_at = counted_anew(), clock.time()
    await clock.sleep(steady_s)
    return Phases(aging, down, after, steady_s, down_at, back_at)


def _judged(site: Site, phases: Phases) -> Result:
    aging, during, after = phases.aging, phases.down, phases.after
    down_at, back_at, half_s = phases.down_at, phases.back_at, phases.steady_s / 2
    calls = site.sandbox.requests.select("GET", ROUTE)
    before = [call.at for call in calls if down_at - half_s <= call.at < down_at]
    steady, busiest = len(before) / half_s, busiest_second(before)
    peak = busiest_second([call.at for call in calls if call.at >= back_at])
    firsts: dict[str, float] = {}
    for call in calls:
        if call.at >= back_at and call.status == 200:  # noqa: PLR2004  # a success
            firsts.setdefault(call.line, call.at - back_at)
    # A question that nobody asked again by the end has not recovered.
    recovered_s = max(firsts.values()) if len(firsts) >= QUESTIONS else phases.steady_s
    down = aging.requests + during.requests
    figures = {
        **during.figures("down:"),
        "down: upstream calls": sum(down_at <= call.at < back_at for call in calls),
        **after.figures("back:"),
        "back: all questions fresh after, s": recovered_s,
        "steady upstream calls per second": steady,
        "busiest second before, upstream calls": busiest,
        "busiest second after, upstream calls": peak,
    }
    promises = [
        at_least(
            "Reads of seen data that are answered while Sentry is gone",
            percent(aging.right + during.right, down),
            99,
            " %",
        ),
        at_most("Answers past their lifetime that are not marked", during.right - during.stale, 0),
        at_most("All is fresh again after Sentry is back", recovered_s, RECOVERY_S, " s"),
        at_most("No thundering herd: busiest second after by busiest before", peak / max(busiest, 1), 2, " times"),
        at_least("Reads that are answered when it is back", percent(after.right, after.requests), 99, " %"),
    ]
    if phases.steady_s >= STEADY_S:
        # A smaller form sees too few calls for its busiest second to be held against a mean.
        promises.append(at_most("No thundering herd: busiest second after by steady load", peak / max(steady, 1.0), 2))
    return Result("outage", figures, promises)


DRILL = Drill("outage", "Sentry is gone for a while; what is kept is older than its lifetime.", run, Form(30, 64))
