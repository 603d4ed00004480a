"""Drill: subscribers connect and vanish at every moment, and the server releases everything."""

import asyncio
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

from dexter_graphql.drills.drill import Drill, LoadProfile
from dexter_graphql.drills.live_client import LiveClient, Subscription
from dexter_graphql.drills.report import Check, DrillResult, at_least, at_most
from dexter_graphql.drills.site import Site, run_site
from dexter_graphql.telemetry.metrics import Metrics

DOCUMENT = """subscription {
  issueChanged(organization: { slug: "acme" }) { position change { issue { sentryId title } } } }"""
AT_ONCE = 50
CHANGES_PER_SECOND = 200.0
STUCK_SHARE = 0.2
"""Share of the clients that stop reading before they vanish."""
STAY_S = 0.3
"""Longest stay of the clients that vanish after a time, some of them before they are connected."""
MAX_ITEMS = 5
"""Most items that the other clients receive before they vanish."""
PATIENCE_S = 20.0
"""Longest stay of those."""
SETTLE_S = 10.0
HELD = ("dexter_streams", "dexter_http_connections", "dexter_shareable_executions", "dexter_request_bytes_in_flight")
"""Metrics of what a connection holds."""


@dataclass(frozen=True, slots=True)
class HeldState:
    """Number of tasks in the process, and the metrics of what connections hold."""

    tasks: int
    metrics: dict[str, float]


async def run(profile: LoadProfile) -> DrillResult:
    """Let all clients come and go while issues change, then compare the server's state with the one before."""
    random, permits, received = Random(profile.seed), asyncio.Semaphore(AT_ONCE), list[int]()
    async with run_site(
        seed=profile.seed,
        issues=40,
        sends_webhooks=True,
        max_streams_per_caller=AT_ONCE * 20,
        max_sockets_per_caller=AT_ONCE * 20,
    ) as site:
        # The sandbox keeps its connection for webhooks, and an organization that was followed is polled for a while.
        await _run_client(site, Random(0), permits, [])
        site.sandbox.simulation.add_issue()
        await site.sandbox.webhooks.drain()
        before = await _wait_until_released(site, None)
        site.sandbox.app.burst.start(1_000_000, CHANGES_PER_SECOND)
        clients = [_run_client(site, Random(random.random()), permits, received) for _ in range(profile.clients)]
        await asyncio.gather(*clients)
        await site.sandbox.app.burst.stop()
        await site.sandbox.webhooks.drain()
        after = await _wait_until_released(site, before)
    figures = {"clients": profile.clients, "items received": sum(received), "tasks after": after.tasks} | after.metrics
    checks = [
        at_least("Items received before clients vanished", sum(received), profile.clients / 10),
        at_most("Tasks that remain", after.tasks - before.tasks, 0),
        Check("No stream, socket or connection remains", after.metrics == before.metrics, str(after.metrics)),
    ]
    return DrillResult("drops", figures, checks)


async def _run_client(site: Site, random: Random, permits: asyncio.Semaphore, received: list[int]) -> None:
    """Connect, and vanish after some items, or after a time: also before the server has answered anything."""
    address, items, is_satisfied = urlsplit(site.url), list[bytes](), asyncio.Event()
    max_items, stay_s = random.choice([(None, random.uniform(0.0, STAY_S)), (random.randint(1, MAX_ITEMS), PATIENCE_S)])

    def receive(item: bytes) -> None:
        items.append(item)
        if len(items) == max_items:
            is_satisfied.set()

    client = LiveClient(Subscription(DOCUMENT), receive)
    async with permits:
        try:
            async with asyncio.timeout(stay_s):
                await client.connect(address.hostname or "", address.port or 0)
                if max_items is None and random.random() < STUCK_SHARE:
                    client.pause()
                await is_satisfied.wait()
        except (OSError, TimeoutError):
            pass
        finally:
            client.abort()
    received.append(len(items))


async def _wait_until_released(site: Site, before: HeldState | None) -> HeldState:
    """The state once nothing more than before is held, or after `SETTLE_S`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_S
    while True:
        await asyncio.sleep(0.1)
        state = HeldState(len(asyncio.all_tasks()), _held(site.dexter.metrics))
        is_released = before is None or (state.tasks <= before.tasks and state.metrics == before.metrics)
        if is_released or loop.time() >= deadline:
            return state


def _held(metrics: Metrics) -> dict[str, float]:
    samples = (line.rpartition(" ") for line in metrics.text().decode().splitlines())
    return {name: float(value) for name, _, value in samples if name in HELD}


DRILL = Drill("drops", "Subscribers connect and vanish.", run, LoadProfile(0, 1000))
