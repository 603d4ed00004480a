"""Drill: clients hang up in the middle of their requests, again and again, and nothing of them stays."""

import asyncio
from dataclasses import dataclass
from random import Random

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.keys import Keys
from dexter_graphql.drills.load import Client, group
from dexter_graphql.drills.report import Promise, Result, at_least, at_most
from dexter_graphql.drills.site import Site, running
from dexter_graphql.sandbox import RateLimit

LIMIT = RateLimit(calls=50, window_s=1, concurrent=10)
LATENCY_MS = 100
HANG_UP_S = (0.0, 0.4)
STAYS = 0.1
"""Part of the clients' requests that they wait for."""
SETTLE_S = 15.0
ANY = 1_000_000
"""More tasks than there can be."""
STAGES = ("<SingleFlight", "<Limiter", "<Transport")


@dataclass(frozen=True, slots=True)
class Rest:
    """Tasks of the process, and what the stages that hold things say of themselves."""

    tasks: int
    held: list[str]


async def run(form: Form) -> Result:
    """Requests for so many seconds, of which most are given up; then a look at what is left."""
    keys = Keys()
    async with running(seed=form.seed, issues=40, latency_ms=LATENCY_MS, limit=LIMIT, deadline_s=10.0) as site:
        async with group(site.graphql) as client:
            await keys.learn(client)
        before = await _rest(site, ANY)
        async with group(site.graphql) as client:
            ends_at = asyncio.get_running_loop().time() + form.seconds
            lots = [Random(form.seed + number) for number in range(form.clients)]  # noqa: S311  # draws lots, hides nothing
            given_up = sum(await asyncio.gather(*(_fickle(client, keys, one, ends_at) for one in lots)))
            tally = client.tally
        after = await _rest(site, before.tasks)
        async with group(site.graphql) as client:
            is_right = (await keys.unique(client)).is_right
    figures = tally.figures() | {
        "given up": given_up,
        "tasks before": before.tasks,
        "tasks after": after.tasks,
        "held after": " ".join(after.held),
    }
    promises = [
        at_least("Requests that were given up", given_up, form.clients),
        at_most("Tasks that stay", after.tasks - before.tasks, 0),
        Promise("No call, permit, place in a queue or connection stays", after.held == before.held, after.held[-1]),
        Promise("The next question is answered", is_right, "right" if is_right else "wrong"),
    ]
    return Result("cancellations", figures, promises)


async def _fickle(client: Client, keys: Keys, lots: Random, ends_at: float) -> int:
    """How many requests one client gave up."""
    given_up, loop = 0, asyncio.get_running_loop()
    while loop.time() < ends_at:
        patience_s = None if lots.random() < STAYS else lots.uniform(*HANG_UP_S)
        try:
            async with asyncio.timeout(patience_s):
                await keys.unique(client)
        except TimeoutError:
            given_up += 1
    return given_up


async def _rest(site: Site, tasks: int) -> Rest:
    """What is left when so many tasks are left, or after a while."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLE_S
    while True:
        await asyncio.sleep(0.25)
        # Idle connections of the clients are closed by now, and with them their tasks.
        count = len(asyncio.all_tasks())
        held = [line for line in site.dexter.client.state() if any(stage in line for stage in STAGES)]
        if loop.time() >= until or (count <= tasks and "<Transport 0" in held[-1]):
            return Rest(count, held)


DRILL = Drill("cancellations", "Clients hang up in the middle of their requests.", run, Form(20, 100))
