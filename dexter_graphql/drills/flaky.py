"""Drill: one call in five fails, with a proxy's page or a broken connection; no cache helps."""

import asyncio
from random import Random

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.keys import ROUTE, Keys
from dexter_graphql.drills.load import Client, group
from dexter_graphql.drills.report import Promise, Result, at_most, percent
from dexter_graphql.drills.site import running
from dexter_graphql.sandbox import Fault
from dexter_graphql.sandbox.faults import html_page
from dexter_graphql.sentry.stages.retry import FLOOR_PER_S, SHARE

THINK_S = (0.3, 0.7)
FAILING = 0.2
SAVED = 5
"""Seconds of the floor that the budget of retries holds when it is full."""


async def run(form: Form) -> Result:
    """Load for so many seconds, all with different questions."""
    keys = Keys()
    async with running(seed=form.seed, issues=40) as site, group(site.graphql) as client:
        await keys.learn(client)
        site.sandbox.requests.clear()
        half = FAILING / 2
        site.sandbox.faults.add(Fault(kind="reset", times=None, probability=half, route=ROUTE))
        site.sandbox.faults.add(html_page(), times=None, probability=half / (1 - half), route=ROUTE)
        ends_at = asyncio.get_running_loop().time() + form.seconds
        lots = [Random(form.seed + number) for number in range(form.clients)]  # noqa: S311  # draws lots, hides nothing
        await asyncio.gather(*(_reader(client, keys, one, ends_at) for one in lots))
        calls = site.sandbox.requests.select("GET", ROUTE)
    tally = client.tally
    failed = sum(call.status != 200 for call in calls)  # noqa: PLR2004  # a success
    budget = SHARE * tally.requests + FLOOR_PER_S * (form.seconds + SAVED)
    right = percent(tally.right, tally.requests)
    figures = tally.figures() | {
        "upstream calls": len(calls),
        "upstream calls that failed": failed,
        "retries told": tally.retries,
        "right answers, %": right,
    }
    is_most = tally.requests - tally.right <= max(1, tally.requests // 1000)
    promises = [
        Promise("All but one read in a thousand succeed", is_most, f"{right:.3f} %"),
        at_most("Calls beyond the first of each read, by the budget of retries", len(calls) - tally.requests, budget),
    ]
    return Result("flaky", figures, promises)


async def _reader(client: Client, keys: Keys, lots: Random, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < ends_at:
        await keys.unique(client)
        await asyncio.sleep(lots.uniform(*THINK_S))


DRILL = Drill("flaky", "One call in five fails, with a 502 or a reset.", run, Form(60, 24))
