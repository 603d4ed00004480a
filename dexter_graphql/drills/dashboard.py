"""Drill: many open tabs refresh the same panels over ranges that end now, each tab at its own moment."""

import asyncio
from random import Random
from typing import Any

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.load import Client, group, share_of
from dexter_graphql.drills.report import Result, at_most
from dexter_graphql.drills.site import running

REFRESH_S = 30.0
PANELS = 20
SHARE = 1.2
"""How many calls there may be for each that would do."""
QUERY = """query Panel($range: TimeRange!) { organization(slug: "acme") {
  usage(groupBy: [CATEGORY], range: $range) { groups { category total } }
} }"""
Kinds = dict[int, set[str]]


async def run(form: Form) -> Result:
    """All tabs for so many seconds; a panel is a chart of usage over its own number of hours."""
    kinds: Kinds = {}
    async with running(seed=form.seed, issues=40) as site, group(site.graphql) as client:
        await asyncio.gather(*(_panel(client, number, kinds) for number in range(PANELS)))
        client.tally.forget()
        site.sandbox.requests.clear()
        ends_at = asyncio.get_running_loop().time() + form.seconds
        lots = Random(form.seed)  # noqa: S311  # draws lots, hides nothing
        starts = [lots.uniform(0, min(REFRESH_S, form.seconds / 2)) for _ in range(form.clients)]
        await asyncio.gather(*(_tab(client, kinds, start, ends_at) for start in starts))
        calls = len(site.sandbox.requests)
    tally, minutes = client.tally, max(1.0, form.seconds / 60)
    figures = tally.figures() | {
        "panels": PANELS,
        "upstream calls": calls,
        "upstream calls per minute": calls / minutes,
        "p99 of an answer, s": share_of(tally.waits, 0.99),
    }
    promises = [
        at_most("Answers that are not right", tally.requests - tally.right, 0),
        at_most("Upstream calls per minute", calls / minutes, SHARE * PANELS * 60 / REFRESH_S),
    ]
    return Result("dashboard", figures, promises)


async def _tab(client: Client, kinds: Kinds, start_s: float, ends_at: float) -> None:
    loop = asyncio.get_running_loop()
    next_at = loop.time() + start_s
    while next_at < ends_at:
        await asyncio.sleep(next_at - loop.time())
        await asyncio.gather(*(_panel(client, number, kinds) for number in range(PANELS)))
        next_at += REFRESH_S


async def _panel(client: Client, number: int, kinds: Kinds) -> None:
    """One chart; its first answer says which groups are right."""

    def is_right(data: Any) -> bool:
        groups = data["organization"]["usage"]["groups"] if data else []
        found = {one["category"] for one in groups}
        return bool(found) and all(int(one["total"]) > 0 for one in groups) and found == kinds.setdefault(number, found)

    await client.ask(QUERY, is_right, variables={"range": {"last": f"{24 + number}h"}})


DRILL = Drill("dashboard", "Many tabs refresh the same panels, each at its own moment.", run, Form(60, 300))
