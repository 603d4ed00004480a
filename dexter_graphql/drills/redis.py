"""Drill: Redis is killed and started again while two replicas are under load."""

import asyncio
import time
from functools import partial
from random import Random
from typing import Any

from dexter_graphql.drills.form import Drill, Form
from dexter_graphql.drills.load import Client, group
from dexter_graphql.drills.replicas import replicated
from dexter_graphql.drills.report import Result, at_least, at_most

QUERY = 'query ($n: Int!) { organization(slug: "acme") { issues(first: $n) { nodes { id } } } }'
QUESTIONS = 40


async def run(form: Form) -> Result:
    """A third of the time with Redis, a third without, a third with a new and empty one."""
    random = Random(form.seed)  # noqa: S311  # the same lots each time
    async with replicated(form.seed) as replicas, group(replicas.graphs[0]) as one, group(replicas.graphs[1]) as other:
        until = time.monotonic() + form.seconds
        asking = [
            asyncio.create_task(_ask(client, until, random.randrange(QUESTIONS)))
            for client in (one, other)
            for _ in range(form.clients // 2)
        ]
        await asyncio.sleep(form.seconds / 3)
        await replicas.redis.kill()
        await asyncio.sleep(form.seconds / 3)
        await replicas.redis.start()
        await asyncio.gather(*asking)
        figures = one.tally.figures("one") | other.tally.figures("other")
        requests = one.tally.requests + other.tally.requests
        right = one.tally.right + other.tally.right
        return Result(
            "redis",
            figures | {"upstream calls": len(replicas.sandbox.requests)},
            [
                at_least("Both replicas answer all the time", requests, form.clients),
                at_most("No request fails or is answered wrongly", requests - right, 0),
            ],
        )


async def _ask(client: Client, until: float, first: int) -> None:
    number = first
    while time.monotonic() < until:
        number += 1
        wanted = 1 + number % QUESTIONS
        await client.ask(QUERY, partial(_has, wanted), variables={"n": wanted})


def _has(count: int, data: Any) -> bool:
    return len(data["organization"]["issues"]["nodes"]) == count


DRILL = Drill("redis", "Redis is killed and started again while two replicas are under load.", run, Form(30, 32))
