"""Drill: Sentry allows less than is wanted; half of the clients wait at a screen, the others work in the background."""

import asyncio
from http import HTTPStatus
from random import Random

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.keys import ROUTE, Keys
from dexter_graphql.drills.load import Client, LoadAnswer, group, share_of
from dexter_graphql.drills.report import Result, at_least, at_most, percent
from dexter_graphql.drills.site import Site, running
from dexter_graphql.sandbox import RateLimit

LIMIT = RateLimit(calls=10, window_s=1, concurrent=5)
LATENCY_MS = 100
THINK_S = (5.0, 25.0)
"""How long somebody at a screen looks at an answer: a hundred of them take two thirds of the limit, at most."""
REFUSED = "RATE_LIMITED"


async def run(form: Form) -> Result:
    """Load for so many seconds; what is under way then may end."""
    return await run_with(form, LIMIT, deadline_s=30.0)


async def run_with(form: Form, limit: RateLimit, *, deadline_s: float) -> Result:
    """The drill with another limit and another deadline."""
    keys, told = Keys(), Outcomes()
    async with running(seed=form.seed, issues=40, latency_ms=LATENCY_MS, limit=limit, deadline_s=deadline_s) as site:
        async with group(site.graphql) as front, group(site.graphql, {"X-Dexter-Priority": "background"}) as back:
            await keys.learn(front)
            site.sandbox.requests.clear()
            ends_at = asyncio.get_running_loop().time() + form.seconds
            lots = Random(form.seed)  # noqa: S311  # draws lots, hides nothing
            half = form.clients // 2
            await asyncio.gather(
                *(_reader(front, keys, told, lots, ends_at) for _ in range(half)),
                *(_worker(back, keys, told, ends_at) for _ in range(form.clients - half)),
            )
        return _judged(site, front, back, told, deadline_s)


class Outcomes:
    """How often a client was refused, and how often the time that it was told was true."""

    def __init__(self) -> None:
        self.comebacks = self.true = 0
        self.longest_s = 0.0


async def _reader(client: Client, keys: Keys, told: Outcomes, lots: Random, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(lots.uniform(0, 1))
    while loop.time() < ends_at:
        await _persistent(client, keys, told, ends_at)
        await asyncio.sleep(min(lots.uniform(*THINK_S), max(0.0, ends_at - loop.time())))


async def _worker(client: Client, keys: Keys, told: Outcomes, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < ends_at:
        answer = await _persistent(client, keys, told, ends_at)
        if answer.retry_after_s is not None:
            await asyncio.sleep(max(0.0, ends_at - loop.time()))


async def _persistent(client: Client, keys: Keys, told: Outcomes, ends_at: float) -> LoadAnswer:
    """Ask; who is refused comes back after the time that they were told, while the load goes on."""
    answer = await keys.unique(client)
    while answer.retry_after_s is not None and asyncio.get_running_loop().time() + answer.retry_after_s < ends_at:
        told.longest_s = max(told.longest_s, answer.retry_after_s)
        await asyncio.sleep(answer.retry_after_s)
        answer = await keys.unique(client)
        told.comebacks += 1
        told.true += answer.is_right
    return answer


def _judged(site: Site, front: Client, back: Client, told: Outcomes, deadline_s: float) -> Result:
    calls = site.sandbox.requests.select("GET", ROUTE)
    refused = sum(call.status == HTTPStatus.TOO_MANY_REQUESTS for call in calls)
    others = sum(one.tally.requests - one.tally.right - one.tally.codes[REFUSED] for one in (front, back))
    front_p95, back_median = share_of(front.tally.waits, 0.95), share_of(back.tally.waits, 0.5)
    worst = max(*front.tally.waits, *back.tally.waits)
    figures = {
        **front.tally.figures("interactive"),
        **back.tally.figures("background"),
        "interactive p95 wait, s": front_p95,
        "upstream calls": len(calls),
        "upstream calls that were refused": refused,
        "came back when told": told.comebacks,
        "answered then": told.true,
        "longest time told, s": told.longest_s,
    }
    promises = [
        at_most("Answers that are neither right nor RATE_LIMITED", others, 0),
        at_most("Upstream calls beyond the limit", percent(refused, len(calls)), 2, " %"),
        at_most("p95 wait at a screen, by the background's median", front_p95, back_median, " s"),
        at_most("Nobody waits longer than the deadline and a second", worst, deadline_s + 1, " s"),
        at_least("Who comes back after the told time is answered", percent(told.true, told.comebacks, 100), 90, " %"),
    ]
    return Result("limit", figures, promises)


DRILL = Drill("limit", "Sentry allows 10 calls per second and 5 at once; the clients want more.", run, Form(60, 200))
