"""Drill: an issue is resolved through one replica and listed through the other, with everything known before."""

import asyncio
import time
from typing import Any

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.load import Client, group
from dexter_graphql.drills.replicas import replicated
from dexter_graphql.drills.report import Result, at_least, at_most

LIST = """query { organization(slug: "acme") {
  issues(filter: { is: [UNRESOLVED, ASSIGNED] }, first: 100) { nodes { id status } }
  all: issues(first: 100, sort: NEW) { nodes { id status } }
} }"""
WRITE = {
    "RESOLVED": "resolveIssues",
    "UNRESOLVED": "unresolveIssues",
}
BOUND_MS = 250.0
"""How long the other replica may give the old status while Redis is there; documented as a moment."""
MIN_MS = 0.1
"""Of a read that began right after the write and saw the old status."""
READERS = 8


async def run(form: Form) -> Result:
    """Resolve and open the newest issues in turn, while others read them through both replicas all the time."""
    async with replicated(form.seed) as replicas, group(replicas.graphs[0]) as one, group(replicas.graphs[1]) as other:
        reading = [asyncio.create_task(_read_on(client)) for client in (one, other) for _ in range(READERS)]
        delays, relapses, writes = [0.0], 0, 0
        until = time.monotonic() + form.seconds
        statuses = await _statuses(one)
        while time.monotonic() < until:
            issue = list(statuses)[writes % form.clients]
            wanted = "UNRESOLVED" if statuses[issue] == "RESOLVED" else "RESOLVED"
            await _write(one, WRITE[wanted], issue)
            delay_ms, relapsed = await _seen(other, issue, wanted)
            writes, relapses = writes + 1, relapses + relapsed
            delays.append(delay_ms)
            statuses[issue] = wanted
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        return Result(
            "write_then_read",
            {
                "writes": writes,
                "reads meanwhile": one.tally.requests + other.tally.requests,
                "worst delay, ms": max(delays),
            },
            [
                at_least("Something was written", writes, 1),
                at_most(
                    "No read of the other replica sees the old status that begins later after a write than",
                    max(delays),
                    BOUND_MS,
                    " ms",
                ),
                at_most("The old status never comes back", relapses, 0),
            ],
        )


async def _seen(client: Client, issue: str, wanted: str) -> tuple[float, bool]:
    """When the last read began that saw the old status, in ms after the write; and whether it was seen once more."""
    written, last_ms = time.monotonic(), 0.0
    while True:
        began_ms = 1000 * (time.monotonic() - written)
        if (await _statuses(client)).get(issue) == wanted or began_ms > 10 * BOUND_MS:
            break
        last_ms = max(began_ms, MIN_MS)
    again = [(await _statuses(client)).get(issue) for _ in range(3)]
    return last_ms, any(status != wanted for status in again)


async def _statuses(client: Client) -> dict[str, str]:
    found: dict[str, Any] = {}
    await client.ask(LIST, lambda data: bool(found.update(data["organization"]["all"]) or True))
    return {node["id"]: node["status"] for node in found.get("nodes", ())}


async def _write(client: Client, mutation: str, issue: str) -> None:
    document = f"mutation ($ids: [ID!]!) {{ {mutation}(input: {{ issues: {{ ids: $ids }} }}) {{ unmatched }} }}"
    await client.ask(document, lambda data: data[mutation]["unmatched"] == [], variables={"ids": [issue]})


async def _read_on(client: Client) -> None:
    while True:
        await _statuses(client)
        await asyncio.sleep(0.02)


DRILL = Drill(
    "write_then_read", "An issue is resolved through one replica and listed through the other.", run, Form(20, 20)
)
