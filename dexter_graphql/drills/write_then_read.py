"""Drill: issues are resolved through one replica and read through the other, while both have them cached."""

import asyncio
import time
from typing import Any

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, load_client
from dexter_graphql.drills.replicas import run_replicas
from dexter_graphql.drills.report import DrillResult, at_least, at_most

LIST = """query { organization(slug: "acme") {
  issues(filter: { status: UNRESOLVED, isAssigned: true }, first: 100) { nodes { id status } }
  all: issues(first: 100, sort: NEW) { nodes { id status } }
} }"""
MUTATIONS = {"RESOLVED": "resolveIssues", "UNRESOLVED": "unresolveIssues"}
BOUND_MS = 250.0
"""How long the other replica may serve the old status while Redis is available."""
MIN_MS = 0.1
"""Delay of a read that began right after the write and returned the old status."""
READERS = 8


async def run(profile: LoadProfile) -> DrillResult:
    """Resolve and unresolve the newest issues in turn, while other clients read them through both replicas."""
    async with (
        run_replicas(profile.seed) as replicas,
        load_client(replicas.graphql_urls[0]) as writer,
        load_client(replicas.graphql_urls[1]) as reader,
    ):
        tasks = [asyncio.create_task(_read_forever(client)) for client in (writer, reader) for _ in range(READERS)]
        delays_ms, relapses = await _write_and_read(writer, reader, profile)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return DrillResult(
            "write_then_read",
            {
                "writes": len(delays_ms),
                "concurrent reads": writer.counters.requests + reader.counters.requests,
                "longest delay, ms": max(delays_ms, default=0.0),
            },
            [
                at_least("Writes", len(delays_ms), 1),
                at_most(
                    "Latest start of a read of the other replica that returns the old status, after the write",
                    max(delays_ms, default=0.0),
                    BOUND_MS,
                    " ms",
                ),
                at_most("Reads that return the old status after the new one", relapses, 0),
            ],
        )


async def _write_and_read(writer: LoadClient, reader: LoadClient, profile: LoadProfile) -> tuple[list[float], int]:
    """Milliseconds until the reader got each new status, and how often the old status came back."""
    delays_ms: list[float] = []
    relapses = 0
    ends_at = time.monotonic() + profile.seconds
    statuses = await _read_statuses(writer)
    while time.monotonic() < ends_at:
        issue = list(statuses)[len(delays_ms) % profile.clients]
        status = "UNRESOLVED" if statuses[issue] == "RESOLVED" else "RESOLVED"
        await _write(writer, MUTATIONS[status], issue)
        delay_ms, has_relapsed = await _wait_for_status(reader, issue, status)
        relapses += has_relapsed
        delays_ms.append(delay_ms)
        statuses[issue] = status
    return delays_ms, relapses


async def _wait_for_status(client: LoadClient, issue: str, status: str) -> tuple[float, bool]:
    """Start of the last read with the old status, in ms after the write; and whether the old status came back."""
    written_at, last_ms = time.monotonic(), 0.0
    while True:
        started_ms = 1000 * (time.monotonic() - written_at)
        if (await _read_statuses(client)).get(issue) == status or started_ms > 10 * BOUND_MS:
            break
        last_ms = max(started_ms, MIN_MS)
    later = [(await _read_statuses(client)).get(issue) for _ in range(3)]
    return last_ms, any(value != status for value in later)


async def _read_statuses(client: LoadClient) -> dict[str, str]:
    issues: dict[str, Any] = {}
    await client.query(LIST, lambda data: bool(issues.update(data["organization"]["all"]) or True))
    return {node["id"]: node["status"] for node in issues.get("nodes", ())}


async def _write(client: LoadClient, mutation: str, issue: str) -> None:
    document = f"mutation ($ids: [ID!]!) {{ {mutation}(input: {{ issues: {{ ids: $ids }} }}) {{ unmatched }} }}"
    await client.query(document, lambda data: data[mutation]["unmatched"] == [], variables={"ids": [issue]})


async def _read_forever(client: LoadClient) -> None:
    while True:
        await _read_statuses(client)
        await asyncio.sleep(0.02)


DRILL = Drill(
    "write_then_read",
    "Issues are resolved through one replica and read through the other.",
    run,
    LoadProfile(20, 20),
)
