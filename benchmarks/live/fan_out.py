"""Many WebSocket subscribers of one server: time of the last delivery, memory, CPU time, answers to webhooks."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from urllib.parse import urlsplit

import aiohttp
import msgspec

from benchmarks.live.bare import ISSUE
from benchmarks.live.judging import ACCEPTED
from benchmarks.live.processes import SandboxProcess, Server, dexter_server, run_sandbox, run_server
from benchmarks.live.readers import DOCUMENT, StreamAnswer
from benchmarks.live.values import percentile
from benchmarks.processes import BenchmarkError
from dexter_graphql.drills.live_client import LiveClient, Subscription

DOCUMENTS, CREDENTIALS = 200, 100
SOURCES = 8
"""Addresses of the loopback that clients connect from: each has some 28,000 ports."""
AT_ONCE = 200
"""Connections that are being opened at the same time."""
FIRST = 20
"""Subscribers that are connected before memory is measured, so that everything they share is there."""
PATIENCE_S = 60.0
POLL_S = 0.02
STEP_S = 10.0
"""Seconds of each rate."""
SLOW_S = 1.0
"""A rate at which the last subscriber waits longer than this at the 99th percentile is too high."""


@dataclass(frozen=True, slots=True)
class FanOutOptions:
    """Subscribers, and the rates of webhooks per second that are tried one after the other."""

    subscribers: int = 10_000
    rates: Sequence[float] = (1.0, 2.0, 3.0, 4.0, 6.0)
    step_s: float = STEP_S


class RateResult(msgspec.Struct, frozen=True, kw_only=True):
    """One rate of webhooks; times in milliseconds, from the sending of a webhook."""

    per_second: float
    items: int
    delivered: int
    """Messages; all subscribers together."""
    last_p50_ms: float
    last_p99_ms: float
    """Until the last subscriber has the item."""
    answer_p50_ms: float
    answer_p99_ms: float
    answer_max_ms: float
    cpu_us: float
    """CPU time of the server's process per message, everything included, in microseconds."""
    cpu_percent: float
    memory_kib: float
    """Memory per subscriber afterwards."""


class FanOutResult(msgspec.Struct, frozen=True, kw_only=True):
    """One server with one kind of subscribers."""

    subscribers: int
    connect_s: float
    idle_kib: float
    """Memory per subscriber before the first item."""
    rates: list[RateResult]
    message: str
    """A message as it was sent."""


@dataclass(slots=True)
class Arrivals:
    """Number and last time of the arrivals of each item."""

    counts: dict[str, int] = field(default_factory=dict)
    last_at: dict[str, float] = field(default_factory=dict)
    sample: bytes = b""

    def receive(self, payload: bytes) -> None:
        """Count a message."""
        answer = msgspec.json.decode(payload, type=StreamAnswer)
        if answer.data is None or answer.data.issue_changed.change is None:
            raise BenchmarkError(f"a subscriber received {payload[:300].decode()}")
        issue = answer.data.issue_changed.change.issue.sentry_id
        self.counts[issue] = self.counts.get(issue, 0) + 1
        self.last_at[issue] = time.monotonic()
        self.sample = payload


SubscriptionOf = Callable[[int], Subscription]
"""The subscription of the client with that number."""


@asynccontextmanager
async def run_kind(
    kind: str, message: str | None = None
) -> AsyncIterator[tuple[Server, SandboxProcess, SubscriptionOf]]:
    """A server for subscribers of this kind, its sandbox, and the subscriptions; `bare` sends that message."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        sandbox = await stack.enter_async_context(run_sandbox(session))
        settings, subscription_of = await KINDS[kind](sandbox)
        if message is None:
            server = dexter_server(session, sandbox, **settings)
        else:
            file = Path(stack.enter_context(TemporaryDirectory())) / "message.json"
            file.write_text(message)
            server = Server(("benchmarks.live.bare", "--message", str(file)), {}, session)
        await stack.enter_async_context(run_server(server))
        await sandbox.control("POST", "webhooks", urls=[f"{server.url}/webhooks/sentry"], lanes=8)
        yield server, sandbox, subscription_of


async def _same_document(_sandbox: SandboxProcess) -> tuple[dict[str, str], SubscriptionOf]:
    return {}, lambda _number: Subscription(DOCUMENT)


async def _distinct_documents(_sandbox: SandboxProcess) -> tuple[dict[str, str], SubscriptionOf]:
    documents = [DOCUMENT.replace("kind", f"kind{number}: kind") for number in range(DOCUMENTS)]
    return {}, lambda number: Subscription(documents[number % DOCUMENTS])


async def _credentials(sandbox: SandboxProcess) -> tuple[dict[str, str], SubscriptionOf]:
    tokens = await sandbox.control("POST", "tokens", tokens=CREDENTIALS)
    settings = {"DEXTER_MODE": "passthrough", "SENTRY_AUTH_TOKEN": ""}
    return settings, lambda number: Subscription(DOCUMENT, token=tokens[number % CREDENTIALS])


KINDS = MappingProxyType({"same": _same_document, "documents": _distinct_documents, "credentials": _credentials})


async def measure_fan_out(options: FanOutOptions, kind: str, message: str | None = None) -> FanOutResult:
    """Connect the subscribers, then send webhooks at each rate until one is too high."""
    async with run_kind(kind, message) as (server, sandbox, subscription_of):
        arrivals, clients = Arrivals(), list[LiveClient]()
        try:
            clients += await _connect(server, subscription_of, arrivals, range(FIRST))
            await _wait_for_all(sandbox, arrivals, FIRST)
            base_kib, started = server.memory_kib(), time.monotonic()
            clients += await _connect(server, subscription_of, arrivals, range(FIRST, options.subscribers))
            if message is None:
                await _wait_for_streams(server, options.subscribers)
            connect_s, idle_kib = time.monotonic() - started, server.memory_kib() - base_kib
            await _wait_for_all(sandbox, arrivals, options.subscribers)
            rates = []
            for rate in options.rates:
                result = await _measure_rate(server, sandbox, arrivals, options, rate)
                memory_kib = (server.memory_kib() - base_kib) / (options.subscribers - FIRST)
                rates.append(msgspec.structs.replace(result, memory_kib=memory_kib))
                if result.last_p99_ms > SLOW_S * 1000:
                    break
            ended = sum(client.ended.is_set() for client in clients)
            if ended or server.logged():
                raise BenchmarkError(f"{ended} subscribers were disconnected; logged: {server.logged()[:20]}")
        finally:
            for client in clients:
                client.abort()
    newest = next(reversed(arrivals.counts))
    return FanOutResult(
        subscribers=options.subscribers,
        connect_s=connect_s,
        idle_kib=idle_kib / (options.subscribers - FIRST),
        rates=rates,
        message='{"id":"1","type":"next","payload":' + arrivals.sample.decode().replace(newest, ISSUE) + "}",
    )


async def _connect(
    server: Server, subscription_of: SubscriptionOf, arrivals: Arrivals, numbers: range
) -> list[LiveClient]:
    address = urlsplit(server.url)
    permits = asyncio.Semaphore(AT_ONCE)

    async def connect(number: int) -> LiveClient:
        client = LiveClient(subscription_of(number), arrivals.receive)
        async with permits:
            await client.connect(address.hostname or "", address.port or 0, f"127.0.0.{2 + number % SOURCES}")
        return client

    return list(await asyncio.gather(*map(connect, numbers)))


async def _wait_for_streams(server: Server, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await server.metric("dexter_streams") < count:  # noqa: ASYNC110  # another process
            await asyncio.sleep(POLL_S)


async def _wait_for_all(sandbox: SandboxProcess, arrivals: Arrivals, count: int) -> None:
    """Open issues until one of them has reached that many subscribers."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            known = set(arrivals.counts)
            await sandbox.control("POST", "changes", changes=1)
            for _ in range(int(2 / POLL_S)):
                await asyncio.sleep(POLL_S)
                if any(number >= count for issue, number in arrivals.counts.items() if issue not in known):
                    return


async def _measure_rate(
    server: Server, sandbox: SandboxProcess, arrivals: Arrivals, options: FanOutOptions, rate: float
) -> RateResult:
    items = max(2, round(rate * options.step_s))
    await sandbox.control("POST", "webhooks/reset")
    cpu_s, started = server.cpu_s(), time.monotonic()
    await sandbox.control("POST", "changes", changes=items, perSecond=rate)
    sent = await _wait_for_items(sandbox, arrivals, items, options.subscribers)
    cpu_s, took_s = server.cpu_s() - cpu_s, time.monotonic() - started
    last_s = [arrivals.last_at[issue] - at for _, _, issue, _, at, _ in sent]
    answers_s = [seconds for *_, seconds in sent]
    delivered = sum(arrivals.counts[issue] for _, _, issue, *_ in sent)
    return RateResult(
        per_second=rate,
        items=items,
        delivered=delivered,
        last_p50_ms=1000 * percentile(last_s, 50),
        last_p99_ms=1000 * percentile(last_s, 99),
        answer_p50_ms=1000 * percentile(answers_s, 50),
        answer_p99_ms=1000 * percentile(answers_s, 99),
        answer_max_ms=1000 * max(answers_s),
        cpu_us=1e6 * cpu_s / delivered,
        cpu_percent=100 * cpu_s / took_s,
        memory_kib=0.0,
    )


async def _wait_for_items(
    sandbox: SandboxProcess, arrivals: Arrivals, items: int, subscribers: int
) -> list[tuple[str, str, str, str, float, float]]:
    """The outcomes of the webhooks when all of their items have reached all subscribers."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        await asyncio.sleep(POLL_S)
        sent = await sandbox.control("GET", "webhooks/outcomes")
        if len(sent) == items and all(arrivals.counts.get(issue) == subscribers for _, _, issue, *_ in sent):
            return [outcome for outcome in sent if outcome[3] == ACCEPTED]
        if time.monotonic() > deadline:
            missing = [(issue, outcome, arrivals.counts.get(issue)) for _, _, issue, outcome, *_ in sent]
            raise BenchmarkError(f"not all items arrived once: {missing[:10]}")
