"""Drill: Redis is killed and restarted while two replicas are under load."""

import asyncio
import time
from functools import partial
from random import Random
from typing import Any

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.load import LoadClient, load_client
from dexter_graphql.drills.replicas import run_replicas
from dexter_graphql.drills.report import DrillResult, at_least, at_most

QUERY = 'query ($n: Int!) { organization(slug: "acme") { issues(first: $n) { nodes { id } } } }'
QUERIES = 40


async def run(profile: LoadProfile) -> DrillResult:
    """Load for a third of the time with Redis, a third without it, and a third with a new, empty one."""
    random = Random(profile.seed)
    async with (
        run_replicas(profile.seed) as replicas,
        load_client(replicas.graphql_urls[0]) as first,
        load_client(replicas.graphql_urls[1]) as second,
    ):
        ends_at = time.monotonic() + profile.seconds
        tasks = [
            asyncio.create_task(_run_client(client, ends_at, random.randrange(QUERIES)))
            for client in (first, second)
            for _ in range(profile.clients // 2)
        ]
        await asyncio.sleep(profile.seconds / 3)
        await replicas.redis.kill()
        await asyncio.sleep(profile.seconds / 3)
        await replicas.redis.start()
        await asyncio.gather(*tasks)
        requests = first.counters.requests + second.counters.requests
        right = first.counters.right + second.counters.right
        return DrillResult(
            "redis",
            {
                **first.counters.figures("first replica:"),
                **second.counters.figures("second replica:"),
                "upstream calls": len(replicas.sandbox.requests),
            },
            [
                at_least("Requests to both replicas", requests, profile.clients),
                at_most("Requests that fail or have a wrong answer", requests - right, 0),
            ],
        )


async def _run_client(client: LoadClient, ends_at: float, number: int) -> None:
    while time.monotonic() < ends_at:
        number = (number + 1) % QUERIES
        size = number + 1
        await client.query(QUERY, partial(_has_issues, size), variables={"n": size})


def _has_issues(count: int, data: Any) -> bool:
    return len(data["organization"]["issues"]["nodes"]) == count


DRILL = Drill("redis", "Redis is killed and restarted while two replicas are under load.", run, LoadProfile(30, 32))
