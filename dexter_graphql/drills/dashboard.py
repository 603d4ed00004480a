"""Drill: many tabs refresh the same panels over ranges that end now, each tab at a different time."""

import asyncio
from random import Random
from typing import Any

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, load_client, quantile
from dexter_graphql.drills.report import DrillResult, at_most
from dexter_graphql.drills.site import run_site

REFRESH_S = 30.0
PANELS = 20
MAX_CALLS_RATIO = 1.2
"""Largest allowed number of upstream calls, relative to those of one tab."""
QUERY = """query Panel($range: TimeRange!) { organization(slug: "acme") {
  usage(groupBy: [CATEGORY], range: $range) { groups { category total } }
} }"""
CategoriesByPanel = dict[int, set[str]]


async def run(profile: LoadProfile) -> DrillResult:
    """Refresh all tabs for the profile's seconds; each panel charts usage over a different number of hours."""
    categories: CategoriesByPanel = {}
    async with run_site(seed=profile.seed, issues=40) as site, load_client(site.graphql_url) as client:
        await _refresh(client, categories)
        client.counters.reset()
        site.sandbox.requests.clear()
        ends_at = asyncio.get_running_loop().time() + profile.seconds
        random = Random(profile.seed)
        delays_s = [random.uniform(0, min(REFRESH_S, profile.seconds / 2)) for _ in range(profile.clients)]
        await asyncio.gather(*(_run_tab(client, categories, delay_s, ends_at) for delay_s in delays_s))
        calls = len(site.sandbox.requests)
    counters, minutes = client.counters, max(1.0, profile.seconds / 60)
    figures = counters.figures() | {
        "panels": PANELS,
        "upstream calls": calls,
        "upstream calls per minute": calls / minutes,
        "p99 of an answer, s": quantile(counters.waits, 0.99),
    }
    checks = [
        at_most("Answers that are not right", counters.requests - counters.right, 0),
        at_most("Upstream calls per minute", calls / minutes, MAX_CALLS_RATIO * PANELS * 60 / REFRESH_S),
    ]
    return DrillResult("dashboard", figures, checks)


async def _run_tab(client: LoadClient, categories: CategoriesByPanel, delay_s: float, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    next_at = loop.time() + delay_s
    while next_at < ends_at:
        await asyncio.sleep(next_at - loop.time())
        await _refresh(client, categories)
        next_at += REFRESH_S


async def _refresh(client: LoadClient, categories: CategoriesByPanel) -> None:
    await asyncio.gather(*(_query_panel(client, number, categories) for number in range(PANELS)))


async def _query_panel(client: LoadClient, number: int, categories: CategoriesByPanel) -> None:
    """Query one panel; the categories of its first answer are the expected ones of all later answers."""

    def is_right(data: Any) -> bool:
        groups = data["organization"]["usage"]["groups"] if data else []
        names = {group["category"] for group in groups}
        has_values = bool(names) and all(int(group["total"]) > 0 for group in groups)
        return has_values and names == categories.setdefault(number, names)

    await client.query(QUERY, is_right, variables={"range": {"last": f"{24 + number}h"}})


DRILL = Drill("dashboard", "Many tabs refresh the same panels, each at a different time.", run, LoadProfile(60, 300))
