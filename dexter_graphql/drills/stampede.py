"""Drill: many clients send the same uncached query at the same time."""

import asyncio
from collections import Counter

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import load_client
from dexter_graphql.drills.report import Check, DrillResult, Figures, at_least, at_most
from dexter_graphql.drills.site import Site, run_site

LATENCY_MS = 50
QUERY = """{ organization(slug: "acme") {
  teams(first: 5) { nodes { slug } }
  project(slug: "web") { name issues(first: 5) { nodes { shortId title } } }
  issues(first: 5, sort: FREQUENCY) { nodes { shortId title } }
} }"""


async def run(profile: LoadProfile) -> DrillResult:
    """Query with one client as the baseline, then with all clients at once; both servers have empty caches."""
    async with run_site(seed=profile.seed, latency_ms=LATENCY_MS) as site:
        _, baseline = await _query_at_once(site, 1)
    async with run_site(seed=profile.seed, latency_ms=LATENCY_MS) as site:
        figures, calls = await _query_at_once(site, profile.clients)
    extra = set(calls) - set(baseline)
    return DrillResult(
        "stampede",
        figures | {"upstream calls": len(calls), "upstream calls of one client": len(baseline)},
        [
            at_least("Clients with the right answer", figures["right answers"], profile.clients),
            at_most("Times that an upstream call is made", max(Counter(calls).values()), 1),
            Check("The same upstream calls as for one client", set(calls) == set(baseline), f"{len(extra)} more"),
        ],
    )


async def _query_at_once(site: Site, clients: int) -> tuple[Figures, list[str]]:
    """Figures of the clients, and the upstream calls."""
    answers: list[object] = []

    def is_right(data: object) -> bool:
        answers.append(data)
        return bool(data) and data == answers[0]

    async with load_client(site.graphql_url) as client:
        site.sandbox.requests.clear()
        await asyncio.gather(*(client.query(QUERY, is_right) for _ in range(clients)))
        return client.counters.figures(), site.sandbox.requests.lines()


DRILL = Drill("stampede", "Many clients send the same uncached query at the same time.", run, LoadProfile(0, 64))
