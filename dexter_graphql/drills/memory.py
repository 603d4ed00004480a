"""Drill: very many questions that are all different, so that everything which is kept is kept for nothing."""

import asyncio
import gc
import resource
from pathlib import Path

import aiohttp

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.keys import ROUTE, Keys
from dexter_graphql.drills.load import Client, group
from dexter_graphql.drills.report import Result, at_most, percent
from dexter_graphql.drills.site import running
from dexter_graphql.sandbox import Fault, SandboxServer
from dexter_graphql.sentry.stages.cache import MEBIBYTE

CACHE_MIB = 4
"""Small, so that it is full after the first few thousand answers."""
PER_SECOND = 1000
"""Requests of the full form per second of its `seconds`: its size counts requests, whatever time they take."""
ROUNDS = 10
WARM = 3
"""Rounds after which nothing may grow."""


async def run(form: Form) -> Result:
    """A thousand requests for each of so many seconds, and the memory of this process after each tenth of them."""
    keys, sizes = Keys(), []
    each = max(1, int(form.seconds * PER_SECOND / ROUNDS / form.clients))
    async with running(seed=form.seed, issues=40, cache_mib=CACHE_MIB) as site, group(site.graphql) as client:
        await keys.learn(client)
        # The same answer for all, at once: it is not the sandbox that is measured.
        page = await _page(site.sandbox)
        site.sandbox.faults.add(Fault(status=200, body=page, times=None, route=ROUTE))
        for _ in range(ROUNDS):
            await asyncio.gather(*(_asks(client, keys, each) for _ in range(form.clients)))
            site.sandbox.requests.clear()
            gc.collect()
            sizes.append(resident_mib())
        held = site.dexter.client.state()
    tally, growth = client.tally, percent(sizes[-1] - sizes[WARM - 1], sizes[WARM - 1])
    figures = tally.figures() | {
        "MiB after each tenth": " ".join(f"{size:.0f}" for size in sizes),
        "growth after the third tenth, %": growth,
        **{f"after: {number}": line for number, line in enumerate(held)},
    }
    promises = [
        at_most("Answers that are not right", tally.requests - tally.right, 0),
        at_most("Growth of the process's memory, once the cache is full", growth, 5, " %"),
    ]
    return Result("memory", figures, promises)


async def _asks(client: Client, keys: Keys, times: int) -> None:
    for _ in range(times):
        await keys.unique(client)


async def _page(sandbox: SandboxServer) -> object:
    """The first issues, as the sandbox tells them."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {sandbox.token}"}) as session:
        path = ROUTE.format(organization="acme")
        async with session.get(f"{sandbox.url}/api/0{path}", params={"query": "", "limit": "3"}) as response:
            return await response.json()


def resident_mib() -> float:
    """Memory of this process that is in use; 0 where nobody tells."""
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.exists() else 0
    return pages * resource.getpagesize() / MEBIBYTE


DRILL = Drill("memory", "Very many questions that are all different.", run, Form(200, 16))
