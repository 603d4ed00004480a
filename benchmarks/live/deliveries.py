"""Webhooks at full rate to two servers, while servers and Redis are killed: each change is delivered exactly once."""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import aiohttp
import msgspec

from benchmarks.live.judging import ACCEPTED, Judgement, judge
from benchmarks.live.processes import SandboxProcess, Server, dexter_server, run_sandbox, run_server
from benchmarks.live.readers import ResumingReader
from benchmarks.live.values import percentile
from benchmarks.processes import BenchmarkError
from dexter_graphql.drills.replicas import RedisServer

PHASES = 4
REDIS_AWAY_S = 0.5
SETTLE_S = 20.0
"""Time without any new item after which the rest counts as lost."""
POLL_S = 0.05
POLLING = {"DEXTER_POLL_SECONDS": "5"}
"""How often the poller looks for what was refused."""


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """Number of webhooks, their rate (None for the highest), subscribers, and connections of the sender."""

    webhooks: int = 50_000
    per_second: float | None = None
    subscribers: int = 8
    lanes: int = 16
    recovery_s: float = 60.0
    """Time that the poller gets to find what was refused."""


class DeliveryResult(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes at the sender, and what arrived."""

    outcomes: dict[str, int]
    judgement: Judgement
    gaps: int
    errors: list[str]
    """Errors that subscribers got."""
    logged: list[str]
    """The first lines that the servers logged, which are errors."""
    connections: int
    """Connections of all subscribers; each has one more than it lost."""
    per_second: float
    """Accepted webhooks per second in the last phase, in which nothing fails."""
    answer_p50_ms: float
    answer_p99_ms: float
    answer_max_ms: float
    """Times until webhooks were answered in that phase."""
    fault_p99_ms: float
    fault_max_ms: float
    """The same in the phases with faults."""
    last_delivery_ms: float
    """Time from the last answer to a webhook until the last subscriber had everything."""
    cpu_us: float
    """CPU time of both servers per webhook and subscriber in that phase, in microseconds."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """Two servers, the Redis server between them, the sandbox and the subscribers."""

    servers: tuple[Server, Server]
    redis: RedisServer
    sandbox: SandboxProcess
    readers: Sequence[ResumingReader]


async def measure_deliveries(options: DeliveryOptions) -> DeliveryResult:
    """Send the webhooks in four phases: a server is killed, Redis is killed, both are killed, nothing fails."""
    async with run_replicas(options) as replicas:
        await _wait_for_readers(replicas)
        await replicas.sandbox.control("POST", "webhooks/reset")
        urls = [f"{server.url}/webhooks/sentry" for server in replicas.servers]
        await replicas.sandbox.control("POST", "webhooks", urls=urls, lanes=options.lanes)
        for fault in (_kill_server, _kill_redis, _kill_both):
            await _run_phase(replicas, options, fault)
        before = len(await replicas.sandbox.control("GET", "webhooks/outcomes"))
        cpu_before = sum(server.cpu_s() for server in replicas.servers)
        await _run_phase(replicas, options, None)
        sent = await replicas.sandbox.control("GET", "webhooks/outcomes")
        accepted = {subject for _, _, subject, outcome, _, _ in sent if outcome == ACCEPTED}
        if not accepted:
            raise BenchmarkError("no webhook was accepted")
        await _wait_for_items(replicas, accepted, SETTLE_S)
        cpu_s = sum(server.cpu_s() for server in replicas.servers) - cpu_before
        delivered_at = max(reader.last_at for reader in replicas.readers)
        if options.recovery_s:
            await _wait_for_items(replicas, {subject for _, _, subject, *_ in sent}, options.recovery_s)
        result = _summarize(replicas, sent[:before], sent[before:], cpu_s)
        last_answer_at = max(at + took for *_, at, took in sent)
        return msgspec.structs.replace(result, last_delivery_ms=1000 * (delivered_at - last_answer_at))


def _summarize(replicas: Replicas, first: list[Any], last: list[Any], cpu_s: float) -> DeliveryResult:
    """The result, of the webhooks in the phases with faults and in the last phase."""
    outcomes = {subject: outcome for _, _, subject, outcome, _, _ in (*first, *last)}
    readers = replicas.readers
    seconds, fault_seconds = ([took for *_, outcome, _, took in sent if outcome == ACCEPTED] for sent in (last, first))
    first_at, last_at = last[0][4], max(at + took for *_, at, took in last)
    return DeliveryResult(
        outcomes=Counter(outcomes.values()),
        judgement=judge(outcomes, [reader.items for reader in readers]),
        gaps=sum(len(reader.gaps) for reader in readers),
        errors=sorted({error for reader in readers for error in reader.errors})[:5],
        logged=[line for server in replicas.servers for line in server.logged()][:20],
        connections=sum(reader.connections for reader in readers),
        per_second=len(seconds) / (last_at - first_at),
        answer_p50_ms=1000 * percentile(seconds, 50),
        answer_p99_ms=1000 * percentile(seconds, 99),
        answer_max_ms=1000 * max(seconds),
        fault_p99_ms=1000 * percentile(fault_seconds, 99),
        fault_max_ms=1000 * max(fault_seconds),
        last_delivery_ms=0.0,
        cpu_us=1e6 * cpu_s / (len(seconds) * len(readers)),
    )


@asynccontextmanager
async def run_replicas(options: DeliveryOptions) -> AsyncIterator[Replicas]:
    """Two servers over a persistent Redis server and a sandbox, with subscribers, until the block ends."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        redis = RedisServer(folder, is_persistent=True)
        stack.push_async_callback(redis.kill)
        await redis.start()
        sandbox = await stack.enter_async_context(run_sandbox(session))
        first, second = (
            dexter_server(session, sandbox, REDIS_URL=redis.url, DEXTER_JOURNAL=f"{folder}/journal-{number}", **POLLING)
            for number in range(2)
        )
        await asyncio.gather(*(stack.enter_async_context(run_server(server)) for server in (first, second)))
        readers = [ResumingReader(_urls_of(number, first.url, second.url)) for number in range(options.subscribers)]
        tasks = [asyncio.create_task(reader.run()) for reader in readers]
        try:
            yield Replicas((first, second), redis, sandbox, readers)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _urls_of(number: int, first: str, second: str) -> tuple[str, ...]:
    """URLs of a subscriber: half of them stay at one server, the others change it with each connection."""
    home, other = (first, second) if number % 2 == 0 else (second, first)
    return (home,) if number % 4 < 2 else (home, other)  # noqa: PLR2004  # two of four


async def _wait_for_readers(replicas: Replicas) -> None:
    """Open issues until each subscriber has seen one, so that all streams have started."""
    async with asyncio.timeout(SETTLE_S):
        for server in cycle(replicas.servers):
            if all(reader.items for reader in replicas.readers):
                return
            await replicas.sandbox.control("POST", "webhooks", urls=[f"{server.url}/webhooks/sentry"])
            before = await _count_sent(replicas)
            await replicas.sandbox.control("POST", "changes", changes=1)
            await _wait_until_sent(replicas, before + 1)
            await asyncio.sleep(POLL_S)


async def _run_phase(replicas: Replicas, options: DeliveryOptions, fault: Any) -> None:
    """Send a share of the webhooks, with a fault after half of them."""
    share = options.webhooks // PHASES
    before = await _count_sent(replicas)
    await replicas.sandbox.control("POST", "changes", changes=share, perSecond=options.per_second)
    if fault is not None:
        await _wait_until_sent(replicas, before + share // 2)
        await fault(replicas)
    await _wait_until_sent(replicas, before + share)


async def _wait_until_sent(replicas: Replicas, number: int) -> None:
    """Wait until that many webhooks have an outcome."""
    while await _count_sent(replicas) < number:  # noqa: ASYNC110  # another process
        await asyncio.sleep(POLL_S)


async def _count_sent(replicas: Replicas) -> int:
    state = await replicas.sandbox.control("GET", "webhooks")
    return sum(state["outcomes"].values())


async def _kill_server(replicas: Replicas) -> None:
    await replicas.servers[0].kill()
    await replicas.servers[0].start()


async def _kill_redis(replicas: Replicas) -> None:
    await replicas.redis.kill()
    await asyncio.sleep(REDIS_AWAY_S)
    await replicas.redis.start()


async def _kill_both(replicas: Replicas) -> None:
    """Kill Redis, and then a server that holds what could not be written to Redis."""
    await replicas.redis.kill()
    await asyncio.sleep(REDIS_AWAY_S)
    await replicas.servers[1].kill()
    await replicas.redis.start()
    await replicas.servers[1].start()


async def _wait_for_items(replicas: Replicas, issues: set[str], patience_s: float) -> None:
    """Wait until every subscriber has all of these issues, or none has got an item for that time."""
    started = time.monotonic()
    while not all(_has_all(reader, issues) for reader in replicas.readers):
        await asyncio.sleep(POLL_S)
        if time.monotonic() - max(started, *(reader.last_at for reader in replicas.readers)) > patience_s:
            return


def _has_all(reader: ResumingReader, issues: set[str]) -> bool:
    return len(reader.items) >= len(issues) and issues <= {issue for _, issue in reader.items}
