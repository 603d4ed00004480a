"""`python -m benchmarks.transport`: CPU time of one call to Sentry, layer by layer, over loopback sockets.

The upstream runs in another process, so that its time is not counted.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from itertools import count
from statistics import median
from types import MappingProxyType

import aiohttp
import click
import httptools
import msgspec
import uvloop
from typing_extensions import override

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.client import SentryClient, build_client
from dexter_graphql.sentry.endpoint import Endpoint, Pagination
from dexter_graphql.sentry.http.transport import Transport
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.path_parameters import SLUG, PathParameter
from dexter_graphql.sentry.projection import Field, Projection
from dexter_graphql.sentry.restriction import AccessLevel, unrestricted

SIZES = MappingProxyType({"1kB": 1_000, "9kB": 9_000, "200kB": 200_000})
ROWS = MappingProxyType({"1kB": 1, "9kB": 4, "200kB": 100})
READ = 17
"""Members of each row that are decoded."""
AT_ONCE = 8
ROUNDS = 9
ROUND_S = 0.15
"""Approximate CPU time of one round."""
MAX_CALLS = 10**9
"""Call budget that is never exhausted."""

LIST = Endpoint(
    "benchmark.list",
    "GET",
    "/organizations/{organization}/{size}/",
    ("event:read",),
    restriction=unrestricted(AccessLevel.READ),
    pages=Pagination.LIMIT,
    tags=("issues/{organization}", "issue/{size}"),
    parameters=(("size", PathParameter("answer size", SLUG)),),
)
ACME = Parents(OrganizationRef("1", "acme"))
ALICE = Upstream("alice", "sntryu_0123456789abcdef0123456789abcdef")
SHAPE = Projection("Row", "list", tuple(Field(f"m{number}", f"member{number}", str) for number in range(READ)))

Ask = Callable[[int], Awaitable[object]]
"""One call; the number gives it a different cache key than all calls before."""


def body_of(size: str) -> bytes:
    """A list of rows with the decoded members, padded with other members to the size."""
    read = {f"member{number}": f"value {number}" for number in range(READ)}
    used = len(msgspec.json.encode([read] * ROWS[size]))
    padding = max(0, SIZES[size] - used) // ROWS[size]
    rest = {f"other{number}": "x" * 20 for number in range(padding // 33)}
    return msgspec.json.encode([{**rest, **read}] * ROWS[size])


def answer_of(body: bytes) -> bytes:
    """The bytes of a response with Sentry's headers."""
    address = "https://sentry.example/api/0/organizations/acme/issues/?cursor"
    links = ", ".join(
        f'<{address}=0:{number}:0>; rel="{relation}"; results="{results}"; cursor="0:{number}:0"'
        for relation, number, results in (("previous", 0, "false"), ("next", 100, "true"))
    )
    head = (
        "HTTP/1.1 200 OK\r\n"
        f"Date: {formatdate(usegmt=True)}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Vary: Accept-Language, Cookie\r\nAllow: GET, POST, HEAD, OPTIONS\r\nContent-Language: en\r\n"
        "X-Content-Type-Options: nosniff\r\nX-Frame-Options: deny\r\nReferrer-Policy: strict-origin\r\n"
        "X-Sentry-Rate-Limit-Limit: 1000000\r\nX-Sentry-Rate-Limit-Remaining: 999999\r\n"
        f"X-Sentry-Rate-Limit-Reset: {int(time.time()) + 3000}\r\n"
        "X-Sentry-Rate-Limit-ConcurrentLimit: 100\r\nX-Sentry-Rate-Limit-ConcurrentRemaining: 99\r\n"
        f"X-Hits: 1000\r\nX-Max-Hits: 1000\r\nLink: {links}\r\n\r\n"
    )
    return head.encode() + body


class Exchange(asyncio.Protocol):
    """One connection to the upstream, which answers with the size in the path."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._parser = httptools.HttpRequestParser(self)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, address: bytes) -> None:
        """Answer the request; requests have no bodies."""
        size = address.partition(b"?")[0].rstrip(b"/").rpartition(b"/")[2]
        self._transport.write(self._answers[size])  # type: ignore[attr-defined]  # of a connection that can be written


async def serve() -> None:
    """Run the upstream: print its port and serve until standard input is closed."""
    answers = {size.encode(): answer_of(body_of(size)) for size in SIZES}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Exchange(answers), "127.0.0.1", 0)
    click.echo(server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@asynccontextmanager
async def upstream() -> AsyncIterator[str]:
    """URL of an upstream in another process, until the block ends."""
    command = (sys.executable, "-m", "benchmarks.transport", "--serve")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the child process has no pipes")
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.stdin.close()
        await process.wait()


def bare_session(session: aiohttp.ClientSession, address: str, size: str) -> Ask:
    """A call with aiohttp's session and its defaults."""
    headers = {"Authorization": f"Bearer {ALICE.token}", "Accept": "application/json"}

    async def ask(number: int) -> object:
        path = f"{address}/api/0/organizations/acme/{size}/"
        async with session.get(path, params={"query": str(number), "limit": "100"}, headers=headers) as response:
            return await response.read()

    return ask


def through_transport(transport: Transport, address: str, size: str) -> Ask:
    """A call through the transport."""

    async def ask(number: int) -> object:
        return await transport(
            Call(
                endpoint=LIST.name,
                title=LIST.title,
                method="GET",
                host=address,
                path=f"/api/0/organizations/acme/{size}/",
                upstream=ALICE,
                deadline=time.time() + 60,
                query=(("query", str(number)), ("limit", "100")),
            )
        )

    return ask


def through_client(client: SentryClient, size: str, *, is_warm: bool) -> Ask:
    """A page through all stages with decoded rows, uncached or cached."""
    path = {"size": size}

    async def ask(number: int) -> object:
        call_context = CallContext(ALICE, time.time() + 60, CallBudget(MAX_CALLS))
        query = (("query", "0" if is_warm else str(number)),)
        return await client.get_page(LIST, call_context, SHAPE, parents=ACME, path=path, query=query)

    return ask


async def measure(asks: dict[str, Ask]) -> dict[str, list[float]]:
    """CPU time per call in microseconds, of each layer in every round; the layers take turns."""
    numbers = count()
    costs: dict[str, list[float]] = {name: [] for name in asks}
    times = {name: await _times(ask, numbers) for name, ask in asks.items()}
    for number in range(ROUNDS):
        for name in asks if number % 2 == 0 else reversed(asks):
            costs[name].append(await _cost_us(asks[name], times[name], numbers))
    return costs


async def _times(ask: Ask, numbers: "count[int]") -> int:
    """Number of calls in a round."""
    await _cost_us(ask, 100, numbers)
    return max(100, round(ROUND_S * 1e6 / await _cost_us(ask, 100, numbers)))


async def _cost_us(ask: Ask, times: int, numbers: "count[int]") -> float:
    async def run_lane() -> None:
        for _ in range(times // AT_ONCE):
            await ask(next(numbers))

    started = time.process_time()
    await asyncio.gather(*(run_lane() for _ in range(AT_ONCE)))
    return (time.process_time() - started) * 1e6 / (times // AT_ONCE * AT_ONCE)


async def compare() -> None:
    """Measure all layers and print the figures."""
    async with upstream() as address, aiohttp.ClientSession() as session:
        clock = Clock()
        transport = Transport(clock)
        client = build_client(clock=clock, base_url=address)
        asks: dict[str, Ask] = {}
        for size in SIZES:
            asks[f"{size}: bare aiohttp"] = bare_session(session, address, size)
            asks[f"{size}: transport"] = through_transport(transport, address, size)
            asks[f"{size}: client, cold"] = through_client(client, size, is_warm=False)
            asks[f"{size}: client, warm"] = through_client(client, size, is_warm=True)
        for name, costs in (await measure(asks)).items():
            click.echo(f"{name:<22} {median(costs):8.1f} us   ({min(costs):.1f} to {max(costs):.1f})")
        await client.close()
        await transport.close()


@click.command()
@click.option("--serve", "is_upstream", is_flag=True, help="Run the upstream.")
def main(*, is_upstream: bool) -> None:
    """CPU time of one call to Sentry, layer by layer."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve() if is_upstream else compare())


if __name__ == "__main__":
    main()
