"""Drill: many clients ask the same uncached question in the same moment."""

import asyncio
from collections import Counter

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.load import group
from dexter_graphql.drills.report import Figures, Promise, Result, at_least, at_most
from dexter_graphql.drills.site import Site, running

LATENCY_MS = 50
QUERY = """{ organization(slug: "acme") {
  teams(first: 5) { nodes { slug } }
  project(slug: "web") { name issues(first: 5) { nodes { shortId title } } }
  issues(first: 5, sort: FREQUENCY) { nodes { shortId title } }
} }"""


async def run(form: Form) -> Result:
    """One client alone, for comparison; then all of them at once, at a server that knows nothing."""
    async with running(seed=form.seed, latency_ms=LATENCY_MS) as site:
        _, alone = await _ask(site, 1)
    async with running(seed=form.seed, latency_ms=LATENCY_MS) as site:
        figures, together = await _ask(site, form.clients)
    by_call = Counter(together)
    return Result(
        "stampede",
        figures | {"upstream calls": len(together), "upstream calls of one client": len(alone)},
        [
            at_least("Every client gets the right answer", figures["right answers"], form.clients),
            at_most("Each upstream call is made once", max(by_call.values()), 1),
            Promise(
                "No call that one client alone does not make",
                set(together) == set(alone),
                f"{len(set(together) - set(alone))} more",
            ),
        ],
    )


async def _ask(site: Site, clients: int) -> tuple[Figures, list[str]]:
    answered: list[object] = []

    def is_right(data: object) -> bool:
        answered.append(data)
        return bool(data) and data == answered[0]

    async with group(site.graphql) as client:
        site.sandbox.requests.clear()
        await asyncio.gather(*(client.ask(QUERY, is_right) for _ in range(clients)))
        calls = site.sandbox.requests.lines()
        return client.tally.figures(), calls


DRILL = Drill("stampede", "Many clients ask the same uncached question in the same moment.", run, Form(0, 64))
